"""The writer of a connection whose transport takes bytes at any time: WebSockets and Server-Sent Events.

Promises: one write at a time and in order; what came together leaves as one frame; a client that does not read blocks
its own writer and nobody else's.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable

from notifier.hub import eager
from notifier.hub.connection import Connection


class Pushing:
    """Writes what waits, as long as something waits."""

    __slots__ = ("_connection", "_finish", "_is_busy", "_loop", "_reader", "_task", "_write", "is_text_only", "name")

    def __init__(
        self,
        name: str,
        connection: Connection,
        write: Callable[[bytes], Awaitable[None]],
        finish: Callable[[], Awaitable[None]],
        *,
        is_text_only: bool = False,
    ) -> None:
        self.name = name
        self.is_text_only = is_text_only
        self._connection = connection
        self._write = write
        self._finish = finish
        self._loop = asyncio.get_running_loop()
        self._reader = asyncio.current_task()
        self._task: asyncio.Task[None] | None = None
        self._is_busy = False

    def poke(self) -> None:
        """Begin to write, unless that is going on."""
        if not self._is_busy:
            self._is_busy = True
            self._task = eager.start(self._drain(), self._loop)

    def abort(self) -> None:
        """Give up the write in hand, and end the task that reads."""
        if self._task is not None:
            self._task.cancel()
        if self._reader is not None and self._reader is not asyncio.current_task():
            self._reader.cancel()

    async def _drain(self) -> None:
        connection = self._connection
        try:
            while connection.queue:
                data = connection.take()
                connection.stalled_since = connection.moment.now
                await self._write(data)
                connection.stalled_since = None
                connection.last_sent = connection.moment.now
            if connection.is_closing and not connection.is_over:
                await self._finish()
        except Exception:  # noqa: BLE001 - whatever the server raises for a client that is gone
            connection.drop("gone")
        finally:
            self._is_busy = False
