"""Bindings, their aliases and identities, and the work they are due for.

Promises: each side's id names at most one binding of an entity; a phone or mail belongs to at most one binding; a
binding has one work item, with one lease for both directions.
"""

from __future__ import annotations

from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

UP = (
    """
    CREATE TABLE binding (
        id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
        entity text NOT NULL CHECK (entity IN ('order', 'customer', 'article')),
        vms_id text CHECK (vms_id <> ''),
        keycrm_id bigint,
        reference text CHECK (reference <> ''),
        status text NOT NULL DEFAULT 'pending'
            CHECK (status IN ('pending', 'creating', 'synced', 'conflict', 'error')),
        parent_id bigint REFERENCES binding,
        sku text,
        product_id bigint,
        base_vms jsonb NOT NULL DEFAULT '{}',
        base_keycrm jsonb NOT NULL DEFAULT '{}',
        pending jsonb NOT NULL DEFAULT '{}',
        spans jsonb NOT NULL DEFAULT '{}',
        windows jsonb NOT NULL DEFAULT '[]',
        events jsonb NOT NULL DEFAULT '[]',
        hint jsonb,
        vms_event jsonb,
        vms_event_id text,
        vms_event_at timestamptz,
        seen_vms_at timestamptz,
        seen_keycrm_at timestamptz,
        last_sync_at timestamptz,
        error text,
        version bigint NOT NULL DEFAULT 0,
        created_at timestamptz NOT NULL,
        updated_at timestamptz NOT NULL,
        CHECK (vms_id IS NOT NULL OR keycrm_id IS NOT NULL)
    ) WITH (fillfactor = 80)
    """,
    "CREATE UNIQUE INDEX binding_vms_id ON binding (entity, vms_id) WHERE vms_id IS NOT NULL",
    "CREATE UNIQUE INDEX binding_keycrm_id ON binding (entity, keycrm_id) WHERE keycrm_id IS NOT NULL",
    "CREATE UNIQUE INDEX binding_reference ON binding (entity, reference) WHERE reference IS NOT NULL",
    "CREATE INDEX binding_parent ON binding (parent_id) WHERE parent_id IS NOT NULL",
    "CREATE INDEX binding_sku ON binding (sku) WHERE sku IS NOT NULL",
    "CREATE INDEX binding_product ON binding (product_id) WHERE product_id IS NOT NULL",
    "CREATE INDEX binding_status ON binding (entity, status, id)",
    "COMMENT ON COLUMN binding.events IS 'What VMS events showed since the last save: marks append, workers fold.'",
    "COMMENT ON COLUMN binding.hint IS 'Facts of the last row read from KeyCRM: what a later hint is compared with.'",
    """
    CREATE TABLE alias (
        entity text NOT NULL,
        side text NOT NULL CHECK (side IN ('vms', 'keycrm')),
        external_id text NOT NULL,
        binding_id bigint NOT NULL REFERENCES binding,
        created_at timestamptz NOT NULL,
        PRIMARY KEY (entity, side, external_id)
    )
    """,
    "CREATE INDEX alias_binding ON alias (binding_id)",
    # Where a half went: its number still stands in audit rows, links and operations.
    """
    CREATE TABLE former_binding (
        id bigint PRIMARY KEY,
        binding_id bigint NOT NULL REFERENCES binding,
        attached_at timestamptz NOT NULL
    )
    """,
    "CREATE INDEX former_binding_binding ON former_binding (binding_id)",
    """
    CREATE TABLE identity (
        kind text NOT NULL CHECK (kind IN ('phone', 'email')),
        value text NOT NULL CHECK (value <> ''),
        binding_id bigint NOT NULL REFERENCES binding,
        claimed_at timestamptz NOT NULL,
        PRIMARY KEY (kind, value)
    )
    """,
    "CREATE INDEX identity_binding ON identity (binding_id)",
    """
    CREATE TABLE work_item (
        binding_id bigint PRIMARY KEY REFERENCES binding ON DELETE CASCADE,
        entity text NOT NULL,
        lane smallint NOT NULL CHECK (lane BETWEEN 0 AND 5),
        lease_token uuid,
        lease_side text CHECK (lease_side IN ('vms', 'keycrm')),
        lease_until timestamptz,
        correlation_id text,
        traceparent text,
        due_vms timestamptz,
        due_keycrm timestamptz,
        not_before_vms timestamptz,
        not_before_keycrm timestamptz,
        version_vms bigint NOT NULL DEFAULT 0,
        version_keycrm bigint NOT NULL DEFAULT 0,
        attempt_vms integer NOT NULL DEFAULT 1,
        attempt_keycrm integer NOT NULL DEFAULT 1,
        asleep_on_vms bigint REFERENCES binding,
        asleep_on_keycrm bigint REFERENCES binding,
        asleep_since_vms timestamptz,
        asleep_since_keycrm timestamptz,
        parked_vms text,
        parked_keycrm text,
        parked_at_vms timestamptz,
        parked_at_keycrm timestamptz,
        marked_at_vms timestamptz,
        marked_at_keycrm timestamptz,
        taken_at_vms timestamptz,
        taken_at_keycrm timestamptz,
        error_vms text,
        error_keycrm text,
        CHECK ((lease_token IS NULL) = (lease_side IS NULL) AND (lease_token IS NULL) = (lease_until IS NULL))
    ) WITH (fillfactor = 50)
    """,
    """
    CREATE INDEX work_item_due_vms ON work_item (lane, due_vms)
        WHERE due_vms IS NOT NULL AND asleep_on_vms IS NULL AND parked_vms IS NULL
    """,
    """
    CREATE INDEX work_item_due_keycrm ON work_item (lane, due_keycrm)
        WHERE due_keycrm IS NOT NULL AND asleep_on_keycrm IS NULL AND parked_keycrm IS NULL
    """,
    "CREATE INDEX work_item_asleep_vms ON work_item (asleep_on_vms) WHERE asleep_on_vms IS NOT NULL",
    "CREATE INDEX work_item_asleep_keycrm ON work_item (asleep_on_keycrm) WHERE asleep_on_keycrm IS NOT NULL",
    "COMMENT ON COLUMN work_item.taken_at_vms IS 'The oldest mark of the claim that is under way or was cut short.'",
    """
    CREATE TABLE stopped_flow (
        flow text PRIMARY KEY,
        reason text NOT NULL,
        details jsonb NOT NULL DEFAULT '{}',
        stopped_by text NOT NULL,
        stopped_at timestamptz NOT NULL,
        resumed_by text,
        resumed_at timestamptz,
        allowed_until timestamptz
    )
    """,
    "COMMENT ON COLUMN stopped_flow.allowed_until IS 'A person has looked: until then the guard lets the flow pass.'",
)

DOWN = (
    "DROP TABLE stopped_flow",
    "DROP TABLE work_item",
    "DROP TABLE identity",
    "DROP TABLE former_binding",
    "DROP TABLE alias",
    "DROP TABLE binding",
)


def upgrade() -> None:
    """Apply."""
    for statement in UP:
        op.execute(statement)


def downgrade() -> None:
    """Undo."""
    for statement in DOWN:
        op.execute(statement)
