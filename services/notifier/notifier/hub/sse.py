"""The Server-Sent Events transport: what the hub says is one long answer, what the client says comes by POST.

Promises: the first bytes are a comment that is sent at once (Firefox and .NET wait for it); each event is one line
`data: …`, since a record never holds a line break; a client that goes away is noticed.
"""

from __future__ import annotations

import asyncio
from typing import Any

from libs.runtime.health import Receive, Send
from notifier.hub.answers import Headers
from notifier.hub.connection import Connection
from notifier.hub.inbound import Inbound
from notifier.hub.pushing import Pushing

NAME = "sse"
_OPENING = b":\r\n"
_HEADERS: Headers = [
    (b"content-type", b"text/event-stream"),
    (b"cache-control", b"no-cache, no-store"),
    (b"content-encoding", b"identity"),
    (b"x-accel-buffering", b"no"),
]

_END = {"type": "http.response.body", "body": b""}


def _wrapped(data: bytes) -> dict[str, Any]:
    return {"type": "http.response.body", "body": b"data: " + data + b"\r\n\r\n", "more_body": True}


async def serve(connection: Connection, inbound: Inbound, receive: Receive, send: Send, headers: Headers) -> None:
    """Carry the connection until one side ends it."""
    connection.transport = Pushing(NAME, connection, send, _wrapped, _END, is_text_only=True)
    inbound.begin(connection)
    try:
        await send({"type": "http.response.start", "status": 200, "headers": [*_HEADERS, *headers]})
        await send({"type": "http.response.body", "body": _OPENING, "more_body": True})
        while (await receive())["type"] != "http.disconnect":
            continue
    except asyncio.CancelledError:
        if not connection.is_over:  # else the hub has let this client go, and the request ends quietly
            raise
    finally:
        connection.drop("left")
