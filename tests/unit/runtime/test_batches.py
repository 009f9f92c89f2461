"""Levels are sent many at once, and each gets its own fate."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager

from libs.contracts.types import Lane
from libs.runtime.batches import BatchWorker
from libs.runtime.circuit import Circuits
from libs.runtime.errors import OutcomeUnknown, PermanentError, TransientError, WorldUnavailable
from libs.runtime.fates import Limits
from libs.runtime.pace import Pace
from libs.runtime.work import HandleLevels, Lease
from libs.runtime.worker import Conduct
from tests.unit.runtime.fakes import FakeGrants, FakeLevel, FakeLevels, ManualClock, becomes

A, B, C = FakeLevel("A"), FakeLevel("B"), FakeLevel("C", attempt=3)
CONDUCT = Conduct(limits=Limits(attempts=3), grace_seconds=0.05)


class Rig:
    """A batch worker and what it talks to."""

    def __init__(self, *levels: FakeLevel) -> None:
        self.clock = ManualClock()
        self.levels = FakeLevels(list(levels))
        self.grants = FakeGrants()
        self.circuits = Circuits(self.clock, lambda: 1.0)

    @asynccontextmanager
    async def running(self, send: HandleLevels[FakeLevel]) -> AsyncIterator[None]:
        """Until the block ends."""
        worker = BatchWorker(
            self.levels,
            send,
            clock=self.clock,
            dice=lambda: 1.0,
            circuits=self.circuits,
            pace=Pace(self.clock.monotonic, poll_seconds=0.01),
            limit=100,
            grants=self.grants,
            conduct=CONDUCT,
        )
        stopping = asyncio.Event()
        task = asyncio.create_task(worker.run(stopping))
        try:
            yield
        finally:
            stopping.set()
            await task


async def test_a_batch_is_sent_with_one_grant_and_finished() -> None:
    """Thousands of levels, one call."""
    rig, sent = Rig(A, B), []

    async def send(levels: Sequence[FakeLevel], lease: Lease) -> Sequence[Exception | None]:
        sent.append([level.sku for level in levels])
        assert lease.take_grant() is not None
        return [None] * len(levels)

    async with rig.running(send):
        await becomes(lambda: bool(rig.levels.done))

    assert sent == [["A", "B"]]
    assert rig.levels.done == [("finished", ("A", "B"))]
    assert rig.grants.drawn == [Lane.STOCK]


async def test_each_level_has_its_own_fate() -> None:
    """One was sent, one is refused for good, one has failed for the third time."""
    rig = Rig(A, B, C)

    async def send(levels: Sequence[FakeLevel], lease: Lease) -> Sequence[Exception | None]:
        return [None, PermanentError("unknown SKU"), TransientError("odd")]

    async with rig.running(send):
        await becomes(lambda: len(rig.levels.done) == 3)

    assert rig.levels.done == [("finished", ("A",)), ("dead", ("B",)), ("dead", ("C",))]


async def test_a_world_failure_postpones_all_and_counts_nothing() -> None:
    """KeyCRM is down: nothing is given up, not even what failed twice before; the circuit opens."""
    rig = Rig(A, C)

    async def send(levels: Sequence[FakeLevel], lease: Lease) -> Sequence[Exception | None]:
        raise WorldUnavailable("refused", "keycrm")

    async with rig.running(send):
        await becomes(lambda: bool(rig.levels.done))

    assert rig.levels.done == [("postponed", ("A", "C"))]
    assert rig.levels.counted == [False]
    assert rig.circuits.wait_seconds({"keycrm"}) > 0


async def test_an_unknown_outcome_is_sent_again_uncounted() -> None:
    """Levels are absolute: sending twice does no harm."""
    rig = Rig(A, C)

    async def send(levels: Sequence[FakeLevel], lease: Lease) -> Sequence[Exception | None]:
        raise OutcomeUnknown("time-out")

    async with rig.running(send):
        await becomes(lambda: bool(rig.levels.done))

    assert rig.levels.done == [("postponed", ("A", "C"))]
    assert rig.levels.counted == [False]


async def test_a_bug_in_the_sender_counts_an_attempt_of_each() -> None:
    """An unexpected error: the first attempts come again, the third is given up."""
    rig = Rig(A, C)

    async def send(levels: Sequence[FakeLevel], lease: Lease) -> Sequence[Exception | None]:
        raise ValueError("bug")

    async with rig.running(send):
        await becomes(lambda: len(rig.levels.done) == 2)

    assert rig.levels.done == [("dead", ("C",)), ("postponed", ("A",))]
    assert rig.levels.counted == [True]


async def test_without_a_grant_nothing_is_claimed() -> None:
    """The quota is used up: the levels stay where they are."""
    rig = Rig(A)
    rig.grants.left = 0

    async def send(levels: Sequence[FakeLevel], lease: Lease) -> Sequence[Exception | None]:
        return [None]

    async with rig.running(send):
        await asyncio.sleep(0.05)

    assert rig.levels.waiting == [A]


async def test_stop_hands_back_a_batch_that_does_not_end() -> None:
    """A call that hangs while the process stops: the batch is released."""
    rig, begun = Rig(A), asyncio.Event()

    async def send(levels: Sequence[FakeLevel], lease: Lease) -> Sequence[Exception | None]:
        begun.set()
        await asyncio.sleep(60)
        return [None]

    async with rig.running(send):
        await begun.wait()

    assert rig.levels.done == [("released", ("A",))]
