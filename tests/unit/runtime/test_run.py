"""What a process does with its parts: begins dead ones again, ends all of them, refuses in one line."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest

from libs.runtime import run as run_module
from libs.runtime.run import Life
from libs.runtime.serve import PortTaken, bind
from tests.unit.runtime.fakes import becomes


async def test_a_part_that_dies_is_begun_again() -> None:
    """A bug in one part does not end the process, and does not stay dead."""
    life, begun = Life("test"), 0
    life.dice = lambda: 0.0

    async def part(stopping: asyncio.Event) -> None:
        nonlocal begun
        begun += 1
        if begun == 1:
            raise ValueError("bug")
        await stopping.wait()

    life.spawn("part", part)
    await becomes(lambda: begun == 2)

    await life.end()


async def test_what_was_opened_is_closed_in_reverse_after_the_parts_have_ended() -> None:
    """A worker that still records finds the database open."""
    life, order = Life("test"), []

    @asynccontextmanager
    async def opened(name: str) -> AsyncIterator[str]:
        yield name
        order.append(f"{name} closed")

    async def part(stopping: asyncio.Event) -> None:
        await stopping.wait()
        order.append("part ended")

    assert await life.enter(opened("database")) == "database"
    await life.enter(opened("publisher"))
    life.spawn("part", part)
    await asyncio.sleep(0)

    await life.end()

    assert order == ["part ended", "publisher closed", "database closed"]


async def test_a_part_that_does_not_end_is_cancelled(monkeypatch: pytest.MonkeyPatch) -> None:
    """Ten seconds are all there is; the rest is cut short and connections still close."""
    monkeypatch.setattr(run_module, "END_SECONDS", 0.01)
    life, cancelled = Life("test"), asyncio.Event()

    async def part(stopping: asyncio.Event) -> None:
        try:
            await asyncio.sleep(60)
        except asyncio.CancelledError:
            cancelled.set()
            raise

    life.spawn("part", part)
    await asyncio.sleep(0)

    await life.end()

    assert cancelled.is_set()


def test_a_port_that_is_taken_is_one_sentence() -> None:
    """It names the variable, the address and what to do."""
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]

        with pytest.raises(PortTaken, match=rf"HTTP_PORT: 127\.0\.0\.1:{port} .* choose another"):
            bind("127.0.0.1", port)


def test_port_zero_takes_a_free_one() -> None:
    """Several services side by side in tests and demos."""
    with bind("127.0.0.1", 0) as first, bind("127.0.0.1", 0) as second:
        assert first.getsockname()[1] != second.getsockname()[1]
