"""The audit, read: a page of it, or all that a filter takes in, a part at a time.

Promises: taking entries out of the house is itself in the audit, before the first of them leaves.
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from console.handlers.desk import Desk
from libs.contracts.access import Person
from libs.state import audit
from libs.state.audit import Entry, Kept

_PART = 1_000
MOST_EXPORTED = 1_000_000


@dataclass(frozen=True, slots=True)
class Filter:
    """Which entries; None is any."""

    binding_id: int | None = None
    actor: str | None = None
    action: str | None = None
    since: datetime | None = None
    until: datetime | None = None
    operation_id: UUID | None = None


async def page(desk: Desk, wanted: Filter, before: int | None, limit: int) -> tuple[Kept, ...]:
    """Entries, newest first, before one of them."""
    async with desk.database.connection() as conn:
        return await audit.page(
            conn, binding_id=wanted.binding_id, actor=wanted.actor, action=wanted.action, since=wanted.since,
            until=wanted.until, operation_id=wanted.operation_id, before=before, limit=limit,
        )  # fmt: skip


async def known(desk: Desk) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Everybody and every act that the audit has."""
    async with desk.database.connection() as conn:
        return await audit.actors(conn), await audit.actions(conn)


async def export(desk: Desk, person: Person, wanted: Filter, said: str) -> AsyncIterator[tuple[Kept, ...]]:
    """All entries of a filter, newest first, a part at a time; `said` is the filter as the audit tells it."""
    now = desk.clock()
    async with desk.database.transaction() as conn:
        await audit.append(conn, [Entry(person.name, "audit.exported", reason=said)], now)
    return _parts(desk, wanted)


async def _parts(desk: Desk, wanted: Filter) -> AsyncIterator[tuple[Kept, ...]]:
    before, left = None, MOST_EXPORTED
    while left > 0 and not desk.stopping.is_set():
        found = await page(desk, wanted, before, min(_PART, left))
        if found:
            yield found
        if len(found) < _PART:
            return
        before, left = found[-1].id, left - len(found)
