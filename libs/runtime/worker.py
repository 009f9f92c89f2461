"""The worker: claims what is due, under a lease, and hands every outcome to `outcomes`.

Promises: an item's first call is granted before it is claimed; the handler is cancelled when its lease ends. On stop
nothing new is claimed; what is in hand may finish within the grace, the rest is handed back. It never raises.
At least once: after a crash the lease runs out and the item comes again; the handler's rules make it once in effect.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field

from libs.contracts.types import Lane
from libs.runtime import context, metrics
from libs.runtime.circuit import Circuits
from libs.runtime.errors import LeaseLost, WorldUnavailable
from libs.runtime.fates import Limits
from libs.runtime.outcomes import Outcomes, Probe, tell_bug
from libs.runtime.pace import Pace
from libs.runtime.work import Clock, Grant, Grants, Handle, Lease, Queue, WorkItem


@dataclass(frozen=True, slots=True)
class Conduct:
    """How a worker goes about it."""

    limits: Limits = field(default_factory=Limits)
    concurrency: int = 8
    lease_seconds: float = 120.0
    grace_seconds: float = 5.0
    """How long work in hand may go on after stop; then it is handed back."""


class Worker:
    """Works one queue with one handler; without the partners in `needs` claiming is pointless."""

    def __init__(
        self,
        queue: Queue,
        handle: Handle,
        *,
        clock: Clock,
        dice: Callable[[], float],
        circuits: Circuits,
        pace: Pace,
        needs: frozenset[str] = frozenset({"keycrm", "vms"}),
        grants: Grants | None = None,
        probe: Probe | None = None,
        conduct: Conduct | None = None,
    ) -> None:
        self._queue = queue
        self._handle = handle
        self._clock = clock
        self._circuits = circuits
        self._pace = pace
        self._needs = needs | {"database"}
        self._grants = grants
        self._conduct = conduct or Conduct()
        self._outcomes = Outcomes(
            queue,
            clock=clock,
            circuits=circuits,
            needs=self._needs,
            limits=self._conduct.limits,
            dice=dice,
            probe=probe,
        )
        self._in_hand: set[asyncio.Task[None]] = set()

    def poke(self) -> None:
        """Something was marked: look at once."""
        self._pace.poke()

    async def run(self, stopping: asyncio.Event) -> None:
        """Claim and work until `stopping`; then finish or hand back what is in hand."""
        try:
            async with self._pace.until(stopping):
                while not stopping.is_set():
                    if not await self._start_one():
                        await self._pace.idle(self._circuits.wait_seconds(self._needs))
        finally:
            await self._finish_or_hand_back()

    async def _start_one(self) -> bool:
        """Claim one item and begin it; False: nothing may or can be claimed now."""
        if len(self._in_hand) >= self._conduct.concurrency or self._circuits.wait_seconds(self._needs) > 0:
            return False
        try:
            claimed = await self._claim()
        except WorldUnavailable as away:
            self._circuits.open(away.partner or "database", away.reason, away.retry_after_seconds)
            return False
        except Exception as error:  # noqa: BLE001 - the loop outlives every bug; it is told and counted
            tell_bug("worker", error)
            return False
        if claimed is None:
            return False
        is_probe = self._circuits.begin_probe(self._needs)
        task = asyncio.create_task(self._work(*claimed, is_probe), name=f"work-{claimed[0].binding_id}")
        self._in_hand.add(task)
        self._count_in_hand()
        task.add_done_callback(self._one_done)
        return True

    async def _claim(self) -> tuple[WorkItem, Grant | None] | None:
        """The first item of the first lane that has one and a grant for its first call."""
        for lane in self._pace.admitted(await self._queue.due(self._clock())):
            grant = None
            if self._grants is not None:
                grant = await self._grants.draw(lane, wait_seconds=0)
                if grant is None:
                    continue
            item = await self._claim_in(lane, grant)
            if item is not None:
                return item, grant
        return None

    async def _claim_in(self, lane: Lane, grant: Grant | None) -> WorkItem | None:
        item = None
        try:
            item = await self._queue.claim(lane, self._clock(), self._conduct.lease_seconds)
        finally:
            if item is None:
                await give_back(self._grants, grant)
        if item is not None:
            metrics.CLAIMED.labels(item.side.value, lane.name.lower()).inc()
        return item

    async def _work(self, item: WorkItem, grant: Grant | None, is_probe: bool) -> None:
        trace = context.start(item.correlation_id, item.traceparent)
        with context.bound(trace, binding_id=item.binding_id, entity=item.entity.value, side=item.side.value):
            try:
                await self._attempt(item, grant)
            except asyncio.CancelledError:
                await self._outcomes.handed_back(item)
                raise
            except Exception as error:  # noqa: BLE001 - what failed is our own machinery; the lease runs out
                tell_bug("worker", error)
            finally:
                if is_probe:
                    self._circuits.end_probe(self._needs)

    async def _attempt(self, item: WorkItem, grant: Grant | None) -> None:
        limit = asyncio.timeout((item.lease_until - self._clock()).total_seconds())
        lease = Lease(
            item.lease_until,
            lambda: self._queue.renew(item, self._clock(), self._conduct.lease_seconds),
            self._clock,
            grant,
            on_renewed=lambda seconds: limit.reschedule(asyncio.get_running_loop().time() + seconds),
        )
        failure, started = None, self._clock()
        try:
            async with limit:
                recorded = await self._handle(item, lease)
        except Exception as error:  # noqa: BLE001 - every failure gets a fate
            failure = LeaseLost("the lease ended while the item was worked") if limit.expired() else error
        finally:
            await give_back(self._grants, lease.take_grant())
        seconds = (self._clock() - started).total_seconds()
        metrics.WORK_SECONDS.labels(item.side.value, item.entity.value).observe(max(0.0, seconds))
        if failure is None:
            await self._outcomes.finished(item, recorded)
        else:
            await self._outcomes.failed(item, failure)

    def _one_done(self, task: asyncio.Task[None]) -> None:
        self._in_hand.discard(task)
        self._count_in_hand()
        self._pace.poke()

    def _count_in_hand(self) -> None:
        metrics.IN_HAND.labels(self._queue.side.value).set(len(self._in_hand))

    async def _finish_or_hand_back(self) -> None:
        if not self._in_hand:
            return
        _, late = await asyncio.wait(set(self._in_hand), timeout=self._conduct.grace_seconds)
        for task in late:
            task.cancel()
        await asyncio.gather(*late, return_exceptions=True)


async def give_back(grants: Grants | None, grant: Grant | None) -> None:
    """Return an unused grant; while the database is away it ends by itself."""
    if grants is None or grant is None:
        return
    try:
        await grants.give_back(grant.id)
    except WorldUnavailable:
        return
