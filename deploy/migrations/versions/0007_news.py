"""News: what lasts, who was told of it, how the channels are, and tests that a person asked for.

Promises: of one thing one row is open at a time, however often it is told of; what is kept of a channel is no secret.
"""

from __future__ import annotations

from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None

UP: tuple[str, ...] = (
    """
    CREATE TABLE matter (
        id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
        kind text NOT NULL CHECK (kind IN ('conflict', 'partner', 'letters', 'flow')),
        ref text NOT NULL,
        event_type text NOT NULL,
        event jsonb NOT NULL,
        correlation_id text,
        times integer NOT NULL DEFAULT 1 CHECK (times >= 1),
        channels text[] NOT NULL DEFAULT '{}',
        told integer NOT NULL DEFAULT 0,
        opened_at timestamptz NOT NULL,
        due_at timestamptz,
        over_since timestamptz,
        closed_at timestamptz
    )
    """,
    "CREATE UNIQUE INDEX matter_open ON matter (kind, ref) WHERE closed_at IS NULL",
    "CREATE INDEX matter_closed ON matter (closed_at) WHERE closed_at IS NOT NULL",
    "CREATE INDEX matter_was ON matter (kind, ref, closed_at) WHERE closed_at IS NOT NULL",
    "COMMENT ON TABLE matter IS 'What people are told of while it lasts: a question, a partner away, letters, a flow.'",
    "COMMENT ON COLUMN matter.ref IS 'The question''s number, the partner, service and reason, the flow''s name.'",
    "COMMENT ON COLUMN matter.due_at IS 'When those who were told are reminded; the intervals grow.'",
    """
    CREATE TABLE waited (
        conflict_id bigint NOT NULL REFERENCES conflict ON DELETE CASCADE,
        channel text NOT NULL,
        hours integer NOT NULL CHECK (hours >= 1),
        told_at timestamptz NOT NULL,
        PRIMARY KEY (conflict_id, channel)
    )
    """,
    "COMMENT ON COLUMN waited.hours IS 'The longest wait this channel was told of; each step is told once.'",
    # Walked by age while a question waits; small, since most are settled.
    "CREATE INDEX conflict_waiting ON conflict (opened_at, id) WHERE status = 'open'",
    """
    CREATE TABLE channel (
        name text PRIMARY KEY,
        kind text NOT NULL,
        language text NOT NULL,
        people text,
        is_configured boolean NOT NULL DEFAULT true,
        last_sent_at timestamptz,
        failing_since timestamptz,
        error text
    )
    """,
    """
    CREATE TABLE channel_test (
        id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
        channel text,
        asked_by text NOT NULL,
        asked_at timestamptz NOT NULL,
        begun_at timestamptz,
        finished_at timestamptz,
        outcome jsonb
    )
    """,
    "CREATE INDEX channel_test_open ON channel_test (asked_at) WHERE finished_at IS NULL",
    "GRANT SELECT, INSERT, UPDATE, DELETE ON matter, waited, channel, channel_test TO sync_service",
)
DOWN: tuple[str, ...] = (
    "DROP TABLE channel_test",
    "DROP TABLE channel",
    "DROP INDEX conflict_waiting",
    "DROP TABLE waited",
    "DROP TABLE matter",
)


def upgrade() -> None:
    """Apply."""
    for statement in UP:
        op.execute(statement)


def downgrade() -> None:
    """Undo."""
    for statement in DOWN:
        op.execute(statement)
