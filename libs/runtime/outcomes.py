"""What is recorded of an item when its handler has ended: each fate is one step of the queue.

Promises: before an entity's last attempt counts, and when many entities fail in a row, the partners are probed: an
outage dead-letters nothing, nor does its edge: an item whose last attempt fails shortly after one begins anew. A lost
lease records nothing. While the database is away the record is tried again as long as the lease lives; after that the
item comes again by itself.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from datetime import timedelta

import structlog

from libs.runtime import metrics
from libs.runtime.circuit import Circuits
from libs.runtime.errors import LeaseLost, ParentNotBound, PermanentError, SyncError, WorldUnavailable
from libs.runtime.fates import Again, Asleep, Fate, GivenUp, Limits, Lost, World, anew, fate_of
from libs.runtime.work import Clock, Queue, Recorded, WorkItem

log = structlog.get_logger("runtime.worker")

Probe = Callable[[], Awaitable[None]]
"""Asks the partners the cheapest question; raises `WorldUnavailable` when one does not answer."""

# So many different items failing in a row, with none succeeding: perhaps it is not they.
SUSPICIOUS_STREAK = 5
PROBE_SECONDS = 20.0
RETRY_SECONDS = 0.5


class Outcomes:
    """Records outcomes in one queue."""

    def __init__(
        self,
        queue: Queue,
        *,
        clock: Clock,
        circuits: Circuits,
        needs: frozenset[str],
        limits: Limits,
        dice: Callable[[], float],
        probe: Probe | None,
    ) -> None:
        self._queue = queue
        self._clock = clock
        self._circuits = circuits
        self._needs = needs
        self._limits = limits
        self._dice = dice
        self._probe = probe
        self._failing: set[int] = set()

    async def finished(self, item: WorkItem, recorded: Recorded) -> None:
        """The handler returned."""
        self._failing.clear()
        self._circuits.close(self._needs)
        if recorded is Recorded.NOTHING:
            await self._persist(item, "finished", lambda: self._queue.finish(item, self._clock()))
        else:
            count(item, "finished")
        latency = (self._clock() - item.marked_at).total_seconds()
        metrics.LATENCY.labels(item.side.value, item.entity.value).observe(max(0.0, latency))

    async def failed(self, item: WorkItem, error: Exception) -> None:
        """The handler raised."""
        if not isinstance(error, SyncError):
            tell_bug("worker", error)
        fate = await self._judge(item, error)
        if isinstance(error, PermanentError | ParentNotBound):  # an answer; a time-out or a 500 is none
            self._circuits.close(self._needs)
        match fate:
            case World():
                self._circuits.open(fate.partner, fate.reason, fate.retry_after_seconds)
                log.info("item.waits", partner=fate.partner, reason=fate.reason, attempt=item.attempt)
                await self._persist(item, "world", lambda: self._wait(item, fate))
            case Again():
                log.info("item.postponed", fate=fate.name, reason=fate.reason, attempt=item.attempt)
                await self._persist(item, fate.name, lambda: self._postpone(item, fate))
            case GivenUp():
                log.warning("item.given_up", fate=fate.name, reason=fate.failure.error, attempts=item.attempt)
                letter = fate.failure
                await self._persist(item, fate.name, lambda: self._queue.dead_letter(item, letter, self._clock()))
            case Asleep():
                parent = fate.parent_binding_id
                log.info("item.asleep", parent_binding_id=parent)
                await self._persist(item, "asleep", lambda: self._queue.sleep(item, parent, self._clock()))
            case Lost():
                lost(item)

    async def handed_back(self, item: WorkItem) -> None:
        """The process stops and the item is not done."""
        try:
            async with asyncio.timeout(1.5):
                await self._queue.release(item, self._clock())
        except (LeaseLost, WorldUnavailable, TimeoutError):
            return  # the lease runs out by itself
        count(item, "released")

    async def _judge(self, item: WorkItem, error: Exception) -> Fate:
        fate = fate_of(error, item.attempt, self._limits, self._dice())
        is_last = isinstance(fate, GivenUp) and fate.name == "exhausted"
        if is_last or (isinstance(fate, Again) and fate.name == "transient"):
            self._failing.add(item.binding_id)
            if is_last or len(self._failing) >= SUSPICIOUS_STREAK:
                self._failing.clear()
                away = await probed(self._probe)
                if away is not None:
                    return World(away.partner, away.retry_after_seconds, away.reason)
                if is_last and self._circuits.were_away_lately(self._needs):
                    return anew(error, self._limits, self._dice())
        return fate

    async def _postpone(self, item: WorkItem, fate: Again) -> None:
        now = self._clock()
        await self._queue.postpone(item, now + timedelta(seconds=fate.after_seconds), fate.attempt, fate.reason, now)

    async def _wait(self, item: WorkItem, fate: World) -> None:
        now, pause = self._clock(), self._circuits.wait_seconds({fate.partner})
        await self._queue.postpone(item, now + timedelta(seconds=pause), item.attempt, fate.reason, now)

    async def _persist(self, item: WorkItem, fate: str, step: Callable[[], Awaitable[None]]) -> None:
        has_waited = False
        while True:
            try:
                await step()
            except LeaseLost:
                lost(item)
                return
            except WorldUnavailable as away:
                if self._clock() >= item.lease_until:
                    lost(item)
                    return
                if not has_waited:
                    log.info("record.waits", reason=away.reason, fate=fate)
                has_waited = True
                await asyncio.sleep(RETRY_SECONDS)
                continue
            count(item, fate)
            return


async def probed(probe: Probe | None) -> WorldUnavailable | None:
    """What the probe says is away; None: the partners answer, or nobody can tell."""
    if probe is None:
        return None
    try:
        async with asyncio.timeout(PROBE_SECONDS):
            await probe()
    except WorldUnavailable as away:
        return away
    except Exception as error:  # noqa: BLE001 - a probe that cannot tell leaves the fate as it was
        log.info("probe.failed", error_type=type(error).__name__)
    return None


def count(item: WorkItem, fate: str) -> None:
    """One item left the worker by this fate."""
    metrics.WORKED.labels(item.side.value, item.entity.value, fate).inc()


def lost(item: WorkItem) -> None:
    """Its lease was lost: whoever holds it now records."""
    metrics.LEASES_LOST.labels(item.side.value).inc()
    log.warning("lease.lost", attempt=item.attempt)
    count(item, "lost")


def tell_bug(where: str, error: Exception) -> None:
    """An error nobody foresaw: counted, and told by type and frames."""
    metrics.UNEXPECTED.labels(where).inc()
    log.error("error.unexpected", where=where, exc_info=error)
