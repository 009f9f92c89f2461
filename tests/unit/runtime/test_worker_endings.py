"""What ends work early: a lost lease, its end, an outage, stopping."""

from __future__ import annotations

import asyncio

from libs.runtime.errors import (
    LeaseLost,
    WorldUnavailable,
)
from libs.runtime.work import Lease, Recorded, WorkItem
from libs.runtime.worker import Conduct
from tests.unit.runtime.fakes import an_item, settle
from tests.unit.runtime.rig import Rig


async def test_a_lost_lease_records_nothing(rig: Rig) -> None:
    """Another holds it: no step of the queue is taken."""
    rig.errors = [LeaseLost("fenced")]
    rig.queue.put(an_item(1))

    async with rig.running():
        await rig.becomes(lambda: bool(rig.worked))
        await settle()

    assert rig.queue.done == []


async def test_a_handler_is_cancelled_when_its_lease_ends(rig: Rig) -> None:
    """It hangs past its lease: it is stopped, nothing is recorded."""
    cancelled = asyncio.Event()

    async def handle(item: WorkItem, lease: Lease) -> Recorded:
        try:
            await asyncio.sleep(60)
        except asyncio.CancelledError:
            cancelled.set()
            raise
        return Recorded.NOTHING

    rig.queue.put(an_item(1))

    async with rig.running(handle, Conduct(lease_seconds=0.05)):
        await asyncio.wait_for(cancelled.wait(), 5)
        await settle()

    assert rig.queue.done == []


async def test_a_renewed_lease_lets_the_handler_go_on(rig: Rig) -> None:
    """While it waits for a further grant it renews: the end moves."""

    async def handle(item: WorkItem, lease: Lease) -> Recorded:
        for _ in range(6):
            await asyncio.sleep(0.04)
            await lease.renew()
        return Recorded.NOTHING

    rig.queue.put(an_item(1))

    async with rig.running(handle, Conduct(lease_seconds=0.1)):
        await rig.becomes(lambda: bool(rig.queue.done))

    assert rig.queue.done == [("finished", 1)]


async def test_the_record_waits_while_the_database_is_away(rig: Rig) -> None:
    """The database goes between handler and record: the fate is recorded when it is back."""
    rig.queue.errors = [WorldUnavailable("database: gone", "database")]
    rig.queue.put(an_item(1))

    async with rig.running():
        await rig.becomes(lambda: bool(rig.queue.done))

    assert rig.queue.done == [("finished", 1)]
    assert rig.worked == [1]


async def test_a_queue_that_breaks_does_not_end_the_worker(rig: Rig) -> None:
    """A bug in a claim is told; the next look works."""
    broken = [ValueError("bug")]
    due = rig.queue.due

    async def sometimes(now: object) -> object:
        if broken:
            raise broken.pop()
        return await due(rig.clock())

    rig.queue.due = sometimes  # type: ignore[method-assign, assignment]  # a fake of the test's own
    rig.queue.put(an_item(1))

    async with rig.running():
        await rig.becomes(lambda: bool(rig.queue.done))

    assert rig.queue.done == [("finished", 1)]


async def test_stop_hands_back_what_does_not_end_within_the_grace(rig: Rig) -> None:
    """Long work is cancelled and released, so that another process takes it at once."""

    async def handle(item: WorkItem, lease: Lease) -> Recorded:
        await asyncio.sleep(60)
        return Recorded.NOTHING

    rig.queue.put(an_item(1))

    async with rig.running(handle):
        await rig.becomes(lambda: bool(rig.queue.leased))

    assert rig.queue.done == [("released", 1)]


async def test_stop_lets_short_work_end(rig: Rig) -> None:
    """Work that ends within the grace is finished, not handed back."""

    async def handle(item: WorkItem, lease: Lease) -> Recorded:
        await asyncio.sleep(0.02)
        return Recorded.NOTHING

    rig.queue.put(an_item(1))

    async with rig.running(handle):
        await rig.becomes(lambda: bool(rig.queue.leased))

    assert rig.queue.done == [("finished", 1)]
