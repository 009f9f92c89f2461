"""The feed to the hub: what is committed is said live, and what was missed is read again.

Promises: every copy of the notifier says the same events in the same order; whoever subscribes first and then asks for
what came after the last event he knows has missed nothing. Live events are said at most once: a copy that was away does
not repeat them, `since` does.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Collection, Mapping
from datetime import datetime, timedelta
from typing import Any

import structlog

from libs.runtime import metrics
from libs.runtime.database import Database
from libs.runtime.errors import WorldUnavailable
from libs.runtime.work import Clock
from libs.state import feed
from libs.state.feed import Numbered
from libs.state.retention import RETENTION_DAYS
from notifier.domain.envelopes import versions
from notifier.domain.groups import groups_of
from notifier.hub.core import Hub

log = structlog.get_logger("notifier.feed")

LOOK_SECONDS = 1.0
PAGE = 500
_READERS = 2
"""Pages read at once for clients: after a restart thousands come, and the pool is for the notifier too."""
_FORGET_EVERY = timedelta(hours=1)


class UnknownEvent(Exception):
    """There is no event of this id, or it is not kept any more."""


class Forgotten(Exception):
    """What came right after this number is not kept any more."""


class Feeding:
    """Reads the feed for the hub."""

    def __init__(self, database: Database, hub: Hub, clock: Clock, console: str | None) -> None:
        self._database = database
        self._hub = hub
        self._clock = clock
        self._console = console
        self._woken = asyncio.Event()
        self._readers = asyncio.Semaphore(_READERS)
        self._forget_at: datetime | None = None

    def wake(self, _payload: str = "") -> None:
        """Something was committed: look at once."""
        self._woken.set()

    async def run(self, stopping: asyncio.Event) -> None:
        """Say what is committed from now on, until `stopping`."""
        while not stopping.is_set():
            try:
                await self._look(stopping)
                await self._forget()
            except WorldUnavailable as away:
                log.info("feed.waits", reason=away.reason)
            await self._pause(stopping)

    async def _look(self, stopping: asyncio.Event) -> None:
        if self._hub.number is None:
            async with self._database.connection() as conn:
                self._hub.number = await feed.newest(conn)
            metrics.FEED_NUMBER.set(self._hub.number)
        while not stopping.is_set():
            async with self._database.connection() as conn:
                page = await feed.after(conn, self._hub.number, PAGE)
            for found in page:
                self._say(found)
            if len(page) < PAGE:
                metrics.FEED_READ.set(self._clock().timestamp())
                return
            await asyncio.sleep(0)  # the clients' turn

    def _say(self, found: Numbered) -> None:
        told = self._hub.publish(groups_of(found.item.event_type, found.item.event), self.envelopes(found))
        self._hub.number = found.number
        metrics.HUB_EVENTS.inc()
        metrics.HUB_DELIVERIES.inc(told)
        metrics.FEED_NUMBER.set(found.number)
        metrics.HUB_DELAY.observe(max(0.0, (self._clock() - found.item.occurred_at).total_seconds()))

    def envelopes(self, found: Numbered) -> Mapping[bool, Mapping[str, Any]]:
        """An event as it is said, for who may see personal data and who may not."""
        item = found.item
        return versions(found.number, item.event_id, item.event_type, item.occurred_at, item.event, self._console)

    async def position(self, after: str) -> int:
        """The number behind which to read: `after` is a number, or the id of an event.

        Raises:
            UnknownEvent: no event has this id.
            Forgotten: events behind this number are not kept any more.
            DatabaseAway: it cannot be known now.
        """
        async with self._readers, self._database.connection() as conn:
            if not (after.isascii() and after.isdigit()):
                number = await feed.number_of(conn, after)
                if number is None:
                    raise UnknownEvent
                return number
            oldest = await feed.oldest(conn)
        number = int(after)
        if 0 < number < oldest - 1:
            raise Forgotten
        return number

    async def newest(self) -> int:
        """The newest number there is.

        Raises:
            DatabaseAway: it cannot be known now.
        """
        async with self._readers, self._database.connection() as conn:
            return await feed.newest(conn)

    async def page(
        self, after: int, groups: Collection[str], limit: int, *, sees_personal: bool
    ) -> tuple[list[Mapping[str, Any]], int, bool]:
        """Up to so many events behind a number, where to read on, and whether there may be more.

        Raises:
            DatabaseAway: it cannot be known now.
        """
        async with self._readers, self._database.connection() as conn:
            found = await feed.after(conn, after, limit)
        told = [
            self.envelopes(one)[sees_personal]
            for one in found
            if not set(groups).isdisjoint(groups_of(one.item.event_type, one.item.event))
        ]
        return told, found[-1].number if found else after, len(found) == limit

    async def since(
        self, after: str, groups: Collection[str], *, sees_personal: bool
    ) -> AsyncGenerator[Mapping[str, Any], None]:
        """Every event behind `after` that is committed by now, in order.

        Raises:
            UnknownEvent: no event has this id.
            Forgotten: events behind this number are not kept any more.
            DatabaseAway: the database went away; what was given so far is in order and complete.
        """
        number, newest = await self.position(after), await self.newest()
        while number < newest:
            told, number, is_more = await self.page(number, groups, PAGE, sees_personal=sees_personal)
            for one in told:
                yield one
            if not is_more:
                return

    async def _forget(self) -> None:
        now = self._clock()
        if self._forget_at is not None and now < self._forget_at:
            return
        before = now - timedelta(days=RETENTION_DAYS)
        async with self._database.connection() as conn:
            gone = await feed.forget(conn, before, PAGE)
        self._forget_at = now if gone == PAGE else now + _FORGET_EVERY

    async def _pause(self, stopping: asyncio.Event) -> None:
        waits = [asyncio.create_task(self._woken.wait()), asyncio.create_task(stopping.wait())]
        try:
            await asyncio.wait(waits, timeout=LOOK_SECONDS, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for task in waits:
                task.cancel()
            await asyncio.gather(*waits, return_exceptions=True)
        self._woken.clear()
