"""One timer for very many waits: each still ends in time, and what ended in time is left alone."""

from __future__ import annotations

import asyncio

import pytest

from libs.runtime.deadlines import Deadlines


async def waited(deadlines: Deadlines, seconds: float, work: asyncio.Future[str]) -> str:
    """As a publisher waits."""
    async with asyncio.timeout(None) as limit:
        deadlines.add(limit, seconds)
        try:
            return await work
        finally:
            deadlines.remove(limit)


async def test_a_wait_that_is_over_its_limit_ends_with_a_time_out() -> None:
    """Nothing else would ever end it; waits beside it go on."""
    loop = asyncio.get_running_loop()
    deadlines = Deadlines(every_seconds=0.01)
    slow, patient = loop.create_future(), loop.create_future()
    other = asyncio.create_task(waited(deadlines, 60.0, patient))

    with pytest.raises(TimeoutError):
        await waited(deadlines, 0.02, slow)
    patient.set_result("done")

    assert slow.cancelled()
    assert await other == "done"


async def test_a_wait_that_ends_in_time_is_never_cancelled_afterwards() -> None:
    """Its task lives on: a late cancel would hit what it does next."""
    loop = asyncio.get_running_loop()
    deadlines = Deadlines(every_seconds=0.01)
    quick = loop.create_future()
    quick.set_result("done")

    assert await waited(deadlines, 0.02, quick) == "done"
    await asyncio.sleep(0.06)


async def test_a_task_that_is_cancelled_from_outside_stays_cancelled() -> None:
    """A stop is no time-out."""
    loop = asyncio.get_running_loop()
    deadlines = Deadlines(every_seconds=0.01)
    task = asyncio.create_task(waited(deadlines, 60.0, loop.create_future()))
    await asyncio.sleep(0)

    task.cancel()

    with pytest.raises(asyncio.CancelledError):
        await task


async def test_without_waits_no_timer_runs() -> None:
    """An idle process is not woken four times a second."""
    deadlines = Deadlines(every_seconds=0.01)
    quick = asyncio.get_running_loop().create_future()
    quick.set_result("done")

    await waited(deadlines, 60.0, quick)
    await asyncio.sleep(0.03)

    assert deadlines._timer is None
