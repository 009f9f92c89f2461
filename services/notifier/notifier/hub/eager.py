"""A coroutine that begins at once, inside the caller: what need not wait ends without a task.

Promises: nearly every write to a client ends at once, so a broadcast to a thousand makes no thousand tasks; one that
must wait goes on as a task. Python 3.12 has this built in; before, the first step is made by hand, and the task takes
over at the future that the first step came to.
"""

from __future__ import annotations

import asyncio
import sys
import types
from collections.abc import Coroutine, Generator
from typing import Any

if sys.version_info >= (3, 12):

    def start(work: Coroutine[Any, Any, None], loop: asyncio.AbstractEventLoop) -> asyncio.Task[None] | None:
        """Begin; answers the task if it could not end at once. The caller keeps it."""
        task = asyncio.Task(work, loop=loop, eager_start=True)
        return None if task.done() else task

else:

    def start(work: Coroutine[Any, Any, None], loop: asyncio.AbstractEventLoop) -> asyncio.Task[None] | None:
        """Begin; answers the task if it could not end at once. The caller keeps it."""
        try:
            awaited = work.send(None)
        except StopIteration:
            return None
        return loop.create_task(_rest(work, awaited))

    @types.coroutine
    def _rest(work: Coroutine[Any, Any, None], awaited: Any) -> Generator[Any, Any, None]:
        """Everything after the first step: hand through what is awaited, what came, and what was thrown."""
        step, given = work.send, None
        while True:
            try:
                given = yield awaited
                step = work.send
            except BaseException as error:  # noqa: BLE001 - a cancellation belongs to the work too
                step, given = work.throw, error
            try:
                awaited = step(given)
            except StopIteration:
                return
