"""Record what was decided and done: one transaction, fenced by the lease.

Promises: memory, questions, audit, events for people and the other service's half are saved together or not at all.
`commit` keeps the item (before a call); `finish` ends it.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from libs.contracts.events import SYNC_TYPES, SyncEvent
from libs.contracts.types import Side
from libs.flow import facts, ledger
from libs.flow.flow import Case, Flow
from libs.flow.telling import message
from libs.reconcile import wire
from libs.reconcile.memory import Memory
from libs.reconcile.values import Write
from libs.runtime.database import Connection
from libs.runtime.work import Recorded, WorkItem
from libs.state import audit, bindings, conflicts, marks, outbox, work_items
from libs.state.audit import Entry
from libs.state.bindings import KEEP, Binding, Change, Status
from libs.state.due import MarkBinding


@dataclass(frozen=True, slots=True)
class Note:
    """One thing for the audit and for people: what was done to which fields, by which call, with what outcome."""

    kind: str
    """The event's type without `sync.`: created, updated, attached, …"""
    side: Side | None = None
    writes: Mapping[str, Write] | None = None
    reason: str = ""
    call: str | None = None
    outcome: str = "done"
    actor: str = ""


def commit_change(case: Case, change: Change | None = None) -> Change:
    """The change that saves a memory: its columns, the folded events, the facts, the status its questions ask for."""
    change = change or Change()
    status = change.status or _status(case.binding, case.memory)
    if change.hint is KEEP and case.content is not None:
        change = replace(change, hint=facts.remembered(case.content))
    return replace(change, memory=case.memory.to_json(), folded=tuple(case.folded), status=status)


async def commit(
    flow: Flow, item: WorkItem, case: Case, *, change: Change | None = None, is_other_due: bool = False
) -> Case:
    """Save a memory before a call; the item stays in hand, the other half becomes due (rule 4).

    Raises:
        LeaseLost: somebody else may hold the binding by now; nothing was saved and nothing may be called.
    """
    now = flow.clock()
    async with flow.database.transaction() as conn:
        await save_all(conn, flow, item, case, (), change, now)
        if is_other_due:
            await mark_other(conn, flow, item, now)
    return replace(case, asked=dict(case.memory.questions), folded=())


async def finish(
    flow: Flow,
    item: WorkItem,
    case: Case,
    *,
    notes: Sequence[Note] = (),
    change: Change | None = None,
    is_other_due: bool = False,
    due_again_at: datetime | None = None,
) -> Recorded:
    """Save everything and end the item, in one transaction.

    Raises:
        LeaseLost: nothing was saved.
    """
    now = flow.clock()
    async with flow.database.transaction() as conn:
        await save_all(conn, flow, item, case, notes, change, now)
        if is_other_due:
            await mark_other(conn, flow, item, now)
        await work_items.finish(conn, item, now, due_again_at=due_again_at)
    return Recorded.BY_HANDLER


async def save_all(
    conn: Connection,
    flow: Flow,
    item: WorkItem,
    case: Case,
    notes: Sequence[Note],
    change: Change | None,
    now: datetime,
) -> None:
    """The record's statements, for those who open the transaction themselves (an id became known first)."""
    await bindings.save(conn, item, commit_change(case, change), now)
    if case.ledger is not None:
        await ledger.save(conn, case, case.ledger, now)
    await ask_and_close(conn, flow, case, now)
    await audit.append(conn, [e for note in notes for e in entries(flow, case.binding, item, note)], now)
    told = [(note.kind, _body(flow, case.binding, note)) for note in notes if f"sync.{note.kind}" in SYNC_TYPES]
    await tell(conn, flow, case.binding, told, now)


async def ask_and_close(conn: Connection, flow: Flow, case: Case, now: datetime) -> None:
    """Open, refresh and close questions as the memory has them, and tell people."""
    binding, told = case.binding, []
    for name, question in case.memory.questions.items():
        if case.asked.get(name) == question:
            continue
        asked = await conflicts.ask(conn, binding.id, binding.entity, wire.dump(question), now)
        if asked.news != "unchanged":
            told.append((f"conflict.{asked.news}", _about(binding, (name,), question.reason, asked.id)))
    gone = [name for name in case.asked if name not in case.memory.questions]
    for closed in await conflicts.close(conn, binding.id, gone, "both sides agree", now) if gone else ():
        told.append(("conflict.resolved", _about(binding, tuple(gone), "both sides agree", closed)))
    await tell(conn, flow, binding, told, now)


async def mark_other(conn: Connection, flow: Flow, item: WorkItem, now: datetime) -> None:
    """Make the other service's half due, in the lane and under the correlation id of this item."""
    due = MarkBinding(
        item.binding_id, (flow.side.other,), item.lane, item.marked_at, item.correlation_id, item.traceparent
    )
    await marks.mark_bindings(conn, [due], now)


async def tell(
    conn: Connection, flow: Flow, binding: Binding, events: Iterable[tuple[str, SyncEvent]], now: datetime
) -> None:
    """Put events for people into the outbox, keyed by the binding."""
    subject = f"{binding.entity}:{binding.id}"
    await outbox.add(conn, [message(flow, subject, kind, body, now) for kind, body in events], now)


def entries(flow: Flow, binding: Binding, item: WorkItem, note: Note) -> list[Entry]:
    """The audit's rows of a note: one a field, or one if it has none."""
    shared: dict[str, Any] = {
        "actor": note.actor or flow.service,
        "action": note.kind,
        "entity": binding.entity,
        "binding_id": binding.id,
        "vms_id": binding.vms_id,
        "keycrm_id": binding.keycrm_id,
        "side": note.side,
        "call": note.call,
        "outcome": note.outcome,
        "correlation_id": item.correlation_id,
    }
    if not note.writes:
        return [Entry(reason=note.reason, **shared)]
    return [
        Entry(reason=w.reason or note.reason, field=name, before=w.was, after=w.value, **shared)
        for name, w in note.writes.items()
    ]


def _body(flow: Flow, binding: Binding, note: Note) -> SyncEvent:
    return SyncEvent(
        entity=binding.entity.value,
        binding_id=binding.id,
        vms_id=binding.vms_id,
        keycrm_id=binding.keycrm_id,
        side=note.side.value if note.side else None,
        fields=tuple(note.writes or ()),
        actor=note.actor or flow.service,
        reason=note.reason or None,
        details={"outcome": note.outcome},
    )


def _about(binding: Binding, fields: tuple[str, ...], reason: str, conflict_id: int) -> SyncEvent:
    return SyncEvent(
        entity=binding.entity.value,
        binding_id=binding.id,
        vms_id=binding.vms_id,
        keycrm_id=binding.keycrm_id,
        fields=fields,
        reason=reason,
        details={"conflictId": conflict_id},
    )


def _status(binding: Binding, memory: Memory) -> Status:
    if memory.creation is not None:
        return Status.CREATING
    if memory.questions:
        return Status.CONFLICT
    return Status.SYNCED if binding.is_bound else Status.PENDING
