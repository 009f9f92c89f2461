"""Dead letters, read: one by one and grouped by what is wrong with them."""

from __future__ import annotations

from console.handlers.desk import Desk
from libs.state import letter_lists
from libs.state.dead_letters import Kept
from libs.state.letter_lists import Filter, Group


async def page(
    desk: Desk, wanted: Filter, *, after: int = 0, before: int | None = None, limit: int = 50
) -> tuple[Kept, ...]:
    """Letters in the order of their numbers, after one of them, or the last ones before one; not what they carry."""
    async with desk.database.connection() as conn:
        return await letter_lists.page(conn, wanted, after=after, before=before, limit=limit)


async def count(desk: Desk, wanted: Filter) -> int:
    """How many letters the filter lets through."""
    async with desk.database.connection() as conn:
        return await letter_lists.count(conn, wanted)


async def groups(desk: Desk) -> tuple[Group, ...]:
    """Undecided letters by service, topic, reason and field, the most frequent first."""
    async with desk.database.connection() as conn:
        return await letter_lists.groups(conn)
