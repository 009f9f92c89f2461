"""One binding looked at: settle what is on its way, note when things changed, ask, decide. What the flows call.

Promises: the memory it answers holds everything that may be remembered before any write; deciding on it again with the
same looks decides nothing new.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from datetime import datetime

from libs.contracts.types import Side
from libs.reconcile import echoes, windows, writing
from libs.reconcile.decide import decide
from libs.reconcile.fields import Fields
from libs.reconcile.ledger import Ledger
from libs.reconcile.memory import Memory
from libs.reconcile.payments import PaymentPlan, plan
from libs.reconcile.settle import settle
from libs.reconcile.spans import observe, observe_event
from libs.reconcile.values import Decision, EventLook, Look, Question, Times


@dataclass(frozen=True, slots=True)
class Review:
    """What a look at both sides means.

    `held_until`: an outcome is unknown, nothing is decided before it. `due_at`: look again then whatever happens.
    `asked` are the questions that are new or refreshed, `closed` the fields whose question is over.
    """

    memory: Memory
    decision: Decision = field(default_factory=Decision)
    asked: tuple[Question, ...] = ()
    closed: tuple[str, ...] = ()
    held_until: datetime | None = None
    due_at: datetime | None = None
    payments: PaymentPlan | None = None


def review(
    fields: Fields, memory: Memory, vms: Look, keycrm: Look, times: Times, ledger: Ledger | None = None
) -> Review:
    """Settle, observe, ask and decide on one look at each side; with an order's ledger, on its payments too."""
    before = memory
    memory, keycrm, lag_until = echoes.without_lag(memory, keycrm, times)
    settled = settle(fields, memory, {Side.VMS: vms, Side.KEYCRM: keycrm}, times)
    memory = observe(fields, observe(fields, settled.memory, vms, times), keycrm, times)
    memory = windows.judge(fields, memory, vms, keycrm.image)
    if settled.held_until is not None:
        return _compared(Review(memory, held_until=settled.held_until, due_at=settled.held_until), before)
    known = memory.pending, memory.spans, memory.questions
    decision = decide(fields, memory.bases, vms.image, keycrm.image, *known)
    memory = memory.applied(decision)
    planned = plan(memory, ledger, vms, times) if ledger is not None else None
    if planned is not None:
        memory, decision = planned.memory, _with_payments(decision, planned)
    due = (settled.due_at, lag_until, planned.wait_until if planned else None)
    due_at = min((moment for moment in due if moment is not None), default=None)
    return _compared(Review(memory, decision, due_at=due_at, payments=planned), before)


def _with_payments(decision: Decision, planned: PaymentPlan) -> Decision:
    writes = {planned.write.field: planned.write} if planned.write is not None else {}
    refusals = decision.refusals + planned.refusals
    return replace(decision, to_vms={**decision.to_vms, **writes}, refusals=refusals)


def _compared(result: Review, before: Memory) -> Review:
    """With the questions that are new, refreshed or over."""
    questions = result.memory.questions
    return replace(
        result,
        asked=tuple(question for name, question in questions.items() if before.questions.get(name) != question),
        closed=tuple(name for name in before.questions if name not in questions),
    )


def note_event(fields: Fields, memory: Memory, event: EventLook) -> Memory:
    """What a VMS event tells: spans (14), our writes on their way (9, 12), values that a write of ours may eat (13)."""
    memory = observe_event(fields, memory, event)
    return windows.note(fields, writing.note_shown(fields, memory, event), event)


def note_events(fields: Fields, memory: Memory, events: Iterable[EventLook]) -> Memory:
    """Several events in the order they came."""
    for event in events:
        memory = note_event(fields, memory, event)
    return memory
