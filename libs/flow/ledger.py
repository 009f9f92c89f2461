"""The ledger of an order between the `payment` table and the merge's value.

Promises: what is loaded, saved and loaded again is the same ledger; VMS's rows are written by the mark (their amounts)
and here (their copies in KeyCRM), KeyCRM's rows here alone, from a read.
"""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from typing import Any

from libs.contracts.types import Side
from libs.flow.flow import Case
from libs.reconcile import ledger as ledgers
from libs.reconcile import normalise
from libs.reconcile.ledger import Copy, Ledger
from libs.reconcile.ledger import Payment as Row
from libs.runtime.database import Connection
from libs.state import payments
from libs.state.bindings import Binding
from libs.state.payments import KeyCrmSeen, Payment, PaymentChange, State

_STATES = {
    Copy.NONE: State.KNOWN, Copy.CREATING: State.CREATING, Copy.SHOWN: State.DONE, Copy.CANCELLED: State.QUESTION,
}  # fmt: skip
_COPIES = {state: copy for copy, state in _STATES.items()}


async def load(conn: Connection, binding: Binding) -> Ledger:
    """The ledger of an order; VMS's half is known once VMS's newest event of it tells payments."""
    rows = tuple(_read(row) for row in await payments.of(conn, binding.id))
    return Ledger(rows, is_vms_known="payments" in (binding.vms_event or {}))


async def save(conn: Connection, case: Case, ledger: Ledger, now: datetime) -> None:
    """Save what has changed since it was loaded. The caller holds the binding's lease in this transaction."""
    stored = {(row.origin, _ref(row)): row for row in await payments.of(conn, case.binding.id)}
    seen = [_seen(row) for row in ledger.of(Side.KEYCRM) if _differs(stored.get((Side.KEYCRM, row.ref)), row)]
    await payments.observe_keycrm(conn, case.binding.id, seen, now, now)
    for row in ledger.of(Side.VMS):
        held = stored.get((Side.VMS, row.ref))
        if held is not None and _differs(held, row):
            await payments.change(conn, held.id, _change(row), now)


def _read(row: Payment) -> Row:
    creating = row.creating or {}
    copy = _COPIES[row.state] if row.origin is Side.VMS else Copy.NONE
    return Row(
        origin=row.origin,
        ref=_ref(row),
        amount=normalise.money(row.amount),
        method=row.vms_payment_type if row.origin is Side.VMS else row.keycrm_method_id,
        paid_at=row.paid_at,
        is_cancelled=row.is_cancelled,
        copy=copy,
        copy_id=row.keycrm_payment_id if row.origin is Side.VMS else None,
        lands_by=_instant(creating.get("lands_by")),
        empty_at=_instant(creating.get("empty_at")),
    )


def _ref(row: Payment) -> str:
    return (row.vms_payment_id or "") if row.origin is Side.VMS else str(row.keycrm_payment_id)


def _differs(stored: Payment | None, row: Row) -> bool:
    if stored is None:
        return True
    held = _read(stored)
    return (held.amount, held.is_cancelled, held.copy, held.copy_id, held.lands_by, held.empty_at) != (
        row.amount, row.is_cancelled, row.copy, row.copy_id, row.lands_by, row.empty_at,
    )  # fmt: skip


def _change(row: Row) -> PaymentChange:
    creating: dict[str, Any] | None = None
    if row.copy is Copy.CREATING:
        creating = {"lands_by": _text(row.lands_by), "empty_at": _text(row.empty_at)}
    return PaymentChange(
        state=_STATES[row.copy],
        creating=creating,
        reference=ledgers.reference(row.ref) if row.copy is not Copy.NONE else None,
        keycrm_payment_id=row.copy_id,
    )


def _seen(row: Row) -> KeyCrmSeen:
    return KeyCrmSeen(int(row.ref), Decimal(row.amount), None, row.paid_at, row.method, is_cancelled=row.is_cancelled)


def _text(moment: datetime | None) -> str | None:
    return moment.isoformat() if moment else None


def _instant(text: str | None) -> datetime | None:
    return datetime.fromisoformat(text) if text else None
