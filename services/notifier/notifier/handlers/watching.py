"""What the database says that lasts, is over, or has waited too long: looked at every few seconds, noted once.

Safe because whoever looks holds an advisory lock and notes in the same transaction: of two processes one reminds, and
a process that ends in the middle has reminded of nothing.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

import structlog

from libs.runtime.database import Connection, Database
from libs.runtime.errors import WorldUnavailable
from libs.runtime.work import Clock
from libs.state import matters, news, notifications, waits
from libs.state.matters import Matter, Opening
from libs.state.news import Declared
from libs.state.notifications import Note
from libs.state.waits import Waiting
from notifier.domain.matters import ALL_WELL, END_EVENTS, STILL, WAITING
from notifier.domain.reading import ENTITIES
from notifier.domain.rules import Rules
from notifier.handlers.telling import Heard, named, next_at, note_id, note_ids, reminded

log = structlog.get_logger("notifier.watching")

LOOK_SECONDS = 5.0
_MOST = 500
"""So many at a look; the next look goes on."""


class Watching:
    """Ends, reminders and waits, until the process ends."""

    def __init__(
        self,
        database: Database,
        rules: Rules,
        clock: Clock,
        poke: Callable[[], None],
        channels: Sequence[Declared] | None = None,
    ) -> None:
        self._database = database
        self._rules = rules
        self._clock = clock
        self._poke = poke
        self._undeclared = channels

    async def run(self, stopping: asyncio.Event) -> None:
        """Look again and again."""
        while not stopping.is_set():
            try:
                await self.look()
            except WorldUnavailable as away:
                log.info("look.waits", reason=away.reason)
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(stopping.wait(), LOOK_SECONDS)

    async def look(self) -> int:
        """Look once; answers how many messages were noted."""
        await self._declare()
        async with self._database.transaction() as conn:
            if not await matters.look_alone(conn):
                return 0
            now = self._clock()
            notes = [*await self._ends(conn, now), *await self._reminders(conn, now), *await self._waits(conn, now)]
            noted = await notifications.note(conn, notes, now) if notes else 0
        if noted:
            self._poke()
        return noted

    async def _declare(self) -> None:
        """Tell the console once which channels there are."""
        if self._undeclared is not None:
            async with self._database.transaction() as conn:
                await news.declare(conn, self._undeclared)
            self._undeclared = None

    # ---- over ----------------------------------------------------------------------------------------------------

    async def _ends(self, conn: Connection, now: datetime) -> list[Note]:
        calm: Mapping[str, timedelta] = {kind: self._rules.pace.calm_of(kind) for kind in END_EVENTS}
        found = await matters.close_over(conn, calm, now, _MOST)
        return [note for matter in found for note in await self._end(conn, matter, now)]

    async def _end(self, conn: Connection, matter: Matter, now: datetime) -> list[Note]:
        """Tell those who know of it, and those who want every end; what waits to be told is taken back."""
        entity = str(matter.event.get("entity"))
        ids = [*note_ids(matter), *self._wait_ids(matter, entity)]
        unaware = await notifications.withdraw(conn, ids, matter.channels, now)
        wanting = self._rules.channels_at_end(matter.kind, entity)
        told = dict.fromkeys([*(name for name in matter.channels if name not in unaware), *wanting])
        event = _lasting(matter, now) | {"kind": matter.kind}
        names = [name for name in told if name in self._rules.channels]
        return [Note(f"matter-{matter.id}-over", name, ALL_WELL, event, matter.correlation_id) for name in names]

    def _wait_ids(self, matter: Matter, entity: str) -> list[str]:
        """The messages that the question waits: of the hours of any channel."""
        if matter.kind != "conflict":
            return []
        hours = {hours for channel in self._rules.channels for hours in self._rules.steps(channel, entity)}
        return [_wait_id(matter.ref, one) for one in hours]

    # ---- lasting -------------------------------------------------------------------------------------------------

    async def _reminders(self, conn: Connection, now: datetime) -> list[Note]:
        """Whom the message before has not reached yet (his channel is down, or quiet) needs no further one."""
        notes = []
        for matter in await matters.due(conn, now, _MOST):
            known = [name for name in matter.channels if name in self._rules.channels]
            names = reminded(self._rules, matter, known)
            await matters.tell(conn, matter.id, [], next_at(self._rules, matter, names, now))
            event = _lasting(matter, now)
            late = await notifications.still_waiting(conn, note_ids(matter), names)
            notes += [
                Note(note_id(matter), name, STILL, event, matter.correlation_id) for name in names if name not in late
            ]
        return notes

    # ---- waiting -------------------------------------------------------------------------------------------------

    async def _waits(self, conn: Connection, now: datetime) -> list[Note]:
        """Channels whose steps are the same for several entities are asked about them at once."""
        notes = []
        for channel in self._rules.channels:
            by_steps: dict[tuple[int, ...], list[str]] = {}
            for entity in ENTITIES:
                by_steps.setdefault(self._rules.steps(channel, entity), []).append(entity)
            for steps, entities in by_steps.items():
                if steps:
                    found = await waits.reached(conn, channel, entities, steps, now, _MOST)
                    notes += await self._waiting(conn, channel, found, now)
        return notes

    async def _waiting(self, conn: Connection, channel: str, found: Sequence[Waiting], now: datetime) -> list[Note]:
        heard = await named(conn, [_heard(one) for one in found])
        return [
            Note(told.id, channel, WAITING, _told(told.event, one.opened_at, now) | {"hours": one.hours})
            for told, one in zip(heard, found, strict=True)
            if not await self._is_late(conn, channel, told, one)
        ]

    async def _is_late(self, conn: Connection, channel: str, told: Heard, one: Waiting) -> bool:
        """Whether this channel has not even been sent the message before; it will hear of the end in any case."""
        opening = Opening("conflict", str(one.id), "sync.conflict.opened", told.event)
        matter = await matters.join(conn, opening, channel, one.opened_at)
        ids = [*note_ids(matter), *self._wait_ids(matter, one.entity.value)]
        return bool(await notifications.still_waiting(conn, ids, [channel]))


def _heard(one: Waiting) -> Heard:
    event = {
        "entity": one.entity.value, "bindingId": one.binding_id, "vmsId": one.vms_id, "keycrmId": one.keycrm_id,
        "fields": [one.field], "reason": one.reason, "details": {"conflictId": one.id},
    }  # fmt: skip
    return Heard(_wait_id(str(one.id), one.hours), WAITING, event, one.opened_at)


def _wait_id(ref: str, hours: int) -> str:
    return f"conflict-{ref}-{hours}h"


def _lasting(matter: Matter, now: datetime) -> dict[str, Any]:
    return _told(matter.event, matter.opened_at, now) | {"type": matter.event_type, "times": matter.times}


def _told(event: Mapping[str, Any], since: datetime, now: datetime) -> dict[str, Any]:
    return {"event": dict(event), "since": since.isoformat(), "at": now.isoformat()}
