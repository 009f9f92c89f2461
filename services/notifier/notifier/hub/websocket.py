"""The WebSockets transport.

Promises: text frames for JSON and binary ones for MessagePack, whichever the client's own are; one client's calls are
carried out one after the other, and reading waits meanwhile; refusals come with their HTTP status, before the upgrade.
"""

from __future__ import annotations

import asyncio
from typing import Any

from libs.runtime.health import Receive, Send
from notifier.hub.connection import Connection
from notifier.hub.inbound import Inbound
from notifier.hub.pushing import Pushing

NAME = "websockets"
_NORMAL = 1000


async def serve(connection: Connection, inbound: Inbound, receive: Receive, send: Send) -> None:
    """Carry the connection until one side ends it."""
    await receive()  # websocket.connect
    await send({"type": "websocket.accept"})

    async def write(data: bytes) -> None:
        protocol = connection.protocol
        if protocol is None or protocol.IS_TEXT:
            await send({"type": "websocket.send", "text": data.decode()})
        else:
            await send({"type": "websocket.send", "bytes": data})

    async def finish() -> None:
        await send({"type": "websocket.close", "code": _NORMAL})

    connection.transport = Pushing(NAME, connection, write, finish)
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
