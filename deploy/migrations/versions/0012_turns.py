"""Turns: whose poll it is, so that several copies of a service spend no more calls than one."""

from __future__ import annotations

from alembic import op

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Apply."""
    op.execute("ALTER TABLE watermark ADD COLUMN turn_at timestamptz")
    op.execute("COMMENT ON COLUMN watermark.turn_at IS 'When a process last took the turn to poll.'")


def downgrade() -> None:
    """Undo."""
    op.execute("ALTER TABLE watermark DROP COLUMN turn_at")
