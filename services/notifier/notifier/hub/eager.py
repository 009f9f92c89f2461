"""A coroutine whose first step was made by hand goes on inside a task.

Promises: nearly every write to a client ends in its first step, so a broadcast to a thousand makes no thousand tasks;
one that must wait goes on as a task, from the future that its first step came to. What `Task(eager_start=True)` of
Python 3.12 does, without its task.
"""

from __future__ import annotations

import types
from collections.abc import Coroutine, Generator
from typing import Any


@types.coroutine
def go_on(work: Coroutine[Any, Any, None], awaited: Any) -> Generator[Any, Any, None]:
    """Everything after the first step: hand through what is awaited, what came, and what was thrown."""
    step: Any
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
