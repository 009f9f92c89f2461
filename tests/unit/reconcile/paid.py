"""Payments, ledgers and amounts in short words, for the tests of what was paid."""

from __future__ import annotations

from dataclasses import replace

from libs.contracts.types import Side
from libs.reconcile.ledger import Copy, Ledger, Payment
from libs.reconcile.memory import Memory
from libs.reconcile.payments import FIELD
from libs.reconcile.review import Review, review
from libs.reconcile.writing import answered, begin, lost
from tests.unit.reconcile.builders import TABLE, TIMES, agreed, at, keycrm, vms


def of_vms(ref: str, amount: str, **more: object) -> Payment:
    """A payment of VMS's whose copy KeyCRM has."""
    row = Payment(Side.VMS, ref, amount, 1, at(0), copy=Copy.SHOWN, copy_id=7, copy_amount=amount, copies=1)
    return replace(row, **more)  # type: ignore[arg-type]  # columns of the row


def of_keycrm(ref: str, amount: str, *, is_cancelled: bool = False) -> Payment:
    """A payment made in KeyCRM."""
    return Payment(Side.KEYCRM, ref, amount, 1, at(0), is_cancelled)


def known(*rows: Payment) -> Ledger:
    """A ledger in which both sides' payments are known."""
    return Ledger(rows, is_vms_known=True, is_keycrm_known=True)


def see(memory: Memory, amount: str, ledger: Ledger, began: float = 10) -> Review:
    """VMS shows that depositedAmount."""
    shown = vms(began, row=0, events=0, deposited_amount=amount)
    return review(TABLE, memory, shown, keycrm(began), TIMES, ledger)


def agreed_on(amount: str, *counted: str) -> Memory:
    """That amount was agreed on; it contains those payments of VMS's."""
    return agreed(deposited_amount=(amount, {"counted": list(counted), "offset": "0.00"}))


def written(result: Review, ledger: Ledger, *, shown: str | None = None, outcome: str = "answered") -> Memory:
    """The amount of a review is written; VMS then shows it, or something else."""
    writes = {FIELD: result.decision.to_vms[FIELD]}
    look = vms(10, row=0, events=0, deposited_amount=str(writes[FIELD].was))
    memory = begin(result.memory, Side.VMS, writes, look, at(11), at(120))
    if outcome == "lost":
        return lost(memory, Side.VMS, writes, at(101))
    value = shown or str(writes[FIELD].value)
    return answered(TABLE, memory, vms(12, row=12, deposited_amount=value), writes)


def amount_of(result: Review) -> object:
    """What is to be written, if anything."""
    return result.decision.to_vms[FIELD].value if FIELD in result.decision.to_vms else None
