"""SignalR's JSON protocol: each message is one JSON object, ended by the record separator.

Promises: bytes may arrive cut anywhere and several messages at once; a message over the limit is refused before all of
it has been kept; what cannot be read is a `ProtocolError` that repeats none of it.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import orjson

from notifier.hub import messages as m
from notifier.hub.limits import Limits
from notifier.hub.reading import arguments_fault, optional_text, text, texts

NAME = "json"
SEPARATOR = b"\x1e"
IS_TEXT = True
"""WebSocket frames must be text: the JavaScript client takes nothing else."""
PING = b'{"type":6}\x1e'


class Reader:
    """One client's bytes, made messages."""

    def __init__(self, limits: Limits) -> None:
        self._limits = limits
        self._rest = b""

    def feed(self, data: bytes) -> Iterator[m.Message]:
        """The messages that are complete now.

        Raises:
            ProtocolError: one cannot be read or is too long; the connection cannot go on.
        """
        *whole, self._rest = (self._rest + data).split(SEPARATOR)
        for record in whole:
            if len(record) > self._limits.message_bytes:
                raise m.ProtocolError(f"a message has at most {self._limits.message_bytes} bytes")
            yield read(record, self._limits)
        if len(self._rest) > self._limits.message_bytes:
            raise m.ProtocolError(f"a message has at most {self._limits.message_bytes} bytes")


def read(record: bytes, limits: Limits) -> m.Message:
    """One message, without its separator.

    Raises:
        ProtocolError: it is none.
    """
    try:
        told = orjson.loads(record)
    except (orjson.JSONDecodeError, RecursionError):
        raise m.ProtocolError("a message is not JSON") from None
    if not isinstance(told, dict):
        raise m.ProtocolError("a message is not a JSON object")
    kind = told.get("type")
    if not isinstance(kind, int) or isinstance(kind, bool):
        raise m.ProtocolError("type: is missing or no whole number")
    return _made(kind, told, limits)


def _made(kind: int, told: Mapping[str, Any], limits: Limits) -> m.Message:
    match kind:
        case m.Kind.INVOCATION:
            return _invocation(told, limits)
        case m.Kind.STREAM_INVOCATION:
            called = _invocation(told, limits)
            if called.invocation_id is None:
                raise m.ProtocolError("invocationId: a stream needs one")
            return m.StreamInvocation(
                called.target, called.arguments, called.invocation_id, called.stream_ids, called.fault
            )
        case m.Kind.STREAM_ITEM:
            return m.StreamItem(_id(told, limits), told.get("item"))
        case m.Kind.COMPLETION:
            return m.Completion(_id(told, limits), told.get("result"), "result" in told, None)
        case m.Kind.CANCEL_INVOCATION:
            return m.CancelInvocation(_id(told, limits))
        case m.Kind.PING:
            return m.Ping()
        case m.Kind.CLOSE:
            return m.Close(optional_text("error", told.get("error"), limits.message_bytes))
    return m.Unknown(kind)


def _invocation(told: Mapping[str, Any], limits: Limits) -> m.Invocation:
    arguments = told.get("arguments")
    fault = arguments_fault(arguments, limits)
    return m.Invocation(
        text("target", told.get("target"), limits.name_characters),
        () if fault else tuple(arguments or ()),
        optional_text("invocationId", told.get("invocationId"), limits.id_characters) or None,
        texts("streamIds", told.get("streamIds"), limits.id_characters),
        fault,
    )


def _id(told: Mapping[str, Any], limits: Limits) -> str:
    return text("invocationId", told.get("invocationId"), limits.id_characters)


def write(message: m.Message) -> bytes:
    """One message with its separator."""
    return orjson.dumps(_written(message)) + SEPARATOR


def _written(message: m.Message) -> dict[str, Any]:
    match message:
        case m.Invocation():
            return {"type": m.Kind.INVOCATION, "target": message.target, "arguments": list(message.arguments)}
        case m.StreamItem():
            return {"type": m.Kind.STREAM_ITEM, "invocationId": message.invocation_id, "item": message.item}
        case m.Completion():
            return _completion(message)
        case m.Ping():
            return {"type": m.Kind.PING}
        case m.Close():
            error = {} if message.error is None else {"error": message.error}
            return {"type": m.Kind.CLOSE} | error | ({"allowReconnect": True} if message.allow_reconnect else {})
    raise TypeError(f"the hub never says {type(message).__name__}")


def _completion(message: m.Completion) -> dict[str, Any]:
    told: dict[str, Any] = {"type": m.Kind.COMPLETION, "invocationId": message.invocation_id}
    if message.error is not None:
        return told | {"error": message.error}
    return told | {"result": message.result} if message.has_result else told
