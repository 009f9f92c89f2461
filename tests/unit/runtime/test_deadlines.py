"""One timer for very many waits: each still ends in time, and what ended in time is left alone."""

from __future__ import annotations

import asyncio

import pytest

from libs.runtime.deadlines import Deadlines

EVERY = 0.01


def waiting(deadlines: Deadlines, seconds: float) -> asyncio.Future[None]:
    """A future that must be done in so many seconds."""
    loop = asyncio.get_running_loop()
    future: asyncio.Future[None] = loop.create_future()
    deadlines.add(future, loop.time() + seconds)
    return future


async def test_a_wait_that_is_over_its_limit_ends_with_a_time_out() -> None:
    """Nothing else would ever end it; waits beside it go on."""
    deadlines = Deadlines(EVERY)
    patient, slow = waiting(deadlines, 60.0), waiting(deadlines, 0.02)

    with pytest.raises(TimeoutError):
        await slow

    assert not patient.done()
    patient.cancel()
    await idle(deadlines)


async def test_a_wait_that_ends_in_time_is_left_alone() -> None:
    """Its limit comes later and finds it done."""
    deadlines = Deadlines(EVERY)
    quick = waiting(deadlines, 0.02)
    quick.set_result(None)

    await asyncio.sleep(0.05)

    assert quick.exception() is None


async def test_without_waits_no_timer_runs_and_the_next_wait_starts_it_again() -> None:
    """An idle process is not woken four times a second."""
    deadlines = Deadlines(EVERY)
    waiting(deadlines, 60.0).cancel()
    await idle(deadlines)

    with pytest.raises(TimeoutError):
        await waiting(deadlines, 0.02)


async def idle(deadlines: Deadlines) -> None:
    """Its timer has had its time."""
    await asyncio.sleep(EVERY * 5)

    assert deadlines._timer is None
