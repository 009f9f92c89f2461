"""SignalR's MessagePack protocol: each message is an array, with its length in front as a variable-length integer.

Promises: the same as the JSON protocol's. Headers are written as an empty map, which the JavaScript and .NET clients
insist on. Lengths are checked before anything is kept or unpacked, so a length of two gigabytes costs nothing.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import msgpack

from notifier.hub import messages as m
from notifier.hub.limits import Limits
from notifier.hub.reading import arguments_fault, optional_text, text, texts

NAME = "messagepack"
IS_TEXT = False
PING = b"\x02\x91\x06"
_PREFIX_BYTES = 5
_NO_HEADERS: dict[str, str] = {}
_ERROR, _VOID, _RESULT = 1, 2, 3


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
        self._rest += data
        while (found := self._whole()) is not None:
            begin, end = found
            record, self._rest = self._rest[begin:end], self._rest[end:]
            yield read(record, self._limits)

    def _whole(self) -> tuple[int, int] | None:
        """Where the first complete message begins and ends; None: more must come."""
        length = 0
        for place, byte in enumerate(self._rest[:_PREFIX_BYTES]):
            length |= (byte & 0x7F) << (7 * place)
            if not byte & 0x80:
                break
        else:
            if len(self._rest) >= _PREFIX_BYTES:
                raise m.ProtocolError("a message's length has at most five bytes")
            return None
        if length > self._limits.message_bytes:
            raise m.ProtocolError(f"a message has at most {self._limits.message_bytes} bytes")
        begin, end = place + 1, place + 1 + length
        return (begin, end) if len(self._rest) >= end else None


def read(record: bytes, limits: Limits) -> m.Message:
    """One message, without its length.

    Raises:
        ProtocolError: it is none.
    """
    try:
        told = msgpack.unpackb(record, raw=False, strict_map_key=False)
    # Unpacking raises a dozen types for bytes that are no MessagePack, some of them plain ones.
    except (ValueError, TypeError, RecursionError, OverflowError, msgpack.UnpackException):
        raise m.ProtocolError("a message is not MessagePack") from None
    if not isinstance(told, list) or not told:
        raise m.ProtocolError("a message is not a MessagePack array")
    kind = told[0]
    if not isinstance(kind, int) or isinstance(kind, bool):
        raise m.ProtocolError("the message's type is no whole number")
    try:
        return _made(kind, told, limits)
    except IndexError:
        raise m.ProtocolError("a message has too few items") from None


def _made(kind: int, told: Sequence[Any], limits: Limits) -> m.Message:
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
            return m.StreamItem(_id(told, limits), told[3])
        case m.Kind.COMPLETION:
            return m.Completion(_id(told, limits))
        case m.Kind.CANCEL_INVOCATION:
            return m.CancelInvocation(_id(told, limits))
        case m.Kind.PING:
            return m.Ping()
        case m.Kind.CLOSE:
            return m.Close(optional_text("error", told[1] if len(told) > 1 else None, limits.message_bytes))
    return m.Unknown(kind)


def _invocation(told: Sequence[Any], limits: Limits) -> m.Invocation:
    fault = arguments_fault(told[4], limits)
    return m.Invocation(
        text("target", told[3], limits.name_characters),
        () if fault else tuple(told[4] or ()),
        optional_text("invocationId", told[2], limits.id_characters) or None,
        texts("streamIds", told[5] if len(told) > 5 else None, limits.id_characters),
        fault,
    )


def _id(told: Sequence[Any], limits: Limits) -> str:
    return text("invocationId", told[2], limits.id_characters)


def write(message: m.Message) -> bytes:
    """One message with its length in front."""
    packed: bytes = msgpack.packb(_written(message), use_bin_type=True)
    return prefix(len(packed)) + packed


def prefix(length: int) -> bytes:
    """A length as seven bits a byte, the lowest first."""
    made = bytearray()
    while length > 0x7F:
        made.append(length & 0x7F | 0x80)
        length >>= 7
    return bytes([*made, length])


def _written(message: m.Message) -> list[Any]:
    match message:
        case m.Invocation():
            return [m.Kind.INVOCATION, _NO_HEADERS, None, message.target, list(message.arguments), []]
        case m.StreamItem():
            return [m.Kind.STREAM_ITEM, _NO_HEADERS, message.invocation_id, message.item]
        case m.Completion():
            return [m.Kind.COMPLETION, _NO_HEADERS, message.invocation_id, *_outcome(message)]
        case m.Ping():
            return [m.Kind.PING]
        case m.Close():
            return [m.Kind.CLOSE, message.error, message.allow_reconnect]
    raise TypeError(f"the hub never says {type(message).__name__}")


def _outcome(message: m.Completion) -> tuple[Any, ...]:
    if message.error is not None:
        return (_ERROR, message.error)
    return (_RESULT, message.result) if message.has_result else (_VOID,)
