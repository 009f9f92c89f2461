"""The one timer of all connections: pings, and the end of who is silent, late, slow or absent.

Promises: no connection has a timer of its own, so ten thousand idle ones cost a look a second.
"""

from __future__ import annotations

import asyncio

from notifier.hub.connection import Connection, Moment
from notifier.hub.limits import Limits
from notifier.hub.long_polling import Polling
from notifier.hub.registry import Registry

SILENT = "nothing was heard from the client for too long"
LATE = "the handshake did not come in time"


class Timer:
    """Looks at every connection, again and again."""

    def __init__(self, registry: Registry, limits: Limits, moment: Moment) -> None:
        self._registry = registry
        self._limits = limits
        self._moment = moment

    async def run(self, stopping: asyncio.Event) -> None:
        """Look until `stopping`."""
        while not stopping.is_set():
            self.look()
            try:
                await asyncio.wait_for(stopping.wait(), self._limits.look_seconds)
            except TimeoutError:
                continue

    def look(self) -> None:
        """One look at all of them."""
        now = self._moment.update()
        for connection in self._registry:
            self._examine(connection, now)

    def _examine(self, connection: Connection, now: float) -> None:
        limits = self._limits
        if connection.is_closing:
            if now - connection.begun_at > limits.leave_seconds:
                connection.drop(connection.why)
        elif connection.stalled_since is not None and now - connection.stalled_since > limits.stall_seconds:
            connection.fall_behind()
        elif not connection.is_open:
            if now - connection.begun_at > limits.handshake_seconds:
                connection.close("late", LATE)
        elif isinstance(connection.transport, Polling):
            absent_since = connection.transport.absent_since
            if absent_since is not None and now - absent_since > limits.absent_seconds:
                connection.drop("silent")
        else:
            self._keep_alive(connection, now)

    def _keep_alive(self, connection: Connection, now: float) -> None:
        limits = self._limits
        if now - connection.last_received > limits.client_seconds:
            connection.close("silent", SILENT, allow_reconnect=True)
        elif now - connection.last_sent >= limits.ping_seconds and not connection.queue:
            assert connection.protocol is not None
            connection.put(connection.protocol.PING)
            connection.poke()
