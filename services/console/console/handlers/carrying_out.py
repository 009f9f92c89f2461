"""What many at once come to: the next part of what runs, done as the single ones are done.

Safe because it is one transaction with the bulk's row held. Questions are answered only after their items are held,
as a single answer is, and are looked at again then; letters go one a part, since a replay marks in its own order.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

import structlog

from console.domain import answers, many
from console.domain.many import Outcome
from console.domain.refusals import Absent, Overtaken, Unusable
from console.handlers import replay
from console.handlers.desk import Desk
from libs.contracts.types import Side
from libs.runtime.database import Connection
from libs.runtime.errors import WorldUnavailable
from libs.state import audit, bulk, conflict_lists, conflicts, marks
from libs.state.audit import Entry
from libs.state.bulk import Bulk, Item
from libs.state.conflicts import Conflict
from libs.state.due import MarkBinding
from libs.state.errors import StaleQuestion

log = structlog.get_logger("console.bulk")

PART = 50
IDLE_SECONDS = 0.5


class Bulks:
    """Carries out what people have let run, in this process."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk

    async def run(self, stopping: asyncio.Event) -> None:
        """Part after part, until `stopping`."""
        while not stopping.is_set():
            is_done = False
            with contextlib.suppress(WorldUnavailable):
                is_done = await self.part()
            if not is_done:
                with contextlib.suppress(TimeoutError):
                    await asyncio.wait_for(stopping.wait(), IDLE_SECONDS)

    async def part(self) -> bool:
        """One part of one bulk; False: nothing runs, or others are at it."""
        now = self._desk.clock()
        async with self._desk.database.transaction() as conn:
            taken = await bulk.take(conn, PART)
            if taken is None:
                return False
            of, items = taken
            if of.kind == "resolve":
                outcomes = await self._answer(conn, of, items, now)
            else:
                outcomes = await self._letters(conn, of, items[:1])
            await bulk.note(conn, of.id, outcomes, now)
        return True

    async def _answer(self, conn: Connection, of: Bulk, items: Sequence[Item], now: datetime) -> dict[int, str]:
        """Mark what still is as it was previewed, look again, and answer what still is."""
        outcomes, first = _sorted_out(of, items, await _known(conn, items))
        due = [
            MarkBinding(one.binding_id, tuple(Side), many.LANES[one.entity], correlation_id=of.correlation_id)
            for one in first.values()
        ]
        await marks.mark_bindings(conn, due, now)
        held = [item for item in items if item.number in first]
        late, still = _sorted_out(of, held, await _known(conn, held))
        entries = []
        for item in held:
            if item.number in still:
                conflict = still[item.number]
                chosen = _chosen(of, conflict)
                late[item.number] = await _write_down(conn, of, item, chosen, now)
                if late[item.number] is Outcome.ANSWERED:
                    entries.append(_entry(of, conflict, chosen))
        await audit.append(conn, entries, now)
        return {**outcomes, **late}

    async def _letters(self, conn: Connection, of: Bulk, items: Sequence[Item]) -> dict[int, str]:
        return {item.number: await self._letter(conn, of, item.number) for item in items}

    async def _letter(self, conn: Connection, of: Bulk, number: int) -> Outcome:
        try:
            async with conn.transaction():
                if of.kind == "discard":
                    await replay.set_aside(conn, self._desk, of.asked_by, number, of.choice["reason"], of.id)
                    return Outcome.DISCARDED
                done = await replay.try_again(conn, self._desk, of.asked_by, number, of.id)
        except Absent:
            return Outcome.GONE
        except replay.Pointless:
            return Outcome.UNSUITED
        except Overtaken:
            return Outcome.OTHERS
        return Outcome.REPLAYED if done.verdict.outcome.does_something else Outcome.SUPERSEDED


async def _known(conn: Connection, items: Sequence[Item]) -> dict[int, Conflict]:
    return {one.id: one for one in await conflict_lists.several(conn, [item.number for item in items])}


def _sorted_out(
    of: Bulk, items: Sequence[Item], known: Mapping[int, Conflict]
) -> tuple[dict[int, str], dict[int, Conflict]]:
    """What is not to be answered, with why; and the questions that are."""
    outcomes: dict[int, str] = {}
    for item in items:
        conflict = known.get(item.number)
        status, asked = (conflict.status, conflict.asked) if conflict is not None else (None, 0)
        outcome = many.overtaken(status, asked, item.asked)
        if outcome is None and conflict is not None and _chosen(of, conflict) is None:
            outcome = Outcome.UNSUITED
        if outcome is not None:
            outcomes[item.number] = outcome
    return outcomes, {item.number: known[item.number] for item in items if item.number not in outcomes}


def _chosen(of: Bulk, conflict: Conflict) -> dict[str, Any] | None:
    """The answer as the merge reads it; None: the question does not take it."""
    try:
        return answers.answer(conflict.entity, conflict.question, of.choice["choice"], None, None)
    except Unusable:
        return None


async def _write_down(conn: Connection, of: Bulk, item: Item, chosen: dict[str, Any] | None, now: datetime) -> Outcome:
    try:
        await conflicts.answer(conn, item.number, item.asked, chosen or {}, of.asked_by, now)
    except StaleQuestion:
        return Outcome.ANEW
    return Outcome.ANSWERED


def _entry(of: Bulk, conflict: Conflict, chosen: dict[str, Any] | None) -> Entry:
    return Entry(
        of.asked_by, "conflict.answered", reason=str((chosen or {}).get("choice")), entity=conflict.entity,
        binding_id=conflict.binding_id, field=str(conflict.question["field"]), correlation_id=of.correlation_id,
        operation_id=of.id,
    )  # fmt: skip
