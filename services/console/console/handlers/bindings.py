"""One binding with all that is known of it: both images and bases, what is on its way, asked, due, and its history."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from console import store
from console.domain.refusals import Absent
from console.handlers.desk import Desk
from console.store import Item
from libs.contracts.types import Entity, Side
from libs.reconcile.memory import Memory
from libs.runtime.database import Connection
from libs.state import attach, audit, bindings, conflict_lists, events, payments, tallies
from libs.state.bindings import Binding
from libs.state.conflict_lists import Filter
from libs.state.conflicts import Conflict
from libs.state.events import Logged
from libs.state.payments import Payment
from libs.state.tallies import Compared

HISTORY = 50
LAST = 2**63 - 1


@dataclass(frozen=True, slots=True)
class Story:
    """A binding and everything around it."""

    binding: Binding
    memory: Memory
    aliases: tuple[tuple[Side, str], ...]
    questions: tuple[Conflict, ...]
    payments: tuple[Payment, ...]
    item: Item | None
    events: tuple[Logged, ...]
    history: tuple[audit.Kept, ...]
    compared: Compared | None


async def by_record(desk: Desk, entity: Entity, side: Side, external_id: str | int) -> Story:
    """The story of the record that one side knows by this id, or by an alias.

    Raises:
        Absent: it has never been seen.
    """
    async with desk.database.transaction() as conn:
        binding = await bindings.find(conn, entity, side, external_id)
        if binding is None:
            raise Absent(f"this {entity} has never been seen: ask for it to be synchronised")
        return await _story(conn, binding, desk.clock())


async def by_number(desk: Desk, binding_id: int) -> Story:
    """The story of a binding by our own number; a half that was attached leads to where it went.

    Raises:
        Absent: there is none of this number.
    """
    async with desk.database.transaction() as conn:
        binding = await bindings.get(conn, binding_id)
        if binding is None:
            raise Absent(f"there is no binding {binding_id}")
        return await _story(conn, binding, desk.clock())


async def _story(conn: Connection, binding: Binding, now: datetime) -> Story:
    return Story(
        binding=binding,
        memory=Memory.from_json(binding.memory),
        aliases=await attach.aliases(conn, binding.id),
        questions=await conflict_lists.page(conn, Filter(None, binding_id=binding.id), before=LAST, limit=HISTORY),
        payments=await payments.of(conn, binding.id),
        item=await store.item(conn, binding.id),
        events=await events.of(conn, binding.id, HISTORY),
        history=await audit.page(conn, binding_id=binding.id, limit=HISTORY),
        compared=await tallies.of(conn, binding.id, now),
    )
