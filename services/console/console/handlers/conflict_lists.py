"""Questions as people work through them: a page of a list, what there is by rule, and the ones beside one of them."""

from __future__ import annotations

from dataclasses import dataclass

from console.handlers.desk import Desk
from libs.state import conflict_lists, labels
from libs.state.conflict_lists import Filter, Group
from libs.state.conflicts import Conflict
from libs.state.labels import Label

LAST = 2**63 - 1


@dataclass(frozen=True, slots=True)
class Listed:
    """One page: the questions, what each record is called, and whether there are more on either side."""

    conflicts: tuple[Conflict, ...]
    labels: dict[int, Label]
    has_before: bool
    has_after: bool


@dataclass(frozen=True, slots=True)
class Neighbours:
    """The numbers before and after a question in a list, and how many there are in all."""

    before: int | None
    after: int | None
    count: int


async def page(desk: Desk, wanted: Filter, *, after: int = 0, before: int | None = None, limit: int = 50) -> Listed:
    """Questions in the order of their numbers: after one, or the last ones before one."""
    async with desk.database.transaction() as conn:
        found = await conflict_lists.page(conn, wanted, after=after, before=before, limit=limit + 1)
        has_more = len(found) > limit
        shown = found[:limit] if before is None else found[-limit:]
        called = await labels.of(conn, {one.binding_id for one in shown})
    if before is None:
        return Listed(shown, called, has_before=after > 0, has_after=has_more)
    return Listed(shown, called, has_before=has_more, has_after=True)


async def groups(desk: Desk) -> tuple[Group, ...]:
    """Open questions by what is asked, the most frequent first."""
    async with desk.database.connection() as conn:
        return await conflict_lists.groups(conn)


async def count(desk: Desk, wanted: Filter) -> int:
    """How many questions the filter lets through."""
    async with desk.database.connection() as conn:
        return await conflict_lists.count(conn, wanted)


async def beside(desk: Desk, wanted: Filter, conflict_id: int) -> Neighbours:
    """Whither `previous` and `next` lead from a question; at the ends they lead nowhere."""
    async with desk.database.transaction() as conn:
        before = await conflict_lists.page(conn, wanted, before=conflict_id, limit=1)
        after = await conflict_lists.page(conn, wanted, after=conflict_id, limit=1)
        found = await conflict_lists.count(conn, wanted)
    return Neighbours(before[0].id if before else None, after[0].id if after else None, found)
