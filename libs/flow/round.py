"""One round of a bound binding: read both sides, review, write our own half, record.

Promises: a look is made only where the ones before it may still mean something, since KeyCRM's cost quota; what is to
be written is committed before its call (rule 7), and its side is read again just before (rule 3); the other service's
half is made due in the same transaction (rule 4); while an outcome is unknown nothing is written (rule 11). Whatever
the call's fate, the memory says so before the fate is passed on.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Generic, Protocol

from libs.clients.terms import Terms
from libs.clients.vms import Fetched
from libs.contracts.types import Lane, Side
from libs.flow import giving_up, guarding
from libs.flow.flow import Both, Case, Flow, K, Reader, Shown, V, lands_by
from libs.flow.gone import IDENTITY
from libs.flow.load import load
from libs.flow.read import stand_still
from libs.flow.record import Note, commit, finish
from libs.reconcile import answers, still, writing
from libs.reconcile.contents import Content
from libs.reconcile.kinds import is_answer
from libs.reconcile.memory import Memory
from libs.reconcile.payments import PaymentPlan
from libs.reconcile.review import Review, review
from libs.reconcile.values import Decision, Look, Write
from libs.runtime.errors import NEVER_HAPPENED, OutcomeUnknown, PermanentError, SyncError
from libs.runtime.work import Lease, Recorded, WorkItem
from libs.state.bindings import Change

Writes = Mapping[str, Write]


class Half(Protocol[V, K]):
    """A service's half of one entity: how its own side of a bound binding is written."""

    async def write(self, case: Case, both: Both[V, K], writes: Writes, terms: Terms) -> tuple[Look, str]:
        """Write the fields; answer what the call's answer shows, and the call's name for the audit."""
        ...

    async def pay(self, item: WorkItem, lease: Lease, case: Case, plan: PaymentPlan) -> tuple[Case, tuple[Note, ...]]:
        """Add and cancel payments; only an order's half towards KeyCRM has any."""
        ...

    async def noted(self, item: WorkItem, case: Case, both: Both[V, K]) -> Change:
        """Keep what a look tells besides the fields: whose a record is by now, by what it is found."""
        ...


class Payless:
    """For halves whose entity or side has no payments to add."""

    async def pay(self, item: WorkItem, lease: Lease, case: Case, plan: PaymentPlan) -> tuple[Case, tuple[Note, ...]]:
        """Nothing."""
        return case, ()


class Noteless:
    """For halves whose entity shows nothing besides its fields."""

    async def noted(self, item: WorkItem, case: Case, both: Both[V, K]) -> Change:
        """Nothing."""
        return Change()


@dataclass(frozen=True, slots=True)
class Round(Generic[V, K]):
    """One item in hand: who works, on what, under which lease."""

    flow: Flow
    reader: Reader[V, K]
    half: Half[V, K]
    item: WorkItem
    lease: Lease

    @property
    def terms(self) -> Terms:
        """Under what terms its calls are made."""
        return Terms(self.item.lane, self.lease)


async def reconcile(this: Round[V, K], case: Case) -> Recorded:
    """Work one bound binding towards our side."""
    flow = this.flow
    vms = await this.reader.vms(case.binding, this.terms)
    rested = _rest(this, case, vms)
    if rested is not None:
        change = Change(seen_vms_at=vms.look.began_at, error=None)
        return await finish(flow, this.item, replace(case, memory=rested), change=change)
    case, both, result = await _looked(this, case, vms)
    case = replace(case, content=this.reader.content(both.keycrm.record))
    await _refuse(this, case, result.decision)
    case = replace(case, memory=result.memory.with_questions((), (IDENTITY,)))  # both records were found
    change = _seen(await this.half.noted(this.item, case, both), both)
    if result.held_until is not None:
        return await finish(flow, this.item, case, change=change, due_again_at=result.held_until)
    is_other_due = _is_other_due(flow.side, result)
    notes: tuple[Note, ...] = ()
    due_again_at = result.due_at
    writes = result.decision.to(flow.side)
    if writes:
        await guarding.writes(flow, this.reader.entity, writes)
        await giving_up.on_writes(flow, this.item, case, writes, this.terms)
        written = await _write(this, case, both, writes, change, is_other_due)
        if written is None:
            return Recorded.BY_HANDLER
        case, notes = written
        due_again_at = _soonest(due_again_at, writing.due_at(case.memory, flow.times))
        change, is_other_due = replace(change, last_sync_at=flow.clock()), False
    if flow.side is Side.KEYCRM and result.payments is not None:
        case, paid = await this.half.pay(this.item, this.lease, case, result.payments)
        notes += paid
    return await finish(
        flow, this.item, case, notes=notes, change=change, is_other_due=is_other_due, due_again_at=due_again_at
    )


def _rest(this: Round[V, K], case: Case, vms: Shown[Fetched[V]]) -> Memory | None:
    """The memory if VMS has nothing to tell KeyCRM: an echo of our own write. A person who waits gets a full look."""
    if this.flow.side is Side.VMS or this.item.lane is Lane.INTERACTIVE:
        return None
    return still.rest(this.reader.fields, case.memory, vms.look, this.flow.times, case.ledger)


async def _looked(this: Round[V, K], case: Case, vms: Shown[Fetched[V]]) -> tuple[Case, Both[V, K], Review]:
    """Both sides and what they mean; VMS is looked at again only if the two looks are joined (rule 1)."""
    both = Both(vms, await this.reader.keycrm(case.binding, this.terms))
    case, result = _reviewed(this, case, both)
    if not still.concludes_nothing(case.memory, result):
        both = await stand_still(this.reader, case.binding, both, this.terms)
        case, result = _reviewed(this, case, both)
    return case, both, result


def _reviewed(this: Round[V, K], case: Case, both: Both[V, K]) -> tuple[Case, Review]:
    case, fields = replace(case, ledger=this.reader.ledger(case, both)), this.reader.fields
    return case, review(fields, case.memory, both.vms.look, both.keycrm.look, this.flow.times, case.ledger)


async def _write(
    this: Round[V, K], case: Case, both: Both[V, K], writes: Writes, change: Change, is_other_due: bool
) -> tuple[Case, tuple[Note, ...]] | None:
    """Write our half; None when the item has been ended here: raced, or its outcome is unknown."""
    flow, side, item = this.flow, this.flow.side, this.item
    until = lands_by(this.lease.ends_at, flow.times)
    begun = writing.begin(case.memory, side, writes, both.look(side), flow.clock(), until)
    seen, case = case.content, replace(case, memory=begun, content=_foreseen(case, side, writes))
    case = await commit(flow, item, case, change=change, is_other_due=is_other_due)
    again = await _again(this, case, both)
    if not writing.is_unchanged(both.look(side), again.look(side), writes):
        case = replace(case, memory=writing.withdraw(case.memory, side, writes), content=seen)
        await finish(flow, item, case, due_again_at=flow.clock())
        return None
    try:
        answer, call = await this.half.write(case, again, writes, this.terms)
    except SyncError as fate:
        await _failed(this, case, writes, fate, seen)
        return None
    memory = writing.answered(this.reader.fields, case.memory, answer, writes)
    memory = answers.carried_out(memory, answer, both.look(side.other))
    case = replace(case, memory=memory, content=_answered(this, case, answer, writes))
    return case, (Note("updated", side, writes, call=call),)


async def _again(this: Round[V, K], case: Case, both: Both[V, K]) -> Both[V, K]:
    """Our side, read just before it is written; KeyCRM only when the look has grown old (rule 3)."""
    if this.flow.side is Side.VMS:
        return replace(both, vms=await this.reader.vms(case.binding, this.terms))
    age = (this.flow.clock() - both.keycrm.look.began_at).total_seconds()
    if age <= this.flow.image_max_age_seconds:
        return both
    return replace(both, keycrm=await this.reader.keycrm(case.binding, this.terms))


def _foreseen(case: Case, side: Side, writes: Writes) -> Content | None:
    """What KeyCRM will show, so that its hint about our own write tells nothing new."""
    return case.content.written(writes) if case.content is not None and side is Side.KEYCRM else case.content


def _answered(this: Round[V, K], case: Case, answer: Look, writes: Writes) -> Content | None:
    """The same with what KeyCRM's answer made of it, unless the answer lags behind."""
    fields, content = this.reader.fields, case.content
    is_shown = all(
        is_answer(
            fields[name].kind,
            answer.side,
            answer.image[name],
            write.value,
            write.was,
            is_cutting=writing.has_cut(case.memory, answer.side, name),
        )
        for name, write in writes.items()
        if name in answer.image
    )
    if content is None or answer.side is Side.VMS or not is_shown:
        return content
    return content.answered(answer.image)


async def _failed(this: Round[V, K], case: Case, writes: Writes, fate: SyncError, seen: Content | None) -> None:
    """Remember what a failed call means: refused never happened, unknown is judged when it can no longer land."""
    flow, side = this.flow, this.flow.side
    if isinstance(fate, OutcomeUnknown):
        until = flow.clock() + flow.times.request_life
        case = replace(case, memory=writing.lost(case.memory, side, writes, until))
        note = Note("updated", side, writes, outcome="unknown")
        await finish(flow, this.item, case, notes=(note,), due_again_at=until)
        return
    if isinstance(fate, NEVER_HAPPENED):
        never = replace(case, memory=writing.withdraw(case.memory, side, writes), content=seen)
        await commit(flow, this.item, never)
    raise fate


async def _refuse(this: Round[V, K], case: Case, decision: Decision) -> None:
    """A broken rule or a value without a pair ends the item before anything is written; the same row ends it once.

    Raises:
        PermanentError: names the field, the rule and the fix.
    """
    for refusal in decision.refusals:
        await commit(this.flow, this.item, case)
        raise PermanentError(refusal.text, code=refusal.rule, field=refusal.field)


async def opened(flow: Flow, item: WorkItem, reader: Reader[V, K]) -> Case:
    """The case of a claimed item."""
    async with flow.database.connection() as conn:
        return await load(conn, item, reader.fields)


def _is_other_due(side: Side, result: Review) -> bool:
    plan = result.payments
    is_paid_over_there = side is Side.VMS and plan is not None and bool(plan.adds or plan.cancels)
    return bool(result.decision.to(side.other)) or is_paid_over_there


def _seen(change: Change, both: Both[V, K]) -> Change:
    return replace(change, seen_vms_at=both.vms.look.began_at, seen_keycrm_at=both.keycrm.look.began_at, error=None)


def _soonest(*moments: datetime | None) -> datetime | None:
    return min((m for m in moments if m is not None), default=None)
