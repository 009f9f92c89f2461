"""Questions about single payments: a copy of ours cancelled in KeyCRM, paid twice, or of another amount (rule 23).

Promises: one question per payment, field `payment <id>`; it closes when the two agree again, or when a person lets it
be, and what a person let be is not asked again.
"""

from __future__ import annotations

from dataclasses import replace

from libs.contracts.types import Side
from libs.reconcile import normalise
from libs.reconcile.ledger import Copy, Ledger, Payment
from libs.reconcile.memory import Memory
from libs.reconcile.values import Choice, Question


def ask(memory: Memory, ledger: Ledger) -> Memory:
    """Open, refresh and close the questions about VMS's payments and their copies."""
    for row in ledger.of(Side.VMS):
        memory = _asked(memory, row)
    return memory


def field_of(payment: Payment) -> str:
    """The name under which a payment is asked about."""
    return f"payment {payment.ref}"


def is_let_be(memory: Memory, payment: Payment) -> bool:
    """Whether a person has seen this payment differ just so, and let it be."""
    return memory.bases.keycrm.get(field_of(payment)) == _shown(payment)


def _asked(memory: Memory, row: Payment) -> Memory:
    name, reason, shown = field_of(row), _reason(row), _shown(row)
    if reason is None:
        return memory.with_questions([], [name])
    if is_let_be(memory, row):
        return memory
    open_ = memory.questions.get(name)
    is_answered = open_ is not None and open_.answer is not None and open_.shown_keycrm == shown
    if is_answered:
        return memory.with_base(name, row.amount, shown).with_questions([], [name])
    params = {"payment": row.ref, "amount": row.amount, "copy_amount": row.copy_amount, "copies": row.copies}
    question = Question(name, reason, row.amount, shown, params=params, choices=(Choice.KEEP,))
    return memory if open_ == question else memory.with_questions([replace(question, answer=None)])


def _shown(row: Payment) -> str:
    return f"{_reason(row)} {row.copies} {row.copy_amount}"


def _reason(row: Payment) -> str | None:
    if row.is_cancelled:
        return None
    if row.copy is Copy.CANCELLED:
        return "payment_cancelled"
    if row.copies > 1:
        return "payment_doubled"
    is_other = row.copy_amount is not None and normalise.cents(row.copy_amount) != normalise.cents(row.amount)
    return "payment_amount_differs" if row.copy is Copy.SHOWN and is_other else None
