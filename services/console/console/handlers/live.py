"""What is live on the pages: one look at the status and one reading of the feed for all tabs of this process.

Promises: while nobody watches, nothing is asked of the database; a tab never waits for another; what a tab misses in
between it does not need, since each state is told whole. At a stop every tab is told to come again.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import replace

from console.domain import pace
from console.domain.pace import Sample
from console.handlers import overview
from console.handlers.desk import Desk
from console.handlers.overview import Overview
from libs.runtime.errors import WorldUnavailable
from libs.state import feed
from libs.state.feed import Numbered

EVERY_SECONDS = 2.0
SOONEST_SECONDS = 0.5
"""Between two looks, however fast the events come."""
MOST_EVENTS = 30
MOST_SAMPLES = 600
"""Five minutes of looks, also while each event brings one."""
_PART = 500


class Live:
    """The state that the tabs watch; `version` grows with each change."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk
        self._watchers = 0
        self._wanted = asyncio.Event()
        self._changed = asyncio.Event()
        self._looking = asyncio.Lock()
        self._number: int | None = None
        self._seen: Overview | None = None
        self._samples: deque[Sample] = deque(maxlen=MOST_SAMPLES)
        self.events: deque[Numbered] = deque(maxlen=MOST_EVENTS)
        self.version = 0
        self.sessions_version = 0
        self.is_away = False

    @property
    def number(self) -> int:
        """The newest event's number."""
        return self._number or 0

    @property
    def watchers(self) -> int:
        """How many watch."""
        return self._watchers

    @property
    def seen(self) -> Overview | None:
        """The newest look; None: there was none yet."""
        return self._seen

    def poke(self, _payload: str = "") -> None:
        """An event has come: look at once."""
        self._wanted.set()

    def recheck(self) -> None:
        """A session has ended: every tab looks whether it was its own."""
        self.sessions_version += 1
        self._tell()

    @contextmanager
    def watching(self) -> Iterator[None]:
        """While the block lasts, somebody watches."""
        self._watchers += 1
        self._wanted.set()
        try:
            yield
        finally:
            self._watchers -= 1

    async def change(self, seconds: float) -> None:
        """Wait for the next change, or so long."""
        with suppress(TimeoutError):
            await asyncio.wait_for(self._changed.wait(), seconds)

    async def overview(self) -> Overview:
        """The newest state, not older than what tabs see; for a page that is asked for just now."""
        async with self._looking:
            age = (self._desk.clock() - self._seen.at).total_seconds() if self._seen else None
            if self._seen is None or age is None or age >= EVERY_SECONDS:
                await self._look()
            assert self._seen is not None
            return self._seen

    async def run(self, stopping: asyncio.Event) -> None:
        """Look again and again while somebody watches, until `stopping`."""
        while not stopping.is_set():
            if self._watchers:
                await self._look_once()
            await self._pause(stopping)
        self._tell()

    async def _look_once(self) -> None:
        try:
            async with self._looking:
                await self._look()
            self.is_away = False
        except WorldUnavailable:
            self.is_away = True
        self._tell()

    async def _look(self) -> None:
        async with self._desk.database.connection() as conn:
            if self._number is None or self._number + 10 * _PART < await feed.newest(conn):
                self._number = max(await feed.newest(conn) - MOST_EVENTS, 0)
            while part := await feed.after(conn, self._number, _PART):
                self.events.extend(part)
                self._number = part[-1].number
        seen = await overview.look(self._desk)
        self._samples.append(pace.sample(seen.at, seen.flows))
        self._seen = replace(seen, flows=pace.measured(seen.flows, self._samples, seen.at))

    async def _pause(self, stopping: asyncio.Event) -> None:
        """Until the next look is due: an event, a new watcher, or the clock."""
        seconds = EVERY_SECONDS if self._watchers else None
        waits = [asyncio.create_task(event.wait()) for event in (self._wanted, stopping)]
        await asyncio.wait(waits, timeout=seconds, return_when=asyncio.FIRST_COMPLETED)
        for wait in waits:
            wait.cancel()
        await asyncio.gather(*waits, return_exceptions=True)
        if self._wanted.is_set() and not stopping.is_set():
            self._wanted.clear()
            with suppress(TimeoutError):
                await asyncio.wait_for(stopping.wait(), SOONEST_SECONDS)

    def _tell(self) -> None:
        self.version += 1
        self._changed.set()
        self._changed = asyncio.Event()
