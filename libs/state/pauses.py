"""What the flood guard paused in this process, told to people; and what they let go on, told to the guard.

Promises: a pause stands in `paused_consumer` within two seconds and leaves it when the topic flows again; a person's
request is obeyed within two seconds. Nothing depends on it but them: while the database is away it waits.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Mapping, Sequence
from typing import Protocol

import structlog

from libs.runtime.database import Database
from libs.runtime.errors import WorldUnavailable
from libs.runtime.work import Clock
from libs.state import consumers

log = structlog.get_logger("state.pauses")

EVERY_SECONDS = 2.0


class Guarded(Protocol):
    """A delivery, as far as its flood guard goes."""

    def paused(self) -> Mapping[str, str]:
        """Topics that are held, with the reason."""
        ...

    def resume(self, topic: str) -> None:
        """A person says that this topic may flow again."""
        ...


class Pauses:
    """Keeps one service's rows of `paused_consumer` and its deliveries at one."""

    def __init__(self, database: Database, service: str, deliveries: Sequence[Guarded], clock: Clock) -> None:
        self._database = database
        self._service = service
        self._deliveries = deliveries
        self._clock = clock
        # What this process told; None: nothing yet, and what stands there is of a process that ended.
        self._told: set[str] | None = None

    async def run(self, stopping: asyncio.Event) -> None:
        """Look until `stopping`."""
        while not stopping.is_set():
            with contextlib.suppress(WorldUnavailable):
                await self.look()
            try:
                await asyncio.wait_for(stopping.wait(), EVERY_SECONDS)
            except TimeoutError:
                continue

    async def look(self) -> None:
        """Obey what was asked, then tell how it stands."""
        async with self._database.transaction() as conn:
            for topic in await consumers.asked(conn, self._service):
                self._resume(topic)
            held = {topic: reason for one in self._deliveries for topic, reason in one.paused().items()}
            known = {row.topic: row.reason for row in await consumers.all_paused(conn) if row.service == self._service}
            for topic in known.keys() - held.keys():
                if self._told is None or topic in self._told:
                    await consumers.resumed(conn, self._service, topic)
            for topic, reason in held.items():
                if known.get(topic) != reason:
                    await consumers.pause(conn, self._service, topic, reason, self._clock())
        self._told = set(held)

    def _resume(self, topic: str) -> None:
        for delivery in self._deliveries:
            if topic in delivery.paused():
                log.info("topic.resume_obeyed", topic=topic)
                delivery.resume(topic)
