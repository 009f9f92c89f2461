"""What clients of Server-Sent Events and Long Polling send: POST for messages, DELETE for the end.

Promises: messages are carried out in the order of their POSTs; a POST is answered once it was read and carried out.
"""

from __future__ import annotations

import asyncio

from libs.runtime.health import Receive, Send
from notifier.hub import long_polling, websocket
from notifier.hub.answers import Headers, Refused, answer, body
from notifier.hub.connection import Connection
from notifier.hub.inbound import Inbound


async def post(
    connection: Connection, inbound: Inbound, receive: Receive, send: Send, headers: Headers, most: int
) -> None:
    """Take what the client says.

    Raises:
        Refused: the connection's transport takes no POST, or the body is too large.
    """
    if connection.transport is None:
        raise Refused(404, "This connection has no transport yet: ask with GET first.")
    if connection.transport.name == websocket.NAME:
        raise Refused(405, "This connection is a WebSocket: send there.")
    connection.turn = connection.turn or asyncio.Lock()
    async with connection.turn:
        data = await body(receive, most)
        await inbound.take(connection, data)
    await answer(send, 200, headers=headers)


async def delete(connection: Connection, send: Send, headers: Headers) -> None:
    """The client leaves.

    Raises:
        Refused: its transport is ended by closing it.
    """
    if connection.transport is None or connection.transport.name != long_polling.NAME:
        raise Refused(400, "Only a Long Polling connection is ended by DELETE.")
    connection.drop("left")
    await answer(send, 202, headers=headers)
