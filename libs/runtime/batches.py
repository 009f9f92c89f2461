"""The worker of levels: claims many at once, sends them together, gives each its own fate.

Promises: the same fates as `outcomes`, per level: sent, later, or a dead letter; a failure of the world postpones all
of them and counts nothing. Levels are absolute values, so an unknown outcome is simply sent again.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from typing import Generic

import structlog

from libs.runtime import context, metrics
from libs.runtime.circuit import Circuits
from libs.runtime.errors import LeaseLost, SyncError, WorldUnavailable
from libs.runtime.fates import Again, GivenUp, anew, fate_of
from libs.runtime.outcomes import Probe, probed, tell_bug
from libs.runtime.pace import Pace
from libs.runtime.work import Clock, Grant, Grants, HandleLevels, Lease, Level, Levels
from libs.runtime.worker import Conduct, give_back

log = structlog.get_logger("runtime.levels")


class BatchWorker(Generic[Level]):
    """Works one kind of level with one sender, one batch at a time."""

    def __init__(
        self,
        levels: Levels[Level],
        send: HandleLevels[Level],
        *,
        clock: Clock,
        dice: Callable[[], float],
        circuits: Circuits,
        pace: Pace,
        limit: int,
        needs: frozenset[str] = frozenset({"keycrm"}),
        grants: Grants | None = None,
        probe: Probe | None = None,
        conduct: Conduct | None = None,
    ) -> None:
        self._levels = levels
        self._send = send
        self._clock = clock
        self._dice = dice
        self._circuits = circuits
        self._pace = pace
        self._limit = limit
        self._needs = needs | {"database"}
        self._grants = grants
        self._probe = probe
        self._conduct = conduct or Conduct()

    def poke(self) -> None:
        """Something became due: look at once."""
        self._pace.poke()

    async def run(self, stopping: asyncio.Event) -> None:
        """Send batches until `stopping`; the one in hand may finish within the grace, else it is handed back."""
        async with self._pace.until(stopping):
            while not stopping.is_set():
                batch = asyncio.create_task(self._round(), name=f"levels-{self._levels.lane.name.lower()}")
                if not await self._within_grace(batch, stopping):
                    await self._pace.idle(self._circuits.wait_seconds(self._needs))

    async def _within_grace(self, batch: asyncio.Task[bool], stopping: asyncio.Event) -> bool:
        stop = asyncio.create_task(stopping.wait(), name="levels-stop")
        try:
            await asyncio.wait({batch, stop}, return_when=asyncio.FIRST_COMPLETED)
            if not batch.done():
                await asyncio.wait({batch}, timeout=self._conduct.grace_seconds)
        finally:
            stop.cancel()
            batch.cancel()
            await asyncio.gather(stop, batch, return_exceptions=True)
        return not batch.cancelled() and batch.result()

    async def _round(self) -> bool:
        """Claim a batch and send it; False: nothing may or can be claimed now."""
        if self._circuits.wait_seconds(self._needs) > 0:
            return False
        try:
            return await self._claim_and_send()
        except WorldUnavailable as away:
            self._circuits.open(away.partner or "database", away.reason, away.retry_after_seconds)
        except LeaseLost:
            metrics.LEASES_LOST.labels("keycrm").inc()
            log.warning("lease.lost", lane=self._levels.lane.name.lower())
        except Exception as error:  # noqa: BLE001 - the loop outlives every bug; it is told and counted
            tell_bug("levels", error)
        return False

    async def _claim_and_send(self) -> bool:
        lane = self._levels.lane
        due = [lane] if await self._levels.is_due(self._clock()) else []
        if not self._pace.admitted(due):
            return False
        grant = None
        if self._grants is not None:
            grant = await self._grants.draw(lane, wait_seconds=0)
            if grant is None:
                return False
        levels: Sequence[Level] = ()
        now = self._clock()
        try:
            levels = await self._levels.claim(self._limit, now, self._conduct.lease_seconds)
        finally:
            if not levels:
                await give_back(self._grants, grant)
        if levels:
            await self._work(levels, now + timedelta(seconds=self._conduct.lease_seconds), grant)
        return bool(levels)

    async def _work(self, levels: Sequence[Level], ends_at: datetime, grant: Grant | None) -> None:
        is_probe = self._circuits.begin_probe(self._needs)
        try:
            with context.bound(context.start(), lane=self._levels.lane.name.lower()):
                await self._record(levels, await self._sent(levels, ends_at, grant))
        except asyncio.CancelledError:
            await self._levels.release(levels, self._clock())
            raise
        finally:
            if is_probe:
                self._circuits.end_probe(self._needs)

    async def _sent(
        self, levels: Sequence[Level], ends_at: datetime, grant: Grant | None
    ) -> Sequence[Exception | None]:
        async def renew() -> datetime:
            return await self._levels.renew(levels, self._clock(), self._conduct.lease_seconds)

        limit = asyncio.timeout((ends_at - self._clock()).total_seconds())
        lease = Lease(
            ends_at,
            renew,
            self._clock,
            grant,
            on_renewed=lambda seconds: limit.reschedule(asyncio.get_running_loop().time() + seconds),
        )
        try:
            async with limit:
                return await self._send(levels, lease)
        except Exception as error:  # noqa: BLE001 - every failure gets a fate
            failure = LeaseLost("the lease ended while a batch was sent") if limit.expired() else error
            return [failure] * len(levels)
        finally:
            await give_back(self._grants, lease.take_grant())

    async def _record(self, levels: Sequence[Level], errors: Sequence[Exception | None]) -> None:
        sent = [level for level, error in zip(levels, errors, strict=True) if error is None]
        failed = [(level, error) for level, error in zip(levels, errors, strict=True) if error is not None]
        if sent:
            self._circuits.close(self._needs)
            await self._levels.finish(sent, self._clock())
            self._count("finished", len(sent))
        groups: dict[str, list[tuple[Level, Exception]]] = {}
        for level, error in failed:
            groups.setdefault(f"{type(error).__name__} {error}", []).append((level, error))
        for group in groups.values():
            await self._record_group([level for level, _ in group], group[0][1])

    async def _record_group(self, levels: Sequence[Level], error: Exception) -> None:
        """Levels that failed for one reason: one pause for all that come again, a dead letter for each that may not."""
        if isinstance(error, LeaseLost):
            raise error
        if not isinstance(error, SyncError):
            tell_bug("levels", error)
        dice = self._dice()
        fates = [(level, fate_of(error, level.attempt, self._conduct.limits, dice)) for level in levels]
        given_up = [(level, fate.failure) for level, fate in fates if isinstance(fate, GivenUp)]
        away = error if isinstance(error, WorldUnavailable) else None
        is_last = any(failure.reason == "exhausted" for _, failure in given_up)
        if is_last:
            away = await probed(self._probe)
        if away is not None:
            await self._wait(levels, away)
            return
        if is_last and self._circuits.were_away_lately(self._needs):
            later = anew(error, self._conduct.limits, dice)
            await self._postpone(levels, later.after_seconds, False, later.reason)
            return
        for level, failure in given_up:
            await self._levels.dead_letter(level, failure, self._clock())
        self._count("given_up", len(given_up))
        again = [(level, fate) for level, fate in fates if isinstance(fate, Again)]
        if again:
            pause = max(fate.after_seconds for _, fate in again)
            is_counted = again[0][1].name == "transient"
            await self._postpone([level for level, _ in again], pause, is_counted, again[0][1].reason)

    async def _wait(self, levels: Sequence[Level], away: WorldUnavailable) -> None:
        self._circuits.open(away.partner, away.reason, away.retry_after_seconds)
        pause = self._circuits.wait_seconds({away.partner})
        await self._postpone(levels, pause, False, away.reason)

    async def _postpone(self, levels: Sequence[Level], pause: float, is_counted: bool, reason: str) -> None:
        now = self._clock()
        log.info("levels.postponed", levels=len(levels), pause_seconds=round(pause, 3), is_attempt_counted=is_counted)
        await self._levels.postpone(levels, now + timedelta(seconds=pause), is_counted, reason, now)
        self._count("postponed", len(levels))

    def _count(self, fate: str, levels: int) -> None:
        if levels:
            metrics.LEVELS.labels(self._levels.lane.name.lower(), fate).inc(levels)
