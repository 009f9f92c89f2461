"""Notifications wait in the database: what a channel is to be told, when, and for the how-manieth time.

Promises: a message that was noted is sent, summed up or failed, whatever ends in between; going back turns what still
waits into failures that a person can see.
"""

from __future__ import annotations

from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None

UP = (
    """
    ALTER TABLE notification
        ADD COLUMN event jsonb NOT NULL DEFAULT '{}',
        ADD COLUMN attempt integer NOT NULL DEFAULT 1,
        ADD COLUMN due_at timestamptz,
        ADD COLUMN correlation_id text
    """,
    "ALTER TABLE notification DROP CONSTRAINT notification_status_check",
    """
    ALTER TABLE notification ADD CONSTRAINT notification_status_check
        CHECK (status IN ('waiting', 'sending', 'sent', 'failed', 'muted'))
    """,
    "ALTER TABLE notification ADD CONSTRAINT notification_due CHECK ((status = 'waiting') = (due_at IS NOT NULL))",
    "CREATE INDEX notification_due ON notification (channel, due_at) WHERE status = 'waiting'",
    "CREATE INDEX notification_sending ON notification (channel, begun_at) WHERE status = 'sending'",
    "COMMENT ON COLUMN notification.event IS 'What is told: ids, field names and reasons, nothing personal.'",
    "COMMENT ON COLUMN notification.begun_at IS 'When it was noted, then when its newest sending began.'",
)

DOWN = (
    "DROP INDEX notification_sending",
    "DROP INDEX notification_due",
    "ALTER TABLE notification DROP CONSTRAINT notification_due",
    "UPDATE notification SET status = 'failed', finished_at = begun_at WHERE status = 'waiting'",
    "ALTER TABLE notification DROP CONSTRAINT notification_status_check",
    """
    ALTER TABLE notification ADD CONSTRAINT notification_status_check
        CHECK (status IN ('sending', 'sent', 'failed', 'muted'))
    """,
    """
    ALTER TABLE notification DROP COLUMN event, DROP COLUMN attempt, DROP COLUMN due_at, DROP COLUMN correlation_id
    """,
)


def upgrade() -> None:
    """Apply."""
    for statement in UP:
        op.execute(statement)


def downgrade() -> None:
    """Undo."""
    for statement in DOWN:
        op.execute(statement)
