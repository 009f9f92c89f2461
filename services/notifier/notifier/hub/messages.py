"""What a client and the hub say to each other, apart from how it is written.

Promises: values only; a message that the other side may send and that we do not know is `Unknown`, never an error
(newer clients say more than we listen to).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import IntEnum
from typing import Any, TypeAlias


class Kind(IntEnum):
    """The `type` of a message, as the protocol's specification numbers it."""

    INVOCATION = 1
    STREAM_ITEM = 2
    COMPLETION = 3
    STREAM_INVOCATION = 4
    CANCEL_INVOCATION = 5
    PING = 6
    CLOSE = 7


class ProtocolError(ValueError):
    """What a client sent cannot be read; the message says what is wrong and repeats nothing of it."""


@dataclass(frozen=True, slots=True)
class Invocation:
    """A method is called; without an id no answer is awaited, nor ever given."""

    target: str
    arguments: Sequence[Any]
    invocation_id: str | None = None
    stream_ids: tuple[str, ...] = ()
    """Streams that the client would upload."""
    fault: str | None = None
    """Why the arguments cannot be used, where only they are wrong: the caller is told, the connection lives."""


@dataclass(frozen=True, slots=True)
class StreamInvocation:
    """A method is called whose results come one by one."""

    target: str
    arguments: Sequence[Any]
    invocation_id: str
    stream_ids: tuple[str, ...] = ()
    fault: str | None = None


@dataclass(frozen=True, slots=True)
class StreamItem:
    """One result of a stream."""

    invocation_id: str
    item: Any


@dataclass(frozen=True, slots=True)
class Completion:
    """The one answer to a call: an error, a result, or neither."""

    invocation_id: str
    result: Any = None
    has_result: bool = False
    error: str | None = None


@dataclass(frozen=True, slots=True)
class CancelInvocation:
    """No more results of this stream, please."""

    invocation_id: str


@dataclass(frozen=True, slots=True)
class Ping:
    """I am still here."""


@dataclass(frozen=True, slots=True)
class Close:
    """It is over; a client comes back by itself only where it is allowed to."""

    error: str | None = None
    allow_reconnect: bool = False


@dataclass(frozen=True, slots=True)
class Unknown:
    """A message of another kind; nothing is done about it."""

    kind: int


Message: TypeAlias = Invocation | StreamInvocation | StreamItem | Completion | CancelInvocation | Ping | Close | Unknown
