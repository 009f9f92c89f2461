"""What an order's ledger asks for (rules 23, 24): adds and cancels in KeyCRM, VMS's depositedAmount, questions.

Promises: depositedAmount is written only when both sides' payments are known and the amount read is explained: one that
was agreed on or sent, plus any subset of VMS's payments not counted in it; else it waits for VMS's event, then asks.
A payment of ours that a person cancelled in KeyCRM is asked about and never added again.

The base of `deposited_amount` is VMS's amount on VMS's side, and on KeyCRM's what it stands for:
{"counted": VMS's payments in it, "offset": what a person let stand beside the sum, "before": the amount it replaced}.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime
from decimal import Decimal
from typing import Any

from libs.contracts.types import Side
from libs.reconcile import normalise, oddities, rules
from libs.reconcile.ledger import Copy, Ledger, Payment
from libs.reconcile.memory import Memory
from libs.reconcile.values import Choice, Look, Question, Refusal, Times, Write

FIELD = "deposited_amount"
_CHOICES = (Choice.KEYCRM, Choice.KEEP, Choice.VALUE)
_MOST = 16


@dataclass(frozen=True, slots=True)
class PaymentPlan:
    """What to do: `adds` and `cancels` towards KeyCRM, `write` of depositedAmount towards VMS, when to look again."""

    memory: Memory
    adds: tuple[Payment, ...] = ()
    cancels: tuple[Payment, ...] = ()
    write: Write | None = None
    refusals: tuple[Refusal, ...] = ()
    wait_until: datetime | None = None


def plan(memory: Memory, ledger: Ledger, vms: Look, times: Times) -> PaymentPlan:
    """What the payments that are known ask for."""
    memory = oddities.ask(memory, ledger)
    planned = _deposit(memory, ledger, vms, times)
    if not ledger.is_keycrm_known:
        return planned
    ours = ledger.of(Side.VMS)
    wanted = [row for row in ours if not row.is_cancelled and row.copy is Copy.NONE and Decimal(row.amount) != 0]
    broken = [rules.amount_not_negative("payments", Side.KEYCRM, row.amount) for row in wanted]
    refusals = tuple(refusal for refusal in broken if refusal is not None)
    sound = tuple(row for row, refusal in zip(wanted, broken, strict=True) if refusal is None)
    cancels = tuple(row for row in ours if row.is_cancelled and row.copy is Copy.SHOWN and row.copy_id is not None)
    return replace(planned, adds=sound, cancels=cancels, refusals=planned.refusals + refusals)


def created_deposit(ledger: Ledger) -> Write:
    """What a VMS order is made with: all that has been paid so far. It joins the writes that the create carries."""
    meaning = {"counted": counted_refs(ledger), "offset": "0.00"}
    return Write(FIELD, normalise.money(total(ledger)), None, meaning, "created")


def total(ledger: Ledger, *origins: Side) -> Decimal:
    """The sum of the payments that count."""
    counted = (Decimal(row.amount) for row in ledger.rows if not row.is_cancelled and row.origin in (origins or Side))
    return sum(counted, Decimal(0))


def offset(memory: Memory) -> Decimal:
    """By how much a person let VMS's amount be another than the sum."""
    return Decimal(_meaning(memory).get("offset", "0"))


def counted_refs(ledger: Ledger) -> list[str]:
    """VMS's payments that count."""
    return sorted(row.ref for row in ledger.of(Side.VMS) if not row.is_cancelled)


def newest(ledger: Ledger) -> Payment | None:
    """The payment that counts and was made last: VMS's dateOfPayment and paymentType follow it."""
    dated = [(row.paid_at, row.ref, row) for row in ledger.rows if not row.is_cancelled and row.paid_at is not None]
    return max(dated, key=lambda item: item[:2])[2] if dated else None


def _deposit(memory: Memory, ledger: Ledger, vms: Look, times: Times) -> PaymentPlan:
    shown = vms.image.get(FIELD)
    is_known = ledger.is_vms_known and ledger.is_keycrm_known and isinstance(shown, str)
    if not is_known or memory.pending_of(Side.VMS, FIELD) is not None:
        return PaymentPlan(memory)
    amount = str(shown)
    meaning = _meaning(memory)
    wanted = total(ledger) + offset(memory)
    question = memory.questions.get(FIELD)
    if normalise.cents(amount) == normalise.cents(str(wanted)) and not (question and question.has_raced):
        return PaymentPlan(_agreed(memory, amount, ledger, meaning.get("offset", "0")))
    if question is not None:
        return _answered(memory, question, amount, ledger)
    explained = _explained(memory, amount, ledger)
    if explained is not None:
        return _write(memory, amount, wanted, ledger, explained, meaning.get("offset", "0"), "payments")
    seen = memory.spans.get((Side.VMS, FIELD))
    since = seen.before if seen is not None and seen.before is not None else vms.began_at
    if vms.began_at < since + times.event_wait:
        return PaymentPlan(memory, wait_until=since + times.event_wait)
    return PaymentPlan(memory.with_questions([_unexplained(memory, amount, wanted)]))


def _meaning(memory: Memory) -> dict[str, Any]:
    meaning = memory.bases.keycrm.get(FIELD)
    return meaning if isinstance(meaning, dict) else {}


def _agreed(memory: Memory, amount: str, ledger: Ledger, offset: str) -> Memory:
    meaning = {"counted": counted_refs(ledger), "offset": offset}
    if memory.bases.vms.get(FIELD) != amount or memory.bases.keycrm.get(FIELD) != meaning:
        memory = memory.with_base(FIELD, amount, meaning)
    return memory.with_questions([], [FIELD])


def _write(
    memory: Memory, amount: str, wanted: Decimal, ledger: Ledger, counted: Iterable[str], offset: str, reason: str
) -> PaymentPlan:
    value = normalise.money(wanted)
    refusal = rules.amount_not_negative(FIELD, Side.VMS, value)
    if refusal is not None:
        return PaymentPlan(memory, refusals=(refusal,))
    before = {"amount": amount, "counted": sorted(counted)}
    made_from = {"counted": counted_refs(ledger), "offset": offset, "before": before}
    return PaymentPlan(memory, write=Write(FIELD, value, amount, made_from, reason))


def _explained(memory: Memory, amount: str, ledger: Ledger) -> set[str] | None:
    """VMS's payments that the amount contains, when it is explained."""
    meaning = _meaning(memory)
    bases = [(memory.bases.vms.get(FIELD) or "0.00", meaning.get("counted", []))]
    if "before" in meaning:
        bases.append((meaning["before"]["amount"], meaning["before"]["counted"]))
    for base, counted in bases:
        added = _subset(_cents(amount) - _cents(str(base)), ledger, set(counted))
        if added is not None:
            return set(counted) ^ added
    return None


def _subset(difference: int, ledger: Ledger, counted: set[str]) -> set[str] | None:
    """Payments not counted yet (or counted and since cancelled) that make the difference."""
    sums: dict[int, frozenset[str]] = {0: frozenset()}
    changed = [row for row in ledger.of(Side.VMS) if row.is_cancelled == (row.ref in counted)]
    for row in changed[:_MOST]:
        step = -_cents(row.amount) if row.is_cancelled else _cents(row.amount)
        sums = {**{value + step: refs | {row.ref} for value, refs in sums.items()}, **sums}
    found = sums.get(difference)
    return None if found is None else set(found)


def _answered(memory: Memory, question: Question, amount: str, ledger: Ledger) -> PaymentPlan:
    """An open question about the amount: what its answer writes, or the question asked anew."""
    sum_now = normalise.money(total(ledger))
    is_same = question.shown_vms == amount and question.shown_keycrm == sum_now
    answer = question.answer
    if answer is None or not is_same:
        fresh = replace(question, shown_vms=amount, shown_keycrm=sum_now, answer=None)
        return PaymentPlan(memory.with_questions([fresh] if fresh != question else []))
    chosen = {Choice.KEYCRM: sum_now, Choice.VALUE: str(answer.value)}.get(answer.choice, amount)
    offset = normalise.money(Decimal(chosen) - Decimal(sum_now))
    if normalise.cents(chosen) == normalise.cents(amount):
        return PaymentPlan(_agreed(memory, amount, ledger, offset))
    return _write(memory, amount, Decimal(chosen), ledger, counted_refs(ledger), offset, "answered")


def _unexplained(memory: Memory, amount: str, wanted: Decimal) -> Question:
    return Question(
        field=FIELD,
        reason="deposited_unexplained",
        shown_vms=amount,
        shown_keycrm=normalise.money(wanted),
        base_vms=memory.bases.vms.get(FIELD),
        params={"vms": amount, "sum": normalise.money(wanted)},
        choices=_CHOICES,
    )


def _cents(amount: str) -> int:
    return int(normalise.cents(amount) * 100)
