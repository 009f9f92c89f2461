"""What happens later: an accepted write that takes effect after a while, a webhook on its way.

A reset forgets it all.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine
from typing import Any


class Later:
    """The account's own clockwork, on the server's one loop."""

    def __init__(self) -> None:
        self._tasks: set[asyncio.Task[None]] = set()

    def call(self, seconds: float, effect: Callable[[], None]) -> None:
        """Do it after `seconds`."""
        self.run(_after(seconds, effect))

    def run(self, work: Coroutine[Any, Any, None]) -> None:
        """Let it run beside what is being answered."""
        task = asyncio.get_running_loop().create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    def forget(self) -> None:
        """Nothing of it happens any more."""
        for task in list(self._tasks):
            task.cancel()


async def _after(seconds: float, effect: Callable[[], None]) -> None:
    await asyncio.sleep(seconds)
    effect()
