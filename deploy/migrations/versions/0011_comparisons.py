"""Comparisons: how each record looked when both sides were last laid beside each other; how far each pass has got."""

from __future__ import annotations

from alembic import op

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None

UP = (
    """
    CREATE TABLE comparison (
        binding_id bigint PRIMARY KEY REFERENCES binding ON DELETE CASCADE,
        entity text NOT NULL,
        state text NOT NULL CHECK (state IN ('same', 'suspect', 'differs')),
        differences jsonb NOT NULL DEFAULT '[]',
        compared_at timestamptz NOT NULL,
        since timestamptz,
        look_again_at timestamptz,
        mended_at timestamptz,
        CHECK ((state = 'same') = (since IS NULL) AND (state = 'same') = (look_again_at IS NULL))
    ) WITH (fillfactor = 80)
    """,
    "COMMENT ON COLUMN comparison.differences IS 'What differed: a list of field, vms, keycrm.'",
    "COMMENT ON COLUMN comparison.mended_at IS 'When the record was made due since nothing explained its difference.'",
    # How many there are is asked every quarter of a minute; the rows themselves are wide.
    "CREATE INDEX binding_bound ON binding (entity, id) WHERE vms_id IS NOT NULL AND keycrm_id IS NOT NULL",
    "CREATE INDEX comparison_again ON comparison (look_again_at) WHERE state <> 'same'",
    "CREATE INDEX comparison_differs ON comparison (since, binding_id) WHERE state = 'differs'",
    "CREATE INDEX comparison_oldest ON comparison (entity, compared_at)",
    """
    CREATE TABLE comparison_pass (
        subject text PRIMARY KEY CHECK (subject IN ('order', 'customer', 'article', 'stock')),
        began_at timestamptz,
        ended_at timestamptz,
        whole_since timestamptz,
        cursor jsonb NOT NULL DEFAULT '{}',
        asked_at timestamptz,
        operation_id uuid,
        held_by uuid,
        held_until timestamptz,
        CHECK ((held_by IS NULL) = (held_until IS NULL))
    )
    """,
    "COMMENT ON COLUMN comparison_pass.whole_since IS 'When the last pass that came to its end had begun.'",
    "INSERT INTO comparison_pass (subject) VALUES ('order'), ('customer'), ('article'), ('stock')",
    "GRANT SELECT, INSERT, UPDATE, DELETE ON comparison, comparison_pass TO sync_service",
)
DOWN = (
    "DROP TABLE comparison_pass",
    "DROP TABLE comparison",
    "DROP INDEX binding_bound",
)


def upgrade() -> None:
    """Apply."""
    for statement in UP:
        op.execute(statement)


def downgrade() -> None:
    """Undo."""
    for statement in DOWN:
        op.execute(statement)
