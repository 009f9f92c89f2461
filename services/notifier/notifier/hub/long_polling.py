"""The Long Polling transport: the client asks again and again, and each answer holds all that has waited.

Promises: the first poll is answered at once, empty (clients shake hands only then); a poll that another overtakes is
answered 204 and takes nothing along; after the last word polls are answered 204; who does not ask is forgotten.
"""

from __future__ import annotations

import asyncio
import contextlib
from typing import Any

from libs.runtime.health import Receive, Send
from notifier.hub.answers import BYTES, Headers, answer
from notifier.hub.connection import Connection
from notifier.hub.inbound import Inbound

NAME = "long_polling"


class Polling:
    """What wakes the poll that waits; there is at most one."""

    is_text_only = False
    name = NAME

    def __init__(self) -> None:
        self.waiting: asyncio.Future[bool] | None = None
        self.absent_since: float | None = None
        """When the last poll was answered; None: one waits."""

    def poke(self) -> None:
        """Something waits: the poll is answered with it."""
        self._wake(is_overtaken=False)

    def abort(self) -> None:
        """The connection is over."""
        self._wake(is_overtaken=False)

    def overtake(self) -> None:
        """A newer poll has come."""
        self._wake(is_overtaken=True)

    def _wake(self, *, is_overtaken: bool) -> None:
        if self.waiting is not None and not self.waiting.done():
            self.waiting.set_result(is_overtaken)


async def begin(connection: Connection, inbound: Inbound, send: Send, headers: Headers) -> None:
    """The first poll."""
    polling = Polling()
    connection.transport = polling
    inbound.begin(connection)
    polling.absent_since = connection.moment.now
    await answer(send, 200, b"", BYTES, headers)


async def poll(
    connection: Connection, polling: Polling, receive: Receive, send: Send, headers: Headers, seconds: float
) -> None:
    """A later poll: wait for news, and hand it over."""
    polling.overtake()
    waiting = polling.waiting = asyncio.get_running_loop().create_future()
    polling.absent_since = None
    try:
        if not connection.queue and not connection.is_closing:
            await _until(waiting, receive, seconds)
        if (waiting.done() and waiting.result()) or (not connection.queue and connection.is_closing):
            await answer(send, 204, headers=headers)
            if connection.is_closing and polling.waiting is waiting:
                connection.drop(connection.why)
            return
        data = connection.take() if connection.queue else b""
        connection.last_sent = connection.moment.now
        await answer(send, 200, data, BYTES, headers)
    finally:
        if polling.waiting is waiting:
            polling.waiting = None
            polling.absent_since = connection.moment.update()


async def _until(waiting: asyncio.Future[bool], receive: Receive, seconds: float) -> None:
    """Wait until woken, the client is gone, or it was long enough."""
    leaving = asyncio.create_task(_disconnect(receive), name="hub-poll")
    both: set[asyncio.Future[Any]] = {waiting, leaving}
    try:
        await asyncio.wait(both, timeout=seconds, return_when=asyncio.FIRST_COMPLETED)
    finally:
        leaving.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await leaving


async def _disconnect(receive: Receive) -> None:
    while (await receive())["type"] != "http.disconnect":
        continue
