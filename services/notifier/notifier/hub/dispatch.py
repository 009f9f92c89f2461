"""Calls of clients: one after the other for each connection, answered once.

Promises: while a call is carried out no more of that client is read, so it cannot pile up work; streams run beside, a
few at a time and only as fast as the client takes them. A caller is told what he did wrong; of a failure of ours he is
told that there was one.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncGenerator, Awaitable, Callable, Mapping, Sequence
from functools import partial
from typing import Any

from libs.runtime.errors import WorldUnavailable
from libs.runtime.outcomes import tell_bug
from notifier.hub import messages as m
from notifier.hub.connection import Connection
from notifier.hub.limits import Limits

Method = Callable[[Connection, Sequence[Any]], Awaitable[Any]]
Stream = Callable[[Connection, Sequence[Any]], AsyncGenerator[Any, None]]
NO_UPLOAD = "this hub takes no streams from clients"
OURS = "something of ours failed; the log says where"
AWAY = "the database does not answer: try again in a few seconds"


class CallError(Exception):
    """A call cannot be carried out; the message is for the caller and repeats nothing he sent."""


class Dispatch:
    """The hub's methods and streams, by their names in lower case."""

    def __init__(self, limits: Limits) -> None:
        self._methods: dict[str, Method] = {}
        self._streams: dict[str, Stream] = {}
        self._limits = limits

    def define(self, methods: Mapping[str, Method], streams: Mapping[str, Stream]) -> None:
        """What can be called."""
        self._methods.update({name.lower(): method for name, method in methods.items()})
        self._streams.update({name.lower(): stream for name, stream in streams.items()})

    async def handle(self, connection: Connection, message: m.Message) -> None:
        """Do what a message asks for; what needs nothing done is ignored."""
        match message:
            case m.Invocation():
                await self._invoke(connection, message)
            case m.StreamInvocation():
                self._begin(connection, message)
            case m.CancelInvocation():
                if (task := connection.streams.get(message.invocation_id)) is not None:
                    task.cancel()
            case m.Close():
                connection.end("left")

    async def _invoke(self, connection: Connection, call: m.Invocation) -> None:
        answer = m.Completion(call.invocation_id or "")
        try:
            method = self._method(call)
            result = await method(connection, call.arguments)
            answer = m.Completion(answer.invocation_id, result, result is not None)
        except Exception as error:  # noqa: BLE001 - a method that breaks is told, and the connection goes on
            answer = m.Completion(answer.invocation_id, error=_told(error))
        if call.invocation_id is not None:
            connection.say(answer)

    def _method(self, call: m.Invocation) -> Method:
        name = call.target.lower()
        if name in self._streams:
            raise CallError("this is a stream: call it with stream, not with invoke or send")
        if name not in self._methods:
            raise CallError(f"there is no such method; there are {', '.join(sorted(self._methods))}")
        _check(call)
        return self._methods[name]

    def _begin(self, connection: Connection, call: m.StreamInvocation) -> None:
        name = call.target.lower()
        try:
            if call.invocation_id in connection.streams:
                raise CallError("a stream with this invocationId is running")
            if name in self._methods:
                raise CallError("this is no stream: call it with invoke or send")
            if name not in self._streams:
                raise CallError(f"there is no such stream; there are {', '.join(sorted(self._streams))}")
            if len(connection.streams) >= self._limits.streams:
                raise CallError(f"at most {self._limits.streams} streams run at once")
            _check(call)
        except CallError as error:
            connection.say(m.Completion(call.invocation_id, error=str(error)))
            return
        running = _run(connection, call.invocation_id, self._streams[name](connection, call.arguments))
        task = asyncio.create_task(running, name="hub-stream")
        connection.streams[call.invocation_id] = task
        task.add_done_callback(partial(_ended, connection, call.invocation_id))


def _check(call: m.Invocation | m.StreamInvocation) -> None:
    if call.fault is not None:
        raise CallError(call.fault)
    if call.stream_ids:
        raise CallError(NO_UPLOAD)


async def _run(connection: Connection, invocation_id: str, items: AsyncGenerator[Any, None]) -> str | None:
    """Send the items; answers what went wrong."""
    try:
        async with contextlib.aclosing(items):
            async for item in items:
                await connection.until_room()
                connection.say(m.StreamItem(invocation_id, item))
    except Exception as failure:  # noqa: BLE001 - a stream that breaks is told, and the connection goes on
        return _told(failure)
    return None


def _ended(connection: Connection, invocation_id: str, task: asyncio.Task[str | None]) -> None:
    """A cancelled stream is completed too, as the protocol wants it."""
    connection.streams.pop(invocation_id, None)
    connection.say(m.Completion(invocation_id, error=None if task.cancelled() else task.result()))


def _told(error: Exception) -> str:
    if isinstance(error, CallError):
        return str(error)
    if isinstance(error, WorldUnavailable):
        return AWAY
    tell_bug("hub", error)
    return OURS
