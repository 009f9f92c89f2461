"""Time limits of very many short waits, under one timer for all of them.

Where hundreds of waits begin and end within a second, a timer of its own costs each more than all the rest of it.
Promises: as with `asyncio.timeout`, the wait is cancelled and ends with `TimeoutError`; it may be a quarter of a
second late.
"""

from __future__ import annotations

import asyncio

EVERY_SECONDS = 0.25


class Deadlines:
    """The waits that run now, and when each must be over."""

    def __init__(self, every_seconds: float = EVERY_SECONDS) -> None:
        self._every_seconds = every_seconds
        self._ends_at: dict[asyncio.Timeout, float] = {}
        self._timer: asyncio.TimerHandle | None = None

    def add(self, limit: asyncio.Timeout, seconds: float) -> None:
        """This wait, begun with `asyncio.timeout(None)`, must be over in so many seconds."""
        loop = asyncio.get_running_loop()
        self._ends_at[limit] = loop.time() + seconds
        if self._timer is None:
            self._timer = loop.call_later(self._every_seconds, self._look)

    def remove(self, limit: asyncio.Timeout) -> None:
        """This wait is over."""
        self._ends_at.pop(limit, None)

    def _look(self) -> None:
        loop = asyncio.get_running_loop()
        now = loop.time()
        for limit in [limit for limit, ends_at in self._ends_at.items() if ends_at <= now]:
            del self._ends_at[limit]
            limit.reschedule(now)
        self._timer = loop.call_later(self._every_seconds, self._look) if self._ends_at else None
