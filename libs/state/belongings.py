"""What moves with a half when it is attached (rule 21): nothing that belonged to it is lost.

Only `attach` calls this, with both bindings and both items locked and no mark beside it.
"""

from __future__ import annotations

from datetime import datetime

from libs.contracts.types import Side
from libs.runtime.database import Connection
from libs.state.bindings import Binding
from libs.state.due import notify

# Due on either stays due; the version grows: a worker that claimed before does not finish what came with the half.
_MERGE = """
    UPDATE work_item i SET
        lane = CASE WHEN h.due_vms IS NULL AND h.due_keycrm IS NULL THEN i.lane
                    WHEN i.due_vms IS NULL AND i.due_keycrm IS NULL THEN h.lane ELSE least(i.lane, h.lane) END,
        correlation_id = coalesce(h.correlation_id, i.correlation_id),
        traceparent = coalesce(h.traceparent, i.traceparent),
        {sides}
    FROM work_item h WHERE i.binding_id = $2 AND h.binding_id = $1
    RETURNING i.version_vms, i.version_keycrm, i.due_vms IS NOT NULL AS is_due_vms,
        i.due_keycrm IS NOT NULL AS is_due_keycrm
""".format(
    sides=", ".join(
        f"""
        due_{side} = least(i.due_{side}, h.due_{side}),
        version_{side} = i.version_{side} + CASE WHEN h.due_{side} IS NULL THEN 0 ELSE 1 END,
        marked_at_{side} = least(i.marked_at_{side}, h.marked_at_{side}, h.taken_at_{side}),
        parked_{side} = CASE WHEN h.due_{side} IS NULL THEN i.parked_{side} END,
        parked_at_{side} = CASE WHEN h.due_{side} IS NULL THEN i.parked_at_{side} END,
        asleep_on_{side} = nullif(i.asleep_on_{side}, $1),
        asleep_since_{side} = CASE WHEN i.asleep_on_{side} = $1 THEN NULL ELSE i.asleep_since_{side} END"""
        for side in Side
    )
)
# A payment of VMS that both halves know by its number is one payment.
_SAME_PAYMENT = """
    DELETE FROM payment h USING payment i
    WHERE h.binding_id = $1 AND i.binding_id = $2 AND h.vms_payment_id = i.vms_payment_id
"""
# A field has one live question: the one of the binding that remains.
_SAME_QUESTION = """
    UPDATE conflict h SET status = 'closed', closed_at = $3, close_reason = 'attached' FROM conflict i
    WHERE h.binding_id = $1 AND i.binding_id = $2 AND h.field = i.field
        AND h.status <> 'closed' AND i.status <> 'closed'
"""
_OWNED = (
    "alias", "former_binding", "identity", "payment", "conflict", "dead_letter", "stock_level", "price_level",
)  # fmt: skip
_WAITING = """
    UPDATE operation SET binding_id = $2,
        waits_vms = CASE WHEN waits_vms IS NOT NULL THEN $3::bigint END,
        waits_keycrm = CASE WHEN waits_keycrm IS NOT NULL THEN $4::bigint END
    WHERE binding_id = $1
"""
_LOGGED = """
    UPDATE webhook_event SET binding_id = $2, version = CASE due_side WHEN 'vms' THEN $3::bigint ELSE $4::bigint END
    WHERE binding_id = $1
"""
_FACTS = """
    UPDATE binding SET
        parent_id = coalesce(nullif(parent_id, $2), nullif($3::bigint, $1)), sku = coalesce(sku, $4),
        product_id = coalesce(product_id, $5), hint = coalesce(hint, $6::jsonb),
        vms_event = CASE WHEN $7::boolean THEN $8::jsonb ELSE vms_event END,
        vms_event_id = CASE WHEN $7 THEN $9 ELSE vms_event_id END,
        vms_event_at = CASE WHEN $7 THEN $10 ELSE vms_event_at END, events = events || $11::jsonb,
        seen_vms_at = greatest(seen_vms_at, $12), seen_keycrm_at = greatest(seen_keycrm_at, $13),
        version = version + 1, updated_at = $14
    WHERE id = $1
"""


async def merge_items(conn: Connection, half_id: int, into_id: int, now: datetime) -> None:
    """The half's marks join those of `into`; whoever waits for the half's marks waits for them there."""
    row = await conn.fetchrow(_MERGE, half_id, into_id)
    assert row is not None
    versions = (row["version_vms"], row["version_keycrm"])
    await conn.execute(_WAITING, half_id, into_id, *versions)
    await conn.execute(_LOGGED, half_id, into_id, *versions)
    for side in Side:
        await conn.execute(
            f"UPDATE work_item SET asleep_on_{side} = $2 WHERE asleep_on_{side} = $1 AND binding_id <> $2",
            half_id, into_id,
        )  # fmt: skip
    await notify(conn, [side for side in Side if row[f"is_due_{side}"]])


async def move(conn: Connection, half: Binding, into: Binding, now: datetime) -> None:
    """Everything else of the half, and its end: the row goes, its number keeps leading here."""
    await conn.execute(_SAME_PAYMENT, half.id, into.id)
    await conn.execute(_SAME_QUESTION, half.id, into.id, now)
    for table in _OWNED:
        await conn.execute(f"UPDATE {table} SET binding_id = $2 WHERE binding_id = $1", half.id, into.id)
    await conn.execute("UPDATE binding SET parent_id = $2 WHERE parent_id = $1 AND id <> $2", half.id, into.id)
    await _take_facts(conn, half, into, now)
    await conn.execute("DELETE FROM binding WHERE id = $1", half.id)
    await conn.execute(
        "INSERT INTO former_binding (id, binding_id, attached_at) VALUES ($1, $2, $3)", half.id, into.id, now
    )


async def _take_facts(conn: Connection, half: Binding, into: Binding, now: datetime) -> None:
    is_newer = half.vms_event_at is not None and (into.vms_event_at is None or half.vms_event_at > into.vms_event_at)
    await conn.execute(
        _FACTS, into.id, half.id, half.parent_id, half.sku, half.product_id, half.hint, is_newer, half.vms_event,
        half.vms_event_id, half.vms_event_at, list(half.events), half.seen_vms_at, half.seen_keycrm_at, now,
    )  # fmt: skip
