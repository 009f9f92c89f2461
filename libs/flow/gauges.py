"""How the work stands, as metrics: what is due and how old, asleep, asked, put aside, stopped, waiting, granted.

Promises: a few cheap queries every five seconds; while the database is away the figures stand still and readiness
tells why.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Sequence
from datetime import datetime, timedelta

from libs.contracts.topics import SERVICES
from libs.contracts.types import Entity, Lane, Side
from libs.runtime import metrics
from libs.runtime.database import Connection, Database
from libs.runtime.errors import SyncError
from libs.runtime.work import Backlog, Clock
from libs.state import conflicts, counts, dead_letters, flows, outbox
from libs.state.queue import BindingQueue
from libs.state.quota import PostgresQuota

EVERY_SECONDS = 5.0


class Gauges:
    """The gauges of one side's work, and of what both share."""

    def __init__(self, database: Database, quota: PostgresQuota, queue: BindingQueue, clock: Clock) -> None:
        self._database, self._quota, self._queue, self._clock = database, quota, queue, clock

    async def watch(self, stopping: asyncio.Event) -> None:
        """Measure until `stopping`."""
        while not stopping.is_set():
            with contextlib.suppress(SyncError):
                await self.measure(self._clock())
            try:
                await asyncio.wait_for(stopping.wait(), EVERY_SECONDS)
            except TimeoutError:
                continue

    async def measure(self, now: datetime) -> None:
        """Set every gauge once.

        Raises:
            DatabaseAway: the figures stand as they were.
        """
        side = self._queue.side
        self._backlog(side, await self._queue.backlog(now), now)
        async with self._database.connection() as conn:
            figures = await self._quota.figures(conn, now)
            metrics.QUOTA_LIMIT.set(figures.limit)
            metrics.QUOTA_USED.set(sum(figures.used.values()))
            await _asleep(conn, side, now)
            await _waiting(conn, now)
            await _questions(conn, now)
            await _set_aside(conn)

    def _backlog(self, side: Side, backlog: Sequence[Backlog], now: datetime) -> None:
        found = {row.lane: row for row in backlog}
        for lane in Lane:
            row = found.get(lane)
            metrics.DUE.labels(side, lane.name.lower()).set(row.due if row else 0)
            metrics.OLDEST_DUE.labels(side, lane.name.lower()).set(_age(row.oldest_at if row else None, now))


async def _asleep(conn: Connection, side: Side, now: datetime) -> None:
    items = [row for row in await counts.items(conn, now) if row.side is side]
    since = min((row.asleep_since for row in items if row.asleep_since), default=None)
    metrics.ASLEEP.labels(side).set(sum(row.asleep for row in items))
    metrics.OLDEST_ASLEEP.labels(side).set(_age(since, now))


async def _waiting(conn: Connection, now: datetime) -> None:
    rows, oldest = await outbox.size(conn)
    metrics.OUTBOX_DEPTH.set(rows)
    metrics.OUTBOX_AGE.set(_age(oldest, now))
    waiting = await counts.lanes_waiting(conn, now)
    for lane in Lane:
        metrics.QUOTA_WAITING.labels(lane.name.lower()).set(lane in waiting)
    # Told by age from the database: a poll that stands still grows older, also across a restart.
    for name, at in (await counts.polled_until(conn)).items():
        metrics.WATERMARK_AGE.labels(name).set(_age(at, now))


async def _questions(conn: Connection, now: datetime) -> None:
    found, since = await conflicts.count_open(conn), await counts.oldest_questions(conn)
    for entity in Entity:
        metrics.CONFLICTS_OPEN.labels(entity).set(found.get(entity, 0))
        metrics.OLDEST_CONFLICT.labels(entity).set(_age(since.get(entity), now))


async def _set_aside(conn: Connection) -> None:
    kept = await dead_letters.count_kept(conn)
    for service in SERVICES:
        metrics.DEAD_LETTERS_OPEN.labels(service).set(sum(n for (of, _), n in kept.items() if of == service))
    for flow in await flows.all_flows(conn):
        metrics.FLOW_STOPPED.labels(flow.flow).set(flow.is_stopped)


def _age(since: datetime | None, now: datetime) -> float:
    return max(now - since, timedelta()).total_seconds() if since else 0.0
