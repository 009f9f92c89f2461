"""Sessions: who is signed in to the console's pages.

Promises: neither a cookie nor a token can be read from the table, only compared with it.
"""

from __future__ import annotations

from alembic import op

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None

UP = (
    """
    CREATE TABLE session (
        digest bytea PRIMARY KEY CHECK (length(digest) = 32),
        person text NOT NULL,
        role text NOT NULL CHECK (role IN ('viewer', 'operator', 'admin')),
        token_digest bytea,
        csrf text NOT NULL,
        created_at timestamptz NOT NULL,
        seen_at timestamptz NOT NULL,
        expires_at timestamptz NOT NULL
    )
    """,
    "COMMENT ON COLUMN session.digest IS 'SHA-256 of the cookie.'",
    "COMMENT ON COLUMN session.token_digest IS 'SHA-256 of the token it was opened with; null: by OpenID Connect.'",
    "CREATE INDEX session_expires ON session (expires_at)",
    "GRANT SELECT, INSERT, UPDATE, DELETE ON session TO sync_service",
)
DOWN = ("DROP TABLE session",)


def upgrade() -> None:
    """Apply."""
    for statement in UP:
        op.execute(statement)


def downgrade() -> None:
    """Undo."""
    for statement in DOWN:
        op.execute(statement)
