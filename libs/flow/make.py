"""Make the missing side of a half: look for our reference, attach what is found, create what is not (rules 18 to 20).

Promises: *creating* is committed before the call; an unknown outcome is settled by looking, never by repeating; the id
that an answer or a look tells is bound in the same transaction that saves the bases it proves.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from types import MappingProxyType
from typing import Any, Protocol

from libs.clients.terms import Terms
from libs.contracts.types import Side
from libs.flow import giving_up
from libs.flow.flow import Case, Flow, Shown, lands_by
from libs.flow.record import Note, commit, finish, save_all
from libs.reconcile import contents, creates, still
from libs.reconcile.creates import Step
from libs.reconcile.fields import Fields
from libs.reconcile.values import Look, Refusal, Write
from libs.runtime.database import Connection
from libs.runtime.errors import NEVER_HAPPENED, OutcomeUnknown, PermanentError, SyncError
from libs.runtime.work import Lease, Recorded, WorkItem
from libs.state import attach, work_items
from libs.state.bindings import Binding, Change, Status

Writes = Mapping[str, Write]
Then = Callable[[Connection, datetime], Awaitable[None]]


@dataclass(frozen=True, slots=True)
class Made:
    """What a create's answer, or a look for our reference, showed: the new id and its look."""

    external_id: str | int
    look: Look
    call: str = ""
    change: Change = field(default_factory=Change)
    alias: tuple[Binding, int] | None = None
    """Another KeyCRM id of a record that is bound already (the buyer of an order)."""
    then: Then | None = None
    """What else is recorded in the transaction that binds it."""
    notes: tuple[Note, ...] = ()
    """What else the audit says of it."""


class Maker(Protocol):
    """A service's way to make the missing side of one half."""

    @property
    def reference(self) -> str:
        """What the create carries, so that it can be found again."""
        ...

    @property
    def called_with(self) -> str:
        """The customer that a VMS order is created for; empty elsewhere."""
        ...

    @property
    def initial(self) -> Mapping[str, Any]:
        """What the create cannot carry, as a new record has it (KeyCRM's first status)."""
        ...

    async def find(self, case: Case, terms: Terms) -> Mapping[str, Made]:
        """What carries our reference on that side, by id; rows are checked before they count."""
        ...

    async def create(self, writes: Writes, terms: Terms) -> Made:
        """The call."""
        ...


async def make(
    flow: Flow,
    fields: Fields,
    maker: Maker,
    item: WorkItem,
    lease: Lease,
    case: Case,
    source: Shown[Any],
    also: Writes = MappingProxyType({}),
) -> Recorded:
    """Look for our reference; attach, ask, wait or create. `also` is what it carries besides its source's fields."""
    terms, began_at = Terms(item.lane, lease), flow.clock()
    found = await maker.find(case, terms)
    step = creates.next_step(case.memory, flow.side, tuple(found), began_at, flow.times, maker.reference)
    if step.step is Step.ATTACH and step.found is not None:
        return await bound(flow, fields, item, case, found[step.found], "attached", source)
    if step.step is Step.ASK:
        return await finish(flow, item, replace(case, memory=step.memory))
    if step.step is Step.WAIT:
        return await finish(flow, item, replace(case, memory=step.memory), due_again_at=step.wait_until)
    return await _create(flow, fields, maker, item, lease, case, source, also)


async def bound(
    flow: Flow, fields: Fields, item: WorkItem, case: Case, made: Made, kind: str, source: Shown[Any]
) -> Recorded:
    """Bind an id that became known, in one transaction with the bases it proves; a round compares what is left."""
    memory = creates.bound(fields, case.memory, made.look, _initial(case, made, kind), source.look.image)
    content = case.content
    if content is not None and flow.side is Side.KEYCRM:
        content = content.answered(made.look.image)
    done = still.made(fields, memory, source.look, made.look, flow.times) if kind == "created" else None
    now = flow.clock()
    async with flow.database.transaction() as conn:
        binding = await attach.bind(conn, item, flow.side, made.external_id, now)
        if made.alias:
            await attach.add_alias(conn, made.alias[0], Side.KEYCRM, made.alias[1], now)
        if made.then:
            await made.then(conn, now)
        case = replace(case, binding=binding, memory=done or memory, content=content)
        note = Note(kind, flow.side, reason=f"reference {binding.reference or ''}".strip(), call=made.call or None)
        await save_all(conn, flow, item, case, [note, *made.notes], _bound_change(made, now), now)
        await work_items.finish(conn, item, now, due_again_at=None if done else now)
    return Recorded.BY_HANDLER


async def _create(
    flow: Flow,
    fields: Fields,
    maker: Maker,
    item: WorkItem,
    lease: Lease,
    case: Case,
    source: Shown[Any],
    also: Writes,
) -> Recorded:
    writes, refusals, questions = creates.carry_all(fields, flow.side, source.look.image)
    if refusals:
        await commit(flow, item, case)
    refuse_all(refusals)
    await giving_up.on_create(flow, item, case, Terms(item.lane, lease))
    memory = creates.begin_create(
        case.memory.with_questions(questions),
        flow.side,
        maker.reference,
        writes | dict(also),
        flow.clock(),
        lands_by(lease.ends_at, flow.times),
        called_with=maker.called_with,
        initial=maker.initial,
    )
    content = contents.begun(writes, maker.initial) if flow.side is Side.KEYCRM else case.content
    case = replace(case, memory=memory, content=content)
    case = await commit(flow, item, case, change=Change(reference=maker.reference, status=Status.CREATING))
    try:
        made = await maker.create(writes | dict(also), Terms(item.lane, lease))
    except SyncError as fate:
        return await _failed(flow, item, case, fate)
    return await bound(flow, fields, item, case, made, "created", source)


async def _failed(flow: Flow, item: WorkItem, case: Case, fate: SyncError) -> Recorded:
    """Unknown: look again when it can no longer land. Refused or never sent: it did not happen."""
    if isinstance(fate, OutcomeUnknown):
        until = flow.clock() + flow.times.request_life
        note = Note("created", flow.side, reason=fate.reason, outcome="unknown")
        case = replace(case, memory=creates.lost(case.memory, until))
        return await finish(flow, item, case, notes=(note,), due_again_at=_first_look(flow, until))
    if isinstance(fate, NEVER_HAPPENED):
        refused = replace(case, memory=creates.refused(case.memory))
        await commit(flow, item, refused, change=Change(status=Status.PENDING))
    raise fate


def _first_look(flow: Flow, until: datetime) -> datetime:
    """Mostly the call did happen: look soon, so that an order waits for seconds, not for the whole request life."""
    return min(until, flow.clock() + flow.times.settle)


def refuse_all(refusals: tuple[Refusal, ...]) -> None:
    """A create that would break a rule is not called.

    Raises:
        PermanentError: names the field, the rule and the fix.
    """
    for refusal in refusals:
        raise PermanentError(refusal.text, code=refusal.rule, field=refusal.field)


def _initial(case: Case, made: Made, kind: str) -> Mapping[str, Any]:
    """What the create's own answer shows of what it could not carry; a later look is no answer (19)."""
    creation = case.memory.creation
    if kind != "created" or creation is None:
        return {}
    return {name: made.look.image[name] for name in creation.initial if name in made.look.image}


def _bound_change(made: Made, now: datetime) -> Change:
    change = made.change
    return Change(
        status=Status.SYNCED,
        hint=change.hint,
        parent_id=change.parent_id,
        sku=change.sku,
        product_id=change.product_id,
        last_sync_at=now,
        error=None,
    )
