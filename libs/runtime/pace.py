"""When a worker looks for work: at once when poked, else every half second; or in rounds, where real time is off.

Promises: idle costs one cheap look per `poll_seconds`. In rounds (`SYNC_REALTIME_ENABLED=false`) marks are taken as
always, and work is claimed only from the start of a round until nothing is due; a person's request never waits for it.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager

from libs.contracts.types import Lane

POLL_SECONDS = 0.5


class Pace:
    """One worker's pace; `monotonic` answers seconds."""

    def __init__(
        self, monotonic: Callable[[], float], poll_seconds: float = POLL_SECONDS, round_seconds: float | None = None
    ) -> None:
        self._monotonic = monotonic
        self._poll_seconds = poll_seconds
        self._round_seconds = round_seconds
        self._next_round = monotonic()
        self._is_in_round = False
        self._woken = asyncio.Event()

    def poke(self) -> None:
        """End the idling."""
        self._woken.set()

    @asynccontextmanager
    async def until(self, stopping: asyncio.Event) -> AsyncIterator[None]:
        """Within it, `stopping` ends the idling too."""

        async def wake() -> None:
            await stopping.wait()
            self._woken.set()

        waker = asyncio.create_task(wake(), name="pace-waker")
        try:
            yield
        finally:
            waker.cancel()
            await asyncio.gather(waker, return_exceptions=True)

    async def idle(self, wait_seconds: float = 0.0) -> None:
        """Wait for a poke, at most until the next look; `wait_seconds` is when something is known to change."""
        pause = min(wait_seconds, self._poll_seconds) if wait_seconds > 0 else self._poll_seconds
        try:
            await asyncio.wait_for(self._woken.wait(), pause)
        except TimeoutError:
            return
        finally:
            self._woken.clear()

    def admitted(self, due: Sequence[Lane]) -> list[Lane]:
        """Which of the lanes that are due may be claimed from now."""
        if self._round_seconds is None:
            return list(due)
        if self._monotonic() >= self._next_round:
            self._is_in_round, self._next_round = True, self._monotonic() + self._round_seconds
        others = [lane for lane in due if lane is not Lane.INTERACTIVE]
        self._is_in_round = self._is_in_round and bool(others)
        return list(due) if self._is_in_round else [lane for lane in due if lane is Lane.INTERACTIVE]
