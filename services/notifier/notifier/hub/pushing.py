"""The writer of a connection whose transport takes bytes at any time: WebSockets and Server-Sent Events.

Promises: one write at a time and in order; what came together leaves as one frame; a client that does not read blocks
its own writer and nobody else's.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Coroutine
from typing import Any

from libs.runtime.health import Send
from notifier.hub.connection import Connection
from notifier.hub.eager import go_on
from notifier.hub.frames import Frame

_ENDED = object()
Wrap = Callable[[bytes], dict[str, Any]]


class Pushing:
    """Writes what waits, as long as something waits."""

    __slots__ = (
        "_connection", "_finish", "_is_busy", "_loop", "_reader", "_send", "_takes_frames", "_task", "_wrap",
        "is_text_only", "name",
    )  # fmt: skip

    def __init__(
        self,
        name: str,
        connection: Connection,
        send: Send,
        wrap: Wrap,
        finish: dict[str, Any],
        *,
        is_text_only: bool = False,
        takes_frames: bool = False,
    ) -> None:
        """`wrap`: bytes as the server takes them, unless it takes frames; `finish`: what ends it all in order."""
        self.name = name
        self.is_text_only = is_text_only
        self._connection = connection
        # uvicorn's `send` is a coroutine function, as ASGI's are; only coroutines can be begun by hand.
        self._send: Callable[[dict[str, Any]], Coroutine[Any, Any, None]] = send  # type: ignore[assignment]
        self._wrap = wrap
        self._takes_frames = takes_frames
        self._finish = finish
        self._loop = asyncio.get_running_loop()
        self._reader = asyncio.current_task()
        self._task: asyncio.Task[None] | None = None
        self._is_busy = False

    def poke(self) -> None:
        """Write all that waits, unless a write is going on; what must wait goes on in a task."""
        if self._is_busy:
            return
        connection = self._connection
        queue = connection.queue
        while queue:
            data = connection.take()
            work = self._send(data.event if type(data) is Frame and self._takes_frames else self._wrap(data))
            try:
                # The first step; `next` with a default makes no exception of a coroutine that has ended.
                awaited = next(work.__await__(), _ENDED)
            except Exception:  # noqa: BLE001 - whatever the server raises for a client that is gone
                connection.drop("gone")
                return
            if awaited is not _ENDED:
                self._is_busy = True
                connection.stalled_since = connection.moment.now
                self._task = self._loop.create_task(self._wait(go_on(work, awaited)), name="hub-write")
                return
        connection.last_sent = connection.moment.now
        if connection.is_closing and not connection.is_over:
            self._is_busy = True
            self._task = self._loop.create_task(self._end(), name="hub-end")

    def abort(self) -> None:
        """Give up the write in hand, and end the task that reads."""
        if self._task is not None:
            self._task.cancel()
        if self._reader is not None and self._reader is not asyncio.current_task():
            self._reader.cancel()

    async def _wait(self, writing: Awaitable[None]) -> None:
        connection = self._connection
        try:
            await writing
        except Exception:  # noqa: BLE001 - whatever the server raises for a client that is gone
            connection.drop("gone")
        connection.stalled_since = None
        connection.last_sent = connection.moment.now
        self._is_busy = False
        self.poke()

    async def _end(self) -> None:
        """In order; nothing is written afterwards."""
        try:
            await self._send(self._finish)
        except Exception:  # noqa: BLE001 - whatever the server raises for a client that is gone
            self._connection.drop("gone")
