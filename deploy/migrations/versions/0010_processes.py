"""Processes: which of ours run, with which settings, and whether their parts work; and how lists of pages are read.

Promises: no secret is in the table: settings arrive masked, as they are in the log of the start.
"""

from __future__ import annotations

from alembic import op

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None

UP = (
    """
    CREATE TABLE process (
        id uuid PRIMARY KEY,
        service text NOT NULL,
        started_at timestamptz NOT NULL,
        seen_at timestamptz NOT NULL,
        settings jsonb NOT NULL,
        parts jsonb NOT NULL
    )
    """,
    "COMMENT ON COLUMN process.parts IS 'Each part it needs: null where it works, else why not.'",
    "CREATE INDEX operation_newest ON operation (created_at, id)",
    "CREATE INDEX audit_entry_operation ON audit_entry (operation_id, id) WHERE operation_id IS NOT NULL",
    "GRANT SELECT, INSERT, UPDATE, DELETE ON process TO sync_service",
)
DOWN = (
    "DROP INDEX audit_entry_operation",
    "DROP INDEX operation_newest",
    "DROP TABLE process",
)


def upgrade() -> None:
    """Apply."""
    for statement in UP:
        op.execute(statement)


def downgrade() -> None:
    """Undo."""
    for statement in DOWN:
        op.execute(statement)
