"""How the system runs: quota, watermarks, paused consumers, partners; and the services' role.

Promises: the role `sync_service` reads and writes what the services need, changes no schema, and can neither change
nor delete an audit entry. The only way for it to let old audit entries go is `forget_audit`, which keeps the last
thirty days whatever it is asked.
"""

from __future__ import annotations

from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

UP = (
    """
    CREATE TABLE quota_state (
        partner text PRIMARY KEY,
        limit_now integer NOT NULL CHECK (limit_now >= 1),
        ceiling integer CHECK (ceiling >= 1),
        frozen_until timestamptz,
        lowered_at timestamptz,
        raised_at timestamptz NOT NULL,
        lent_at timestamptz
    )
    """,
    """
    CREATE TABLE quota_grant (
        id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
        partner text NOT NULL REFERENCES quota_state,
        lane smallint NOT NULL CHECK (lane BETWEEN 0 AND 5),
        taken_at timestamptz NOT NULL,
        settled_at timestamptz,
        status integer,
        counts_until timestamptz NOT NULL
    )
    """,
    "CREATE INDEX quota_grant_counting ON quota_grant (partner, counts_until, lane)",
    """
    CREATE TABLE quota_wait (
        partner text NOT NULL REFERENCES quota_state,
        lane smallint NOT NULL CHECK (lane BETWEEN 0 AND 5),
        until timestamptz NOT NULL,
        PRIMARY KEY (partner, lane)
    )
    """,
    """
    CREATE TABLE watermark (
        name text PRIMARY KEY,
        at timestamptz,
        cursor jsonb NOT NULL DEFAULT '{}',
        updated_at timestamptz NOT NULL
    )
    """,
    """
    CREATE TABLE paused_consumer (
        service text NOT NULL,
        topic text NOT NULL,
        reason text NOT NULL,
        paused_at timestamptz NOT NULL,
        resume_asked_by text,
        resume_asked_at timestamptz,
        PRIMARY KEY (service, topic)
    )
    """,
    """
    CREATE TABLE partner (
        service text NOT NULL,
        partner text NOT NULL,
        is_reachable boolean NOT NULL,
        reason text,
        changed_at timestamptz NOT NULL,
        checked_at timestamptz NOT NULL,
        PRIMARY KEY (service, partner)
    )
    """,
    # Roles belong to the server, not to the database: another database's migration may have made it a moment ago, or an
    # administrator, where the owner may make no roles.
    """
    DO $$ BEGIN
        IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'sync_service') THEN
            CREATE ROLE sync_service LOGIN;
        END IF;
    EXCEPTION WHEN duplicate_object OR unique_violation THEN NULL;
    END $$
    """,
    "REVOKE CREATE ON SCHEMA public FROM PUBLIC",
    "GRANT USAGE ON SCHEMA public TO sync_service",
    """
    GRANT SELECT, INSERT, UPDATE, DELETE ON
        binding, alias, former_binding, identity, work_item, stopped_flow, stock_level, price_level, payment,
        webhook_event, conflict, outbox, dead_letter, operation, notification, quota_state, quota_grant, quota_wait,
        watermark, paused_consumer, partner
    TO sync_service
    """,
    "REVOKE ALL ON audit_entry FROM PUBLIC, sync_service",
    "GRANT SELECT, INSERT ON audit_entry TO sync_service",
    "GRANT SELECT ON alembic_version TO sync_service",
    # Runs with the owner's rights, so the bound is held by the server's own clock: a caller's `now` cannot move it.
    """
    CREATE FUNCTION forget_audit(older_than timestamptz, at_most integer) RETURNS integer
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public AS $$
    DECLARE forgotten integer;
    BEGIN
        DELETE FROM public.audit_entry WHERE id IN (
            SELECT id FROM public.audit_entry
            WHERE at < least(older_than, clock_timestamp() - interval '30 days') ORDER BY at LIMIT at_most);
        GET DIAGNOSTICS forgotten = ROW_COUNT;
        RETURN forgotten;
    END $$
    """,
    "REVOKE ALL ON FUNCTION forget_audit(timestamptz, integer) FROM PUBLIC",
    "GRANT EXECUTE ON FUNCTION forget_audit(timestamptz, integer) TO sync_service",
)

DOWN = (
    "DROP FUNCTION forget_audit(timestamptz, integer)",
    "REVOKE ALL ON ALL TABLES IN SCHEMA public FROM sync_service",
    "REVOKE ALL ON SCHEMA public FROM sync_service",
    # Another database of the server may still use the role, or it is not ours to drop: then it stays.
    """
    DO $$ BEGIN
        DROP ROLE sync_service;
    EXCEPTION WHEN dependent_objects_still_exist OR object_in_use OR insufficient_privilege THEN NULL;
    END $$
    """,
    "DROP TABLE partner",
    "DROP TABLE paused_consumer",
    "DROP TABLE watermark",
    "DROP TABLE quota_wait",
    "DROP TABLE quota_grant",
    "DROP TABLE quota_state",
)


def upgrade() -> None:
    """Apply."""
    for statement in UP:
        op.execute(statement)


def downgrade() -> None:
    """Undo."""
    for statement in DOWN:
        op.execute(statement)
