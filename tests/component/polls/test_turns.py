"""Copies of a service take turns: two of them poll as often as one, and one that died is followed by the other."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

from libs.flow.flow import Flow
from libs.flow.turns import in_turn
from libs.state import watermarks
from tests.fakes import ManualClock

EVERY = 30.0


async def take(flow: Flow, clock: ManualClock, name: str = "turn.test") -> bool:
    """Whether the turn could be taken."""
    async with flow.database.transaction() as conn:
        return await watermarks.take_turn(conn, name, clock.now, EVERY)


async def test_a_turn_is_taken_once_in_its_time(flow: Flow, clock: ManualClock) -> None:
    """Whoever asks; another poll has turns of its own."""
    assert await take(flow, clock)

    clock.advance(EVERY - 1)
    assert not await take(flow, clock)
    assert await take(flow, clock, "turn.other")
    clock.advance(1)
    assert await take(flow, clock)


async def test_of_several_at_once_one_takes_it(flow: Flow, clock: ManualClock) -> None:
    """Also the very first time."""
    assert sum(await asyncio.gather(*(take(flow, clock) for _ in range(8)))) == 1
    clock.advance(EVERY)
    assert sum(await asyncio.gather(*(take(flow, clock) for _ in range(8)))) == 1


async def test_a_turn_moves_no_watermark(flow: Flow, clock: ManualClock) -> None:
    """How far a poll has got is told by its marks alone."""
    async with flow.database.transaction() as conn:
        await watermarks.move(conn, "turn.test", clock.now, at=clock.now, cursor={"page": 3})
    assert await take(flow, clock)

    async with flow.database.connection() as conn:
        seen = await watermarks.get(conn, "turn.test")
    assert seen is not None
    assert (seen.at, seen.cursor) == (clock.now, {"page": 3})


async def test_two_copies_poll_as_often_as_one(flow: Flow, clock: ManualClock) -> None:
    """And when the one that did is gone, the other takes over."""
    polled: list[str] = []
    stops = {"one": asyncio.Event(), "other": asyncio.Event()}

    async def poll(name: str) -> None:
        polled.append(name)

    def copy(name: str) -> asyncio.Task[None]:
        return asyncio.create_task(in_turn(flow, "turn.test", 0.2, lambda: poll(name), stops[name]))

    one = copy("one")
    await _until(lambda: polled == ["one"])
    other = copy("other")
    await asyncio.sleep(0.6)
    assert polled == ["one"]  # by the clock that stands still, no time has passed

    stops["one"].set()
    await one
    clock.advance(0.2)
    await _until(lambda: polled == ["one", "other"])
    stops["other"].set()
    await other


async def _until(is_so: Callable[[], bool]) -> None:
    for _ in range(1000):
        if is_so():
            return
        await asyncio.sleep(0.01)
    raise AssertionError("it never came to be")
