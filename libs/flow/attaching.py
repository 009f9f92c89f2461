"""Attach a half to the binding that made it: our own create came back before it was bound (rules 20, 21).

Promises: one transaction moves everything of the half; while another worker holds the other binding's lease, this item
comes again later without counting an attempt.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import replace
from datetime import datetime, timedelta

from libs.contracts.types import Entity, Side
from libs.flow.flow import Case, Flow
from libs.flow.gone import asking
from libs.flow.record import Note, finish, save_all
from libs.reconcile import questions
from libs.runtime.database import Connection
from libs.runtime.work import Recorded, WorkItem
from libs.state import attach, audit, bindings, work_items
from libs.state.audit import Entry
from libs.state.bindings import Binding
from libs.state.errors import BindingBusy, IdentityClash

BUSY = timedelta(seconds=1)
"""When a binding that somebody works on is tried again: long before its lease runs out it is mostly free."""


async def attach_half(flow: Flow, item: WorkItem, case: Case, side: Side, external_id: str | int) -> Recorded:
    """Give the half in hand its id of our side, or join it to the binding that has that id already."""
    async with flow.database.connection() as conn:
        other = await bindings.find(conn, case.binding.entity, side, external_id)
    if other is not None and other.id != case.binding.id:
        return await attach_into(flow, item, case, other.id)
    return await bind_found(flow, item, case, str(external_id), "our reference")


async def bind_found(flow: Flow, item: WorkItem, case: Case, external_id: str, reason: str) -> Recorded:
    """Bind the record of our side that this half already is; the next round is their first meeting (rule 6)."""

    async def bind(conn: Connection, now: datetime) -> Binding:
        return await attach.bind(conn, item, flow.side, external_id, now)

    return await known_as(flow, item, case, bind, Note("attached", flow.side, reason=reason))


async def known_as(
    flow: Flow, item: WorkItem, case: Case, bind: Callable[[Connection, datetime], Awaitable[Binding]], note: Note
) -> Recorded:
    """Give the binding in hand the id that `bind` gives it, and look at both sides at once; a clash is asked about."""
    now = flow.clock()
    try:
        async with flow.database.transaction() as conn:
            joined = replace(case, binding=await bind(conn, now))
            await save_all(conn, flow, item, joined, [note], None, now)
            await work_items.finish(conn, item, now, due_again_at=now)
    except BindingBusy as busy:
        return await later(flow, item, busy)
    except IdentityClash as clash:
        return await finish(flow, item, asking(case, questions.identity_clash(clash.reason)))
    return Recorded.BY_HANDLER


async def attach_into(
    flow: Flow, item: WorkItem, case: Case, into_id: int, *, is_merge: bool = False, reason: str = ""
) -> Recorded:
    """Join the binding in hand to another; with `is_merge` ids that both have become aliases."""
    now = flow.clock()
    try:
        async with flow.database.transaction() as conn:
            attached = await attach.attach(conn, item, case.binding.id, into_id, now, is_merge=is_merge)
            await audit.append(conn, [_entry(flow, case, into_id, item, reason)], now)
    except BindingBusy as busy:
        return await later(flow, item, busy)
    except IdentityClash as clash:
        return await finish(flow, item, asking(case, questions.identity_clash(clash.reason)))
    if not attached.is_item_gone:
        async with flow.database.transaction() as conn:
            await work_items.finish(conn, item, now, due_again_at=now)
    return Recorded.BY_HANDLER


async def later(flow: Flow, item: WorkItem, busy: BindingBusy) -> Recorded:
    """The other binding is being worked on: come again in a moment, no attempt counted."""
    now = flow.clock()
    async with flow.database.transaction() as conn:
        await work_items.postpone(conn, item, min(busy.until, now + BUSY), item.attempt, busy.reason, now)
    return Recorded.BY_HANDLER


def _entry(flow: Flow, case: Case, into_id: int, item: WorkItem, reason: str) -> Entry:
    half = case.binding
    return Entry(
        flow.service, "attached", reason or f"binding {half.id} is binding {into_id}", entity=Entity(half.entity),
        binding_id=into_id, vms_id=half.vms_id, keycrm_id=half.keycrm_id, correlation_id=item.correlation_id,
    )  # fmt: skip
