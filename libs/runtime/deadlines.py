"""Time limits of very many short waits, under one timer for all of them.

Where hundreds of waits begin and end within a second, a timer of its own costs each more than all the rest of it.
Promises: a future that is not done in time ends with `TimeoutError`, at most a quarter of a second late.
"""

from __future__ import annotations

import asyncio

EVERY_SECONDS = 0.25


class Deadlines:
    """The futures that are waited for, and when each must be done."""

    def __init__(self, every_seconds: float = EVERY_SECONDS) -> None:
        self._every_seconds = every_seconds
        self._waits: list[tuple[float, asyncio.Future[None]]] = []
        self._timer: asyncio.TimerHandle | None = None

    def add(self, future: asyncio.Future[None], ends_at: float) -> None:
        """This future must be done by then, by the loop's clock."""
        self._waits.append((ends_at, future))
        if self._timer is None:
            self._timer = future.get_loop().call_later(self._every_seconds, self._look)

    def _look(self) -> None:
        loop = asyncio.get_running_loop()
        now = loop.time()
        self._waits = [wait for wait in self._waits if not wait[1].done()]
        for ends_at, future in self._waits:
            if ends_at <= now:
                future.set_exception(TimeoutError())
        self._timer = loop.call_later(self._every_seconds, self._look) if self._waits else None
