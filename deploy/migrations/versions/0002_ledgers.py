"""Levels of stock and price, and the ledger of payments.

Promises: one wanted value a SKU and warehouse; a payment of either side stands in the ledger once. Money is numeric.
"""

from __future__ import annotations

from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

# A price has no warehouse: its column is always empty, so that both tables are worked by the same statements.
LEVEL = """
    CREATE TABLE {table} (
        sku text NOT NULL CHECK (sku <> ''),
        warehouse text NOT NULL DEFAULT '' CHECK ((warehouse = '') = {is_price}),
        binding_id bigint,
        wanted numeric(18, 4) NOT NULL CHECK (wanted >= 0),
        changed_at timestamptz NOT NULL,
        event_id text NOT NULL,
        version bigint NOT NULL DEFAULT 1,
        sending numeric(18, 4),
        sent numeric(18, 4),
        sent_at timestamptz,
        keycrm_figure numeric(18, 4),
        figure_seen_at timestamptz,
        state text NOT NULL DEFAULT 'due' CHECK (state IN ('due', 'drifted', 'settled', 'refused')),
        due_at timestamptz,
        attempt integer NOT NULL DEFAULT 1,
        lease_token uuid,
        lease_until timestamptz,
        lease_version bigint,
        marked_at timestamptz,
        error text,
        correlation_id text,
        traceparent text,
        updated_at timestamptz NOT NULL,
        PRIMARY KEY (sku, warehouse),
        CHECK ((state IN ('due', 'drifted')) = (due_at IS NOT NULL))
    )
"""

UP = (
    LEVEL.format(table="stock_level", is_price="false"),
    LEVEL.format(table="price_level", is_price="true"),
    "CREATE INDEX stock_level_due ON stock_level (warehouse, due_at) WHERE due_at IS NOT NULL",
    "CREATE INDEX price_level_due ON price_level (warehouse, due_at) WHERE due_at IS NOT NULL",
    "COMMENT ON COLUMN stock_level.sending IS 'On its way, outcome not known: sent again until an answer is recorded.'",
    """
    CREATE TABLE payment (
        id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
        binding_id bigint NOT NULL REFERENCES binding,
        origin text NOT NULL CHECK (origin IN ('vms', 'keycrm')),
        vms_payment_id text,
        keycrm_payment_id bigint,
        reference text,
        amount numeric(18, 4) NOT NULL,
        paid_at timestamptz,
        vms_payment_type integer,
        keycrm_method_id bigint,
        keycrm_status text,
        is_cancelled boolean NOT NULL DEFAULT false,
        state text NOT NULL DEFAULT 'known' CHECK (state IN ('known', 'creating', 'done', 'question')),
        creating jsonb,
        vms_event_at timestamptz,
        seen_keycrm_at timestamptz,
        created_at timestamptz NOT NULL,
        updated_at timestamptz NOT NULL,
        CHECK ((state = 'creating') = (creating IS NOT NULL))
    )
    """,
    "CREATE UNIQUE INDEX payment_vms ON payment (binding_id, vms_payment_id) WHERE vms_payment_id IS NOT NULL",
    "CREATE UNIQUE INDEX payment_keycrm ON payment (keycrm_payment_id) WHERE keycrm_payment_id IS NOT NULL",
    "CREATE UNIQUE INDEX payment_reference ON payment (reference) WHERE reference IS NOT NULL",
    "CREATE INDEX payment_binding ON payment (binding_id)",
)

DOWN = (
    "DROP TABLE payment",
    "DROP TABLE price_level",
    "DROP TABLE stock_level",
)


def upgrade() -> None:
    """Apply."""
    for statement in UP:
        op.execute(statement)


def downgrade() -> None:
    """Undo."""
    for statement in DOWN:
        op.execute(statement)
