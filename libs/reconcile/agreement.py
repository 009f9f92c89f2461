"""Whether both sides show the same: a second opinion, made of values alone and of nothing that a decision left behind.

Promises: a field that a side does not show is not judged; values that mean the same are the same; values in other words
(cut, rounded, respelled) are the same only while each side still shows what it showed when the two last agreed. Money
is the same when VMS's amount is the sum of the payments that count and KeyCRM has each of VMS's payments.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from libs.contracts.types import Side
from libs.reconcile import normalise, payments
from libs.reconcile.fields import Direction, Field, Fields
from libs.reconcile.ledger import Ledger, Payment
from libs.reconcile.memory import Memory
from libs.reconcile.oddities import field_of, is_let_be
from libs.reconcile.values import Image, Value


@dataclass(frozen=True, slots=True)
class Difference:
    """One field in which the sides differ, each value in its side's own terms."""

    field: str
    vms: Value
    keycrm: Value

    def as_json(self) -> Mapping[str, Any]:
        """As it is kept."""
        return {"field": self.field, "vms": self.vms, "keycrm": self.keycrm}


def differences(
    fields: Fields, memory: Memory, vms: Image, keycrm: Image, ledger: Ledger | None = None
) -> tuple[Difference, ...]:
    """What differs between two looks at one record, by field.

    An order's `ledger` holds VMS's payments as told and KeyCRM's as this very look showed them.
    """
    both = (name for name in fields if name in vms and name in keycrm)
    found = (
        Difference(name, vms[name], keycrm[name])
        for name in both
        if fields[name].direction is not Direction.LEDGER
        and not _is_same(fields[name], memory, vms[name], keycrm[name])
    )
    return (*found, *(_paid(memory, ledger, vms) if ledger is not None else ()))


def _is_same(row: Field, memory: Memory, vms: Value, keycrm: Value) -> bool:
    if row.kind.means(vms, keycrm):
        return True
    bases, missing = memory.bases, object()
    return bases.vms.get(row.name, missing) == vms and bases.keycrm.get(row.name, missing) == keycrm


def _paid(memory: Memory, ledger: Ledger, vms: Image) -> tuple[Difference, ...]:
    shown = vms.get(payments.FIELD)
    if not (ledger.is_vms_known and ledger.is_keycrm_known and isinstance(shown, str)):
        return ()
    explained = normalise.money(payments.total(ledger) + payments.offset(memory))
    amount = () if normalise.cents(shown) == normalise.cents(explained) else (explained,)
    single = [row for row in ledger.of(Side.VMS) if _is_odd(row) and not is_let_be(memory, row)]
    return (
        *(Difference(payments.FIELD, shown, value) for value in amount),
        *(Difference(field_of(row), None if row.is_cancelled else row.amount, _copies(row)) for row in single),
    )


def _copies(row: Payment) -> str | None:
    """What KeyCRM has of a payment of VMS's that counts: nothing, an amount, or that so many times."""
    return row.copy_amount if row.copies == 1 else f"{row.copies} × {row.copy_amount}" if row.copies else None


def _is_odd(row: Payment) -> bool:
    """Whether KeyCRM shows this payment of VMS's otherwise than once, at its amount, as long as it counts."""
    if row.is_cancelled:
        return row.copies > 0
    if Decimal(row.amount) == 0:
        return False
    is_other = row.copy_amount is not None and normalise.cents(row.copy_amount) != normalise.cents(row.amount)
    return row.copies != 1 or is_other
