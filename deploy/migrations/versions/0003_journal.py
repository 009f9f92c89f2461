"""What happened and what is asked: event log, conflicts, audit, outbox, dead letters, operations, notifications.

Promises: an event is logged once; a field has one live question; a dead letter stands once though it is read twice.
"""

from __future__ import annotations

from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

UP = (
    """
    CREATE TABLE webhook_event (
        id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
        source text NOT NULL,
        event_id text NOT NULL,
        event_type text NOT NULL,
        entity text,
        external_id text,
        due_side text CHECK (due_side IN ('vms', 'keycrm')),
        binding_id bigint,
        version bigint,
        payload jsonb,
        status text NOT NULL DEFAULT 'pending' CHECK (status IN ('pending', 'processed', 'error')),
        happened_at timestamptz,
        received_at timestamptz NOT NULL,
        processed_at timestamptz,
        error text,
        correlation_id text
    )
    """,
    "CREATE UNIQUE INDEX webhook_event_once ON webhook_event (source, event_id)",
    "CREATE INDEX webhook_event_open ON webhook_event (binding_id, due_side, version) WHERE status = 'pending'",
    "CREATE INDEX webhook_event_binding ON webhook_event (binding_id)",
    "CREATE INDEX webhook_event_received ON webhook_event (received_at)",
    """
    CREATE TABLE conflict (
        id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
        binding_id bigint NOT NULL REFERENCES binding,
        entity text NOT NULL,
        field text NOT NULL,
        reason text NOT NULL,
        params jsonb NOT NULL DEFAULT '{}',
        shown_vms jsonb,
        shown_keycrm jsonb,
        base_vms jsonb,
        base_keycrm jsonb,
        raced jsonb,
        has_raced boolean NOT NULL DEFAULT false,
        choices jsonb NOT NULL DEFAULT '[]',
        changed_vms_at timestamptz,
        changed_keycrm_at timestamptz,
        status text NOT NULL DEFAULT 'open' CHECK (status IN ('open', 'resolved', 'closed')),
        asked integer NOT NULL DEFAULT 1,
        answer jsonb,
        answered_by text,
        answered_at timestamptz,
        opened_at timestamptz NOT NULL,
        refreshed_at timestamptz NOT NULL,
        closed_at timestamptz,
        close_reason text,
        CHECK ((status = 'closed') = (closed_at IS NOT NULL)),
        CHECK (status <> 'resolved' OR answer IS NOT NULL)
    )
    """,
    "CREATE UNIQUE INDEX conflict_live ON conflict (binding_id, field) WHERE status <> 'closed'",
    "CREATE INDEX conflict_status ON conflict (status, id)",
    "CREATE INDEX conflict_closed ON conflict (closed_at) WHERE closed_at IS NOT NULL",
    "COMMENT ON COLUMN conflict.asked IS 'Grows when it is asked anew with other values: an answer names what it saw.'",
    """
    CREATE TABLE audit_entry (
        id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
        at timestamptz NOT NULL,
        actor text NOT NULL,
        action text NOT NULL,
        reason text NOT NULL DEFAULT '',
        entity text,
        binding_id bigint,
        vms_id text,
        keycrm_id bigint,
        side text CHECK (side IN ('vms', 'keycrm')),
        field text,
        before jsonb,
        after jsonb,
        call text,
        outcome text NOT NULL DEFAULT 'done',
        correlation_id text,
        operation_id uuid
    )
    """,
    "CREATE INDEX audit_entry_binding ON audit_entry (binding_id, id)",
    "CREATE INDEX audit_entry_at ON audit_entry (at)",
    """
    CREATE TABLE outbox (
        id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
        topic text NOT NULL,
        key bytea,
        header_names text[] NOT NULL,
        header_values bytea[] NOT NULL,
        body bytea,
        created_at timestamptz NOT NULL,
        refused text
    )
    """,
    "COMMENT ON COLUMN outbox.refused IS 'The broker will never take it; kept aside, so that the rest may pass.'",
    """
    CREATE TABLE dead_letter (
        id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
        service text NOT NULL,
        letter_topic text NOT NULL,
        letter_partition integer NOT NULL,
        letter_offset bigint NOT NULL,
        origin_topic text,
        origin_partition integer,
        origin_offset bigint,
        key bytea,
        header_names text[] NOT NULL,
        header_values bytea[] NOT NULL,
        body bytea,
        reason text NOT NULL,
        error text NOT NULL DEFAULT '',
        code text NOT NULL DEFAULT '',
        field text,
        attempts integer NOT NULL DEFAULT 1,
        entity text,
        binding_id bigint,
        side text CHECK (side IN ('vms', 'keycrm')),
        first_failed_at timestamptz NOT NULL,
        kept_at timestamptz NOT NULL,
        status text NOT NULL DEFAULT 'kept' CHECK (status IN ('kept', 'replayed', 'discarded', 'superseded')),
        decided_by text,
        decided_at timestamptz,
        decision text
    )
    """,
    "CREATE UNIQUE INDEX dead_letter_once ON dead_letter (letter_topic, letter_partition, letter_offset)",
    "CREATE INDEX dead_letter_status ON dead_letter (status, id)",
    "CREATE INDEX dead_letter_binding ON dead_letter (binding_id) WHERE binding_id IS NOT NULL",
    "CREATE INDEX dead_letter_decided ON dead_letter (decided_at) WHERE decided_at IS NOT NULL",
    """
    CREATE TABLE operation (
        id uuid PRIMARY KEY,
        kind text NOT NULL,
        entity text,
        binding_id bigint,
        asked_by text NOT NULL,
        waits_vms bigint,
        waits_keycrm bigint,
        status text NOT NULL DEFAULT 'running' CHECK (status IN ('running', 'done', 'failed')),
        outcome jsonb NOT NULL DEFAULT '{}',
        error text,
        created_at timestamptz NOT NULL,
        finished_at timestamptz
    )
    """,
    "CREATE INDEX operation_running ON operation (binding_id) WHERE status = 'running'",
    "CREATE INDEX operation_finished ON operation (finished_at) WHERE finished_at IS NOT NULL",
    """
    CREATE TABLE notification (
        event_id text NOT NULL,
        channel text NOT NULL,
        event_type text NOT NULL,
        status text NOT NULL DEFAULT 'sending' CHECK (status IN ('sending', 'sent', 'failed', 'muted')),
        error text,
        begun_at timestamptz NOT NULL,
        finished_at timestamptz,
        PRIMARY KEY (event_id, channel)
    )
    """,
    "CREATE INDEX notification_channel ON notification (channel, begun_at)",
)

DOWN = (
    "DROP TABLE notification",
    "DROP TABLE operation",
    "DROP TABLE dead_letter",
    "DROP TABLE outbox",
    "DROP TABLE audit_entry",
    "DROP TABLE conflict",
    "DROP TABLE webhook_event",
)


def upgrade() -> None:
    """Apply."""
    for statement in UP:
        op.execute(statement)


def downgrade() -> None:
    """Undo."""
    for statement in DOWN:
        op.execute(statement)
