"""What waits for people, as metrics: open questions and undecided dead letters; and the outbox.

Promises: three cheap queries every ten seconds; while the database is away the figures stand still and readiness tells
why. What is settled falls back to zero.
"""

from __future__ import annotations

import asyncio
import contextlib
from datetime import datetime

from console import store
from console.handlers.desk import Desk
from libs.contracts.topics import SERVICES
from libs.contracts.types import Entity
from libs.runtime import metrics
from libs.runtime.errors import WorldUnavailable
from libs.state import dead_letters, outbox

EVERY_SECONDS = 10.0


class Gauges:
    """The console's gauges."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk

    async def run(self, stopping: asyncio.Event) -> None:
        """Measure until `stopping`."""
        while not stopping.is_set():
            with contextlib.suppress(WorldUnavailable):
                await self.measure()
            try:
                await asyncio.wait_for(stopping.wait(), EVERY_SECONDS)
            except TimeoutError:
                continue

    async def measure(self) -> None:
        """Look once."""
        now = self._desk.clock()
        async with self._desk.database.connection() as conn:
            conflicts = await store.oldest_conflicts(conn)
            kept = await dead_letters.count_kept(conn)
            waiting, oldest_at = await outbox.size(conn)
        for entity in Entity:
            count, opened_at = conflicts.get(entity, (0, None))
            metrics.CONFLICTS_OPEN.labels(entity).set(count)
            metrics.OLDEST_CONFLICT.labels(entity).set(_age(opened_at, now))
        for service in SERVICES:
            metrics.DEAD_LETTERS_OPEN.labels(service).set(sum(n for (whose, _), n in kept.items() if whose == service))
        metrics.OUTBOX_DEPTH.set(waiting)
        metrics.OUTBOX_AGE.set(_age(oldest_at, now))


def _age(since: datetime | None, now: datetime) -> float:
    return max(0.0, (now - since).total_seconds()) if since else 0.0
