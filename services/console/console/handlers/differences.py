"""What differs, one by one: records with the questions and letters that explain them, stock and prices; or all of it.

Promises: a page is a handful of reads by index; taking differences out of the house is in the audit before the first
of them leaves.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime

from console import store
from console.handlers.desk import Desk
from libs.contracts.access import Person
from libs.contracts.types import Entity
from libs.state import audit, labels, tallies
from libs.state.audit import Entry
from libs.state.causes import Cause
from libs.state.labels import Label
from libs.state.levels import Kind
from libs.state.tallies import Unlike, UnlikeLevel

_PART = 1_000
MOST_EXPORTED = 1_000_000


@dataclass(frozen=True, slots=True)
class Records:
    """Some records that differ; `questions` by binding and field, `letters` by binding: what explains them."""

    rows: tuple[Unlike, ...] = ()
    has_more: bool = False
    labels: Mapping[int, Label] = field(default_factory=dict)
    questions: Mapping[tuple[int, str], int] = field(default_factory=dict)
    letters: Mapping[int, int] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Levels:
    """Some stock figures or prices that differ."""

    kind: Kind
    rows: tuple[UnlikeLevel, ...] = ()
    has_more: bool = False


async def records(
    desk: Desk, entity: Entity | None, cause: Cause | None, after: tuple[datetime, int] | None, limit: int
) -> Records:
    """Records that differ, those that have for longest first."""
    async with desk.database.transaction() as conn:
        found = await tallies.unlike(conn, desk.clock(), entity=entity, cause=cause, after=after, limit=limit + 1)
        rows = found[:limit]
        numbers = [one.binding_id for one in rows]
        asked = [one.binding_id for one in rows if one.cause is Cause.QUESTION]
        parked = [one.binding_id for one in rows if one.cause is Cause.DEAD_LETTER]
        return Records(
            rows, len(found) > limit, await labels.of(conn, numbers), await store.questions_of(conn, asked),
            await store.letters_of(conn, parked),
        )  # fmt: skip


async def levels(desk: Desk, kind: Kind, cause: Cause | None, after: tuple[str, str] | None, limit: int) -> Levels:
    """Stock figures or prices that differ, by SKU and warehouse."""
    async with desk.database.connection() as conn:
        found = await tallies.unlike_levels(conn, kind, cause=cause, after=after or ("", ""), limit=limit + 1)
    return Levels(kind, found[:limit], len(found) > limit)


async def export(desk: Desk, person: Person) -> AsyncIterator[Records | Levels]:
    """All that differs, a part at a time."""
    now = desk.clock()
    async with desk.database.transaction() as conn:
        await audit.append(conn, [Entry(person.name, "comparison.exported")], now)
    return _parts(desk)


async def _parts(desk: Desk) -> AsyncIterator[Records | Levels]:
    since, left, is_over = None, MOST_EXPORTED, False
    while left > 0 and not is_over and not desk.stopping.is_set():
        some = await records(desk, None, None, since, _PART)
        is_over, left = not some.has_more, left - len(some.rows)
        since = (some.rows[-1].since, some.rows[-1].binding_id) if some.rows else None
        yield some
    for kind in Kind:
        place, is_over = None, False
        while left > 0 and not is_over and not desk.stopping.is_set():
            several = await levels(desk, kind, None, place, _PART)
            is_over, left = not several.has_more, left - len(several.rows)
            place = (several.rows[-1].sku, several.rows[-1].warehouse) if several.rows else None
            yield several
