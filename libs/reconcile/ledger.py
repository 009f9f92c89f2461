"""The ledger of an order's payments: rows of both sides, merged as a set (rule 23).

Promises: merging the same rows again, in any order, changes nothing; a payment of VMS's is found in KeyCRM by our
reference in its description, whatever else stands there; a payment that may be on its way is never added again before
two empty looks further apart than a request can live and the settle time. A cancelled payment counts nothing.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum
from urllib.parse import quote, unquote

from libs.contracts.events import VmsPayment
from libs.contracts.keycrm import Payment as KeyCrmPayment
from libs.contracts.types import Side
from libs.reconcile import normalise
from libs.reconcile.values import Times

_REFERENCE = re.compile(r"\bVMS payment ([A-Za-z0-9_%-]+)")


class Copy(StrEnum):
    """What KeyCRM has of a payment of VMS's."""

    NONE = "none"
    CREATING = "creating"
    SHOWN = "shown"
    CANCELLED = "cancelled"


@dataclass(frozen=True, slots=True)
class Payment:
    """One payment: `ref` is VMS's payment id or KeyCRM's id as text, `amount` canonical money, `method` its side's own.

    The rest is about a VMS payment's copy in KeyCRM: `copies` counts live ones, `copy_amount` is what KeyCRM shows;
    `lands_by` and `empty_at` tell of an add whose outcome is unknown.
    """

    origin: Side
    ref: str
    amount: str
    method: int | None = None
    paid_at: datetime | None = None
    is_cancelled: bool = False
    copy: Copy = Copy.NONE
    copy_id: int | None = None
    copy_amount: str | None = None
    copies: int = 0
    lands_by: datetime | None = None
    empty_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Ledger:
    """All payments of one order, and whose are known: VMS's from any event, KeyCRM's from a read that had them."""

    rows: tuple[Payment, ...] = ()
    is_vms_known: bool = False
    is_keycrm_known: bool = False

    def find(self, origin: Side, ref: str) -> Payment | None:
        """The payment of that side with that reference."""
        return next((row for row in self.rows if row.origin is origin and row.ref == ref), None)

    def of(self, origin: Side) -> tuple[Payment, ...]:
        """The payments of that side."""
        return tuple(row for row in self.rows if row.origin is origin)

    def put(self, payment: Payment) -> Ledger:
        """With this payment, in the place of the one with its reference."""
        old = self.find(payment.origin, payment.ref)
        if old is None:
            return replace(self, rows=(*self.rows, payment))
        return replace(self, rows=tuple(payment if row is old else row for row in self.rows))


def reference(ref: str) -> str:
    """The words in a KeyCRM payment's description by which it is known as ours."""
    return "VMS payment " + quote(ref, safe="").replace(".", "%2E").replace("~", "%7E")


def reference_in(description: str | None) -> str | None:
    """The VMS payment id that a description refers to."""
    found = _REFERENCE.search(description or "")
    return unquote(found.group(1)) if found else None


def add_vms(ledger: Ledger, payments: Iterable[VmsPayment], *, is_newest: bool = True) -> Ledger:
    """VMS's payments of one event; of an older event (rule 15) only what is not known yet is taken."""
    for payment in payments:
        old = ledger.find(Side.VMS, payment.payment_id)
        row = old or Payment(Side.VMS, payment.payment_id, "0.00")
        if old is None or is_newest:
            row = replace(
                row,
                amount=normalise.money(payment.amount),
                method=payment.payment_type,
                paid_at=payment.paid_at,
                is_cancelled=payment.is_cancelled,
            )
        ledger = ledger.put(row)
    return replace(ledger, is_vms_known=True)


def add_keycrm(ledger: Ledger, payments: Iterable[KeyCrmPayment], look_began_at: datetime, times: Times) -> Ledger:
    """KeyCRM's payments as one read of the order showed them."""
    rows = tuple(payments)
    ours: dict[str, list[KeyCrmPayment]] = {}
    for payment in rows:
        ref = reference_in(payment.description)
        if ref is not None:
            ours.setdefault(ref, []).append(payment)
        elif payment.id is not None:
            ledger = ledger.put(_of_keycrm(payment))
    for row in ledger.of(Side.VMS):
        copies = ours.get(row.ref)
        ledger = ledger.put(_copied(row, copies) if copies else _missed(row, look_began_at, times))
    return replace(ledger, is_keycrm_known=True)


def begin_add(ledger: Ledger, ref: str, lands_by: datetime) -> Ledger:
    """The add of a payment is committed before its call."""
    return _changed(ledger, ref, copy=Copy.CREATING, lands_by=lands_by, empty_at=None)


def added(ledger: Ledger, ref: str, copy_id: int | None) -> Ledger:
    """KeyCRM has answered the add; its answer may lack the id."""
    row = ledger.find(Side.VMS, ref)
    amount = row.amount if row else None
    return _changed(ledger, ref, copy=Copy.SHOWN, copy_id=copy_id, copy_amount=amount, copies=1, lands_by=None)


def refused(ledger: Ledger, ref: str) -> Ledger:
    """The add was refused: it never happened."""
    return _changed(ledger, ref, copy=Copy.NONE, lands_by=None, empty_at=None)


def lost(ledger: Ledger, ref: str, lands_by: datetime) -> Ledger:
    """The outcome of the add is unknown; nothing of it lands after `lands_by`."""
    return _changed(ledger, ref, lands_by=lands_by, empty_at=None)


def _changed(ledger: Ledger, ref: str, **columns: object) -> Ledger:
    row = ledger.find(Side.VMS, ref)
    return ledger.put(replace(row, **columns)) if row is not None else ledger  # type: ignore[arg-type]  # its own columns


def _of_keycrm(payment: KeyCrmPayment) -> Payment:
    return Payment(
        origin=Side.KEYCRM,
        ref=str(payment.id),
        amount=normalise.money(payment.amount),
        method=payment.payment_method_id,
        paid_at=payment.payment_date or payment.created_at,
        is_cancelled=payment.status != "paid",
    )


def _copied(row: Payment, copies: list[KeyCrmPayment]) -> Payment:
    live = [copy for copy in copies if copy.status != "canceled"]
    first = (live or copies)[0]
    return replace(
        row,
        copy=Copy.SHOWN if live else Copy.CANCELLED,
        copy_id=first.id or row.copy_id,
        copy_amount=normalise.money(first.amount),
        copies=len(live),
        lands_by=None,
        empty_at=None,
    )


def _missed(row: Payment, look_began_at: datetime, times: Times) -> Payment:
    """An add of unknown outcome that this look did not show."""
    if row.copy is not Copy.CREATING:
        return row
    if row.empty_at is None:
        return replace(row, empty_at=look_began_at)
    if look_began_at - row.empty_at > times.request_life + times.settle:
        return replace(row, copy=Copy.NONE, lands_by=None, empty_at=None)
    return row
