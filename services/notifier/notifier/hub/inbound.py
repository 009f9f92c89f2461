"""Bytes of a client, whatever carried them: the handshake first, then messages.

Promises: what cannot be read ends the connection with a Close that says why; a client counts, and hears anything, only
after its handshake was answered; anything it says keeps it alive.
"""

from __future__ import annotations

import structlog

from libs.runtime import metrics
from notifier.hub import handshake
from notifier.hub.connection import Connection
from notifier.hub.dispatch import Dispatch
from notifier.hub.limits import Limits
from notifier.hub.messages import ProtocolError

log = structlog.get_logger("notifier.hub")


class Inbound:
    """Takes what clients send."""

    def __init__(self, dispatch: Dispatch, limits: Limits) -> None:
        self._dispatch = dispatch
        self._limits = limits

    def begin(self, connection: Connection) -> None:
        """The transport is there: now the handshake may come."""
        assert connection.transport is not None
        connection.begun_at = connection.last_received = connection.moment.update()
        connection.reader = handshake.Handshake(self._limits, is_text_only=connection.transport.is_text_only)

    async def take(self, connection: Connection, data: bytes) -> None:
        """Carry out what these bytes complete."""
        connection.last_received = connection.moment.update()
        if connection.is_closing or not data:
            return
        try:
            if connection.protocol is None:
                data = self._shake(connection, data)
            if connection.protocol is not None:
                for message in connection.reader.feed(data):
                    await self._dispatch.handle(connection, message)
                    if connection.is_closing:
                        return
        except ProtocolError as error:
            self._refuse(connection, str(error))

    def _shake(self, connection: Connection, data: bytes) -> bytes:
        """The handshake, and what came behind it."""
        found = connection.reader.feed(data)
        if found is None:
            return b""
        protocol, rest = found
        connection.put(handshake.ACCEPTED)
        connection.protocol, connection.reader = protocol, protocol.Reader(self._limits)
        connection.form = handshake.form(protocol, sees_personal=connection.sees_personal)
        connection.is_open = True
        assert connection.transport is not None
        metrics.HUB_CONNECTIONS.labels(connection.transport.name).inc()
        connection.poke()
        return bytes(rest)

    def _refuse(self, connection: Connection, why: str) -> None:
        log.debug("client.refused", why=why)  # counted; a line each would let a client fill the log
        if connection.protocol is None:
            connection.put(handshake.refusal(why))
        connection.close("unreadable", why)
