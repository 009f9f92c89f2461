"""Buyers that KeyCRM has joined: the old id answers 404, the orders of that person show the new one.

Promises: a vanished buyer is looked for among his bound orders, then by his phone and e-mail, before anybody is asked;
what is found becomes the binding's id and the old one an alias, or, if it has a pair of its own, this pair becomes part
of that one; what is not found is a question, never a new person.
"""

from __future__ import annotations

from collections.abc import Awaitable
from datetime import datetime

from libs.clients.terms import Terms
from libs.contracts.types import Side
from libs.flow import gone
from libs.flow.attaching import attach_into, known_as
from libs.flow.flow import Case, Flow
from libs.flow.record import Note
from libs.runtime.database import Connection
from libs.runtime.errors import GoneError
from libs.runtime.work import Lease, Recorded, WorkItem
from libs.state import attach, bindings, identities
from libs.state.bindings import Binding


async def watched(flow: Flow, item: WorkItem, lease: Lease, case: Case, work: Awaitable[Recorded]) -> Recorded:
    """Do the work of a bound customer; if his buyer is gone, find out who he is now."""
    try:
        return await work
    except GoneError as error:
        return await half(flow, item, lease, case, error)


async def half(flow: Flow, item: WorkItem, lease: Lease, case: Case, error: GoneError) -> Recorded:
    """A customer one of whose records is gone; VMS joins nobody."""
    new_id = await _successor(flow, item, lease, case) if error.partner == Side.KEYCRM else None
    if new_id is not None:
        return await _rebind(flow, item, case, new_id)
    if case.binding.is_bound:
        return await gone.ask(flow, item, case, error)
    return await gone.half(flow, item, case, error)


async def _successor(flow: Flow, item: WorkItem, lease: Lease, case: Case) -> int | None:
    """Who the vanished buyer is now; None: nobody knows, or he has not vanished at all."""
    shown = await _owner(flow, item, lease, case)
    if shown is None:
        shown = await _found(flow, item, lease, case)
    return shown if shown != case.binding.keycrm_id else None


async def _owner(flow: Flow, item: WorkItem, lease: Lease, case: Case) -> int | None:
    """The buyer that the newest order of this customer shows."""
    async with flow.database.connection() as conn:
        children = await bindings.children(conn, case.binding.id)
    for child in reversed([c for c in children if c.keycrm_id is not None]):
        try:
            order = await flow.keycrm.get_order(child.keycrm_id or 0, Terms(item.lane, lease), include=("buyer",))
        except GoneError:
            continue
        return order.buyer.id if order.buyer else order.client_id
    return None


async def _found(flow: Flow, item: WorkItem, lease: Lease, case: Case) -> int | None:
    """The one buyer that has a contact of this customer's."""
    async with flow.database.connection() as conn:
        contacts = await identities.of(conn, case.binding.id)
    found: set[int] = set()
    for kind, value in sorted(contacts):
        ask = flow.keycrm.find_buyers_by_phone if kind == "phone" else flow.keycrm.find_buyers_by_email
        found |= {buyer.id for buyer in await ask(value, Terms(item.lane, lease))}
    return found.pop() if len(found) == 1 else None


async def _rebind(flow: Flow, item: WorkItem, case: Case, new_id: int) -> Recorded:
    reason = f"buyer {case.binding.keycrm_id} is now buyer {new_id}"
    async with flow.database.connection() as conn:
        other = await bindings.find(conn, case.binding.entity, Side.KEYCRM, new_id)
    if other is not None and other.id != case.binding.id and other.is_bound:
        return await attach_into(flow, item, case, other.id, is_merge=True, reason=reason)

    async def rebind(conn: Connection, now: datetime) -> Binding:
        return await attach.rebind(conn, item, Side.KEYCRM, new_id, now)

    return await known_as(flow, item, case, rebind, Note("alias", Side.KEYCRM, reason=reason))
