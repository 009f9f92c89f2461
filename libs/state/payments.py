"""The ledger: each payment is one row, whichever side it was made on (rules 23, 24).

Safe because VMS's payment id within an order, KeyCRM's payment id and our reference are unique: an event read twice
adds nothing, and an old event still adds what nobody knew (15), but never takes a newer state back.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from enum import StrEnum
from typing import Any

from asyncpg import Record

from libs.contracts.types import Side
from libs.runtime.database import Connection
from libs.state.bindings import KEEP, Keep


class State(StrEnum):
    """`creating` is committed before the call that adds the payment in KeyCRM; `question` waits for a person."""

    KNOWN = "known"
    CREATING = "creating"
    DONE = "done"
    QUESTION = "question"


@dataclass(frozen=True, slots=True)
class Payment:
    """One payment of one order; amounts in the order's currency."""

    id: int
    binding_id: int
    origin: Side
    vms_payment_id: str | None
    keycrm_payment_id: int | None
    reference: str | None
    amount: Decimal
    paid_at: datetime | None
    vms_payment_type: int | None
    keycrm_method_id: int | None
    keycrm_status: str | None
    is_cancelled: bool
    state: State
    creating: Mapping[str, Any] | None
    vms_event_at: datetime | None
    seen_keycrm_at: datetime | None


@dataclass(frozen=True, slots=True)
class VmsSeen:
    """One payment of a VMS event; `event_at` is the event's change time."""

    binding_id: int
    payment_id: str
    amount: Decimal
    paid_at: datetime | None
    payment_type: int
    is_cancelled: bool
    event_at: datetime


@dataclass(frozen=True, slots=True)
class KeyCrmSeen:
    """One payment of a KeyCRM order; `reference` is ours if its description carries one."""

    payment_id: int
    amount: Decimal
    reference: str | None = None
    paid_at: datetime | None = None
    method_id: int | None = None
    status: str | None = None
    is_cancelled: bool = False


@dataclass(frozen=True, slots=True)
class PaymentChange:
    """What `change` changes; `KEEP` leaves alone."""

    state: State | Keep = KEEP
    creating: Mapping[str, Any] | Keep | None = KEEP
    reference: str | Keep | None = KEEP
    vms_payment_id: str | Keep | None = KEEP
    keycrm_payment_id: int | Keep | None = KEEP
    is_cancelled: bool | Keep = KEEP


COLUMNS = (
    "id, binding_id, origin, vms_payment_id, keycrm_payment_id, reference, amount, paid_at, vms_payment_type, "
    "keycrm_method_id, keycrm_status, is_cancelled, state, creating, vms_event_at, seen_keycrm_at"
)
_CHANGEABLE = (
    "state", "creating", "reference", "vms_payment_id", "keycrm_payment_id", "is_cancelled",
)  # fmt: skip
# An older event adds what nobody knew; it changes nothing that a newer one told.
_OBSERVE_VMS = """
    INSERT INTO payment AS p (binding_id, origin, vms_payment_id, amount, paid_at, vms_payment_type, is_cancelled,
        vms_event_at, created_at, updated_at)
    SELECT binding_id, 'vms', payment_id, amount, paid_at, payment_type, is_cancelled, event_at, $8, $8
    FROM unnest($1::bigint[], $2::text[], $3::numeric[], $4::timestamptz[], $5::int[], $6::boolean[], $7::timestamptz[])
        AS t(binding_id, payment_id, amount, paid_at, payment_type, is_cancelled, event_at)
    ORDER BY binding_id, payment_id
    ON CONFLICT (binding_id, vms_payment_id) WHERE vms_payment_id IS NOT NULL DO UPDATE SET
        amount = excluded.amount, paid_at = excluded.paid_at, vms_payment_type = excluded.vms_payment_type,
        is_cancelled = excluded.is_cancelled, vms_event_at = excluded.vms_event_at, updated_at = excluded.updated_at
    WHERE (p.vms_event_at IS NULL OR excluded.vms_event_at >= p.vms_event_at)
        AND (p.amount, p.is_cancelled, p.paid_at, p.vms_payment_type)
            IS DISTINCT FROM (excluded.amount, excluded.is_cancelled, excluded.paid_at, excluded.vms_payment_type)
    RETURNING p.binding_id
"""
# Ours are known by their reference even before their id is: the answer to a create may carry none.
_RECOGNISE = """
    UPDATE payment SET keycrm_payment_id = $3, updated_at = $4
    WHERE binding_id = $1 AND reference = $2 AND keycrm_payment_id IS NULL
        AND NOT EXISTS (SELECT FROM payment WHERE keycrm_payment_id = $3)
"""
_OBSERVE_KEYCRM = """
    INSERT INTO payment AS p (binding_id, origin, keycrm_payment_id, reference, amount, paid_at, keycrm_method_id,
        keycrm_status, is_cancelled, seen_keycrm_at, created_at, updated_at)
    VALUES ($1, 'keycrm', $2, $3, $4, $5, $6, $7, $8, $9, $10, $10)
    ON CONFLICT (keycrm_payment_id) WHERE keycrm_payment_id IS NOT NULL DO UPDATE SET
        amount = CASE p.origin WHEN 'keycrm' THEN excluded.amount ELSE p.amount END,
        paid_at = CASE p.origin WHEN 'keycrm' THEN excluded.paid_at ELSE p.paid_at END,
        is_cancelled = CASE p.origin WHEN 'keycrm' THEN excluded.is_cancelled ELSE p.is_cancelled END,
        keycrm_method_id = excluded.keycrm_method_id, keycrm_status = excluded.keycrm_status,
        seen_keycrm_at = greatest(p.seen_keycrm_at, excluded.seen_keycrm_at), updated_at = excluded.updated_at
"""


async def of(conn: Connection, binding_id: int) -> tuple[Payment, ...]:
    """An order's payments, oldest first."""
    rows = await conn.fetch(f"SELECT {COLUMNS} FROM payment WHERE binding_id = $1 ORDER BY id", binding_id)
    return tuple(_read(row) for row in rows)


async def observe_vms(conn: Connection, seen: Iterable[VmsSeen], now: datetime) -> set[int]:
    """Note the payments of VMS events, older events too; answers the bindings that have something new."""
    newest: dict[tuple[int, str], VmsSeen] = {}
    for one in seen:
        known = newest.get((one.binding_id, one.payment_id))
        if known is None or one.event_at >= known.event_at:
            newest[one.binding_id, one.payment_id] = one
    rows = [newest[key] for key in sorted(newest)]
    if not rows:
        return set()
    changed = await conn.fetch(
        _OBSERVE_VMS,
        [row.binding_id for row in rows],
        [row.payment_id for row in rows],
        [row.amount for row in rows],
        [row.paid_at for row in rows],
        [row.payment_type for row in rows],
        [row.is_cancelled for row in rows],
        [row.event_at for row in rows],
        now,
    )
    return {row["binding_id"] for row in changed}


async def observe_keycrm(
    conn: Connection, binding_id: int, seen: Iterable[KeyCrmSeen], began_at: datetime, now: datetime
) -> tuple[Payment, ...]:
    """Note the payments of a KeyCRM order read at `began_at`; answers the whole ledger.

    A payment of ours keeps the amount VMS gave it: another amount in KeyCRM is for the merge to question.
    """
    for one in sorted(seen, key=lambda payment: payment.payment_id):
        if one.reference is not None:
            await conn.execute(_RECOGNISE, binding_id, one.reference, one.payment_id, now)
        await conn.execute(
            _OBSERVE_KEYCRM, binding_id, one.payment_id, await _free_reference(conn, one), one.amount, one.paid_at,
            one.method_id, one.status, one.is_cancelled, began_at, now,
        )  # fmt: skip
    return await of(conn, binding_id)


async def change(conn: Connection, payment_id: int, change: PaymentChange, now: datetime) -> None:
    """Change one payment of a binding whose lease the caller holds."""
    columns = {name: getattr(change, name) for name in _CHANGEABLE if getattr(change, name) is not KEEP}
    settings = ", ".join([f"{name} = ${number}" for number, name in enumerate(columns, start=3)] + ["updated_at = $2"])
    await conn.execute(f"UPDATE payment SET {settings} WHERE id = $1", payment_id, now, *columns.values())


async def _free_reference(conn: Connection, seen: KeyCrmSeen) -> str | None:
    """A reference names one payment; a copy of it that a person made in KeyCRM is a payment without one."""
    taken = await conn.fetchval(
        "SELECT 1 FROM payment WHERE reference = $1 AND keycrm_payment_id IS DISTINCT FROM $2",
        seen.reference,
        seen.payment_id,
    )
    return None if taken else seen.reference


def _read(row: Record) -> Payment:
    facts = dict(row)
    return Payment(**facts | {"origin": Side(row["origin"]), "state": State(row["state"])})
