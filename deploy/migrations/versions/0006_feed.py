"""The feed: what people and programs are told, numbered in the order it was committed.

Promises: an event stands in it once; whoever has read up to a number misses nothing by reading on from there.
"""

from __future__ import annotations

from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None

UP: tuple[str, ...] = (
    """
    CREATE TABLE feed (
        number bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
        event_id text NOT NULL UNIQUE,
        type text NOT NULL,
        entity text NOT NULL,
        subject text,
        binding_id bigint,
        vms_id text,
        keycrm_id bigint,
        event jsonb NOT NULL,
        occurred_at timestamptz NOT NULL,
        noted_at timestamptz NOT NULL,
        correlation_id text
    )
    """,
    "CREATE INDEX feed_binding ON feed (binding_id, number) WHERE binding_id IS NOT NULL",
    "CREATE INDEX feed_noted ON feed (noted_at)",
    "COMMENT ON TABLE feed IS 'What the hub says: written under one lock, so numbers are in the order of commits.'",
    "COMMENT ON COLUMN feed.event IS 'Ids, field names, reasons and actors; no values.'",
    "GRANT SELECT, INSERT, UPDATE, DELETE ON feed TO sync_service",
)
DOWN: tuple[str, ...] = ("DROP TABLE feed",)


def upgrade() -> None:
    """Apply."""
    for statement in UP:
        op.execute(statement)


def downgrade() -> None:
    """Undo."""
    for statement in DOWN:
        op.execute(statement)
