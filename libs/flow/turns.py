"""Whose turn it is to poll: several copies of a service spend no more calls than one.

Promises: within the time between two polls one process polls; if it dies, another takes the turn a tenth of that time
later at most. While the database is away nobody does.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import suppress

from libs.flow.flow import Flow
from libs.runtime.errors import SyncError
from libs.state import watermarks

LOOKS = 10
"""How often, in the time between two polls, a process whose turn it is not asks again."""


async def in_turn(
    flow: Flow, name: str, every_seconds: float, poll: Callable[[], Awaitable[None]], stopping: asyncio.Event
) -> None:
    """Poll whenever it is this process's turn, until `stopping`; `poll` keeps its failures to itself."""
    while not stopping.is_set():
        is_ours = await _is_taken(flow, name, every_seconds)
        if is_ours:
            await poll()
        await pause(stopping, every_seconds if is_ours else every_seconds / LOOKS)


async def pause(stopping: asyncio.Event, seconds: float) -> None:
    """Wait so long, or until `stopping`."""
    with suppress(TimeoutError):
        await asyncio.wait_for(stopping.wait(), seconds)


async def _is_taken(flow: Flow, name: str, every_seconds: float) -> bool:
    try:
        async with flow.database.transaction() as conn:
            return await watermarks.take_turn(conn, name, flow.clock(), every_seconds)
    except SyncError:
        return False
