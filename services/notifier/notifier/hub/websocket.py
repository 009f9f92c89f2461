"""The WebSockets transport.

Promises: text frames for JSON and binary ones for MessagePack, whichever the client's own are; one client's calls are
carried out one after the other, and reading waits meanwhile; refusals come with their HTTP status, before the upgrade.
"""

from __future__ import annotations

import asyncio
from typing import Any

from libs.runtime.health import Receive, Send
from notifier.hub.connection import Connection
from notifier.hub.frames import websocket_event
from notifier.hub.inbound import Inbound
from notifier.hub.pushing import Pushing

NAME = "websockets"
_CLOSE = {"type": "websocket.close", "code": 1000}


async def serve(connection: Connection, inbound: Inbound, receive: Receive, send: Send) -> None:
    """Carry the connection until one side ends it."""
    await receive()  # websocket.connect
    await send({"type": "websocket.accept"})

    def wrap(data: bytes) -> dict[str, Any]:
        return websocket_event(connection.protocol, data)

    connection.transport = Pushing(NAME, connection, send, wrap, _CLOSE, takes_frames=True)
    inbound.begin(connection)
    try:
        while (data := _data(await receive())) is not None:
            await inbound.take(connection, data)
    except asyncio.CancelledError:
        if not connection.is_over:  # else the hub has let this client go, and the request ends quietly
            raise
    finally:
        connection.drop("left")


def _data(event: Any) -> bytes | None:
    """What a client sent; None: it has gone."""
    if event["type"] == "websocket.disconnect":
        return None
    data: bytes | None = event.get("bytes")
    return str(event.get("text") or "").encode() if data is None else data
