"""When a worker looks: poked, polling, or in rounds."""

from __future__ import annotations

import asyncio
import time

from libs.contracts.types import Lane
from libs.runtime.pace import Pace
from tests.unit.runtime.fakes import ManualClock


async def test_a_poke_ends_the_idling_at_once() -> None:
    """A mark in this process is seen without waiting for the next poll."""
    pace = Pace(time.monotonic, poll_seconds=30.0)
    asyncio.get_running_loop().call_later(0.01, pace.poke)
    started = time.monotonic()

    await pace.idle()

    assert time.monotonic() - started < 5


async def test_a_poke_before_the_idling_is_not_lost() -> None:
    """Marked between the look and the wait: the wait ends at once."""
    pace = Pace(time.monotonic, poll_seconds=30.0)
    pace.poke()

    await asyncio.wait_for(pace.idle(), 1)


async def test_stopping_ends_the_idling() -> None:
    """A process that stops does not wait for the next poll."""
    pace, stopping = Pace(time.monotonic, poll_seconds=30.0), asyncio.Event()
    asyncio.get_running_loop().call_later(0.01, stopping.set)

    async with pace.until(stopping):
        await asyncio.wait_for(pace.idle(), 5)


def test_in_real_time_every_lane_is_admitted() -> None:
    """What is due may be claimed."""
    pace = Pace(ManualClock().monotonic)

    assert pace.admitted([Lane.ORDER, Lane.STOCK]) == [Lane.ORDER, Lane.STOCK]


def test_in_rounds_work_waits_for_the_next_round_but_a_person_does_not() -> None:
    """Rounds of five minutes: the first begins at once; when it is empty, only the interactive lane is admitted."""
    clock = ManualClock()
    pace = Pace(clock.monotonic, round_seconds=300)
    assert pace.admitted([Lane.ORDER]) == [Lane.ORDER]
    assert pace.admitted([]) == []

    clock.forward(10)
    assert pace.admitted([Lane.ORDER]) == []
    assert pace.admitted([Lane.INTERACTIVE, Lane.ORDER]) == [Lane.INTERACTIVE]

    clock.forward(300)
    assert pace.admitted([Lane.ORDER]) == [Lane.ORDER]
