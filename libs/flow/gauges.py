"""How the work stands, as metrics: what is due and how old, asleep, asked, waiting in the outbox, granted.

Promises: a few cheap queries every five seconds; while the database is away the figures stand still and readiness
tells why.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Sequence
from datetime import datetime, timedelta

from libs.contracts.types import Lane, Side
from libs.flow.opening import Opened
from libs.runtime import metrics
from libs.runtime.errors import SyncError
from libs.runtime.work import Backlog
from libs.state import conflicts, counts, outbox
from libs.state.queue import BindingQueue

EVERY_SECONDS = 5.0


class Gauges:
    """The gauges of one side's work, and of what both share."""

    def __init__(self, opened: Opened, queue: BindingQueue) -> None:
        self._opened, self._queue = opened, queue

    async def watch(self, stopping: asyncio.Event) -> None:
        """Measure until `stopping`."""
        while not stopping.is_set():
            with contextlib.suppress(SyncError):
                await self._measure(self._opened.life.clock())
            try:
                await asyncio.wait_for(stopping.wait(), EVERY_SECONDS)
            except TimeoutError:
                continue

    async def _measure(self, now: datetime) -> None:
        side = self._queue.side
        self._backlog(side, await self._queue.backlog(now), now)
        async with self._opened.flow.database.connection() as conn:
            figures = await self._opened.quota.figures(conn, now)
            metrics.QUOTA_LIMIT.set(figures.limit)
            metrics.QUOTA_USED.set(sum(figures.used.values()))
            items = [row for row in await counts.items(conn, now) if row.side is side]
            metrics.ASLEEP.labels(side).set(sum(row.asleep for row in items))
            since = min((row.asleep_since for row in items if row.asleep_since), default=None)
            metrics.OLDEST_ASLEEP.labels(side).set(_age(since, now))
            for entity, found in (await conflicts.count_open(conn)).items():
                metrics.CONFLICTS_OPEN.labels(entity).set(found)
            rows, oldest = await outbox.size(conn)
        metrics.OUTBOX_DEPTH.set(rows)
        metrics.OUTBOX_AGE.set(_age(oldest, now))

    def _backlog(self, side: Side, backlog: Sequence[Backlog], now: datetime) -> None:
        found = {row.lane: row for row in backlog}
        for lane in Lane:
            row = found.get(lane)
            metrics.DUE.labels(side, lane.name.lower()).set(row.due if row else 0)
            metrics.OLDEST_DUE.labels(side, lane.name.lower()).set(_age(row.oldest_at if row else None, now))


def _age(since: datetime | None, now: datetime) -> float:
    return max(now - since, timedelta()).total_seconds() if since else 0.0
