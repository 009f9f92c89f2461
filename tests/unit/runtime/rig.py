"""A worker with a queue in memory and everything else that it talks to."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager

from libs.runtime.circuit import Circuits
from libs.runtime.fates import Limits
from libs.runtime.outcomes import Probe
from libs.runtime.pace import Pace
from libs.runtime.work import Lease, Recorded, WorkItem
from libs.runtime.worker import Conduct, Worker
from tests.unit.runtime.fakes import FakeGrants, FakeQueue, ManualClock, becomes

CONDUCT = Conduct(limits=Limits(attempts=3, retry_seconds=10), concurrency=4, lease_seconds=60, grace_seconds=0.05)


class Rig:
    """A worker, everything it talks to, and a handler that tests give."""

    def __init__(self) -> None:
        self.clock = ManualClock()
        self.queue = FakeQueue(self.clock)
        self.grants = FakeGrants()
        self.circuits = Circuits(self.clock, lambda: 1.0)
        self.pace = Pace(self.clock.monotonic, poll_seconds=0.01)
        self.worked: list[int] = []
        self.probe: Probe | None = None
        self.errors: list[Exception] = []

    async def handle(self, item: WorkItem, lease: Lease) -> Recorded:
        """Raises the next of `errors`, else has nothing to record."""
        self.worked.append(item.binding_id)
        if self.errors:
            raise self.errors.pop(0)
        return Recorded.NOTHING

    @asynccontextmanager
    async def running(
        self, handle: Callable[[WorkItem, Lease], Awaitable[Recorded]] | None = None, conduct: Conduct = CONDUCT
    ) -> AsyncIterator[Worker]:
        """The worker, until the block ends."""
        worker = Worker(
            self.queue, handle or self.handle, clock=self.clock, dice=lambda: 1.0, circuits=self.circuits,
            pace=self.pace, grants=self.grants, probe=self.probe, conduct=conduct,
        )  # fmt: skip
        stopping = asyncio.Event()
        task = asyncio.create_task(worker.run(stopping))
        try:
            yield worker
        finally:
            stopping.set()
            await task

    async def becomes(self, holds: Callable[[], bool]) -> None:
        """Wait until it holds."""
        await becomes(holds)
