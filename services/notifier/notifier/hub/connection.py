"""One client: what waits for it, when it was last heard of, and how it ends.

Promises: nothing here ever waits. Saying something puts bytes into a bounded queue; the transport writes them when the
client takes them. A client that lets more than the bound pile up is let go, alone, and told why if it still listens.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from types import ModuleType
from typing import Any, Protocol

from libs.contracts.access import Person
from notifier.hub import messages as m
from notifier.hub.limits import Limits

SLOW = "the client reads too slowly: come back and ask since for what was missed"


class Transport(Protocol):
    """What carries a connection's bytes."""

    name: str
    is_text_only: bool

    def poke(self) -> None:
        """Something waits, or the connection is closing: write what can be written."""

    def abort(self) -> None:
        """The connection is over: let go of the client at once, whatever it still takes."""


class Moment:
    """The present, as of the last look: one clock for all connections, read once a tick."""

    __slots__ = ("_monotonic", "now")

    def __init__(self, monotonic: Callable[[], float]) -> None:
        self._monotonic = monotonic
        self.now = monotonic()

    def update(self) -> float:
        """Look at the clock."""
        self.now = self._monotonic()
        return self.now


class Connection:
    """One client, from its negotiation to its end."""

    __slots__ = (
        "_on_over", "begun_at", "drained", "form", "groups", "id", "is_closing", "is_open", "is_over", "key",
        "last_received", "last_sent", "limits", "moment", "person", "protocol", "queue", "queued", "reader",
        "sees_personal", "stalled_since", "streams", "transport", "turn", "why",
    )  # fmt: skip

    def __init__(
        self, name: str, key: str, person: Person, moment: Moment, limits: Limits, on_over: Callable[[Connection], None]
    ) -> None:
        self.id = name
        self.key = key
        """What `id` in the address must be: the secret token, or the id where no token was negotiated."""
        self.person = person
        self.sees_personal = person.sees_personal
        self.moment = moment
        self.limits = limits
        self._on_over = on_over
        self.begun_at = self.last_received = self.last_sent = moment.update()
        self.stalled_since: float | None = None
        self.queue: list[bytes] = []
        self.queued = 0
        self.transport: Transport | None = None
        self.protocol: ModuleType | None = None
        self.form = 0
        """Whose bytes of a broadcast are the same: those of one protocol and one right to see personal data."""
        self.reader: Any = None
        self.groups: set[str] = set()
        self.streams: dict[str, asyncio.Task[str | None]] = {}
        self.turn: asyncio.Lock | None = None
        self.drained: asyncio.Event | None = None
        self.is_open = self.is_closing = self.is_over = False
        self.why = ""

    def say(self, message: m.Message) -> None:
        """Queue a message and begin to write it."""
        if self.protocol is not None and not self.is_closing:
            self.put(self.protocol.write(message))
            self.poke()

    def put(self, data: bytes) -> None:
        """Queue bytes; the broadcaster pokes many connections at once afterwards."""
        if self.is_closing or self.is_over:
            return
        self.queue.append(data)
        self.queued += len(data)
        if self.queued > self.limits.queue_bytes:
            self.fall_behind()

    def poke(self) -> None:
        """Let the transport write."""
        if self.transport is not None:
            self.transport.poke()

    def take(self) -> bytes:
        """All that waits, as one piece."""
        queue = self.queue
        data = queue[0] if len(queue) == 1 else b"".join(queue)
        queue.clear()
        self.queued = 0
        if self.drained is not None:
            self.drained.set()
        return data

    async def until_room(self) -> None:
        """For streams: wait until the client has taken most of what it was sent."""
        while self.queued > self.limits.stream_bytes and not self.is_closing:
            self.drained = self.drained or asyncio.Event()
            self.drained.clear()
            await self.drained.wait()

    def fall_behind(self) -> None:
        """What waits is given up; the reason is said instead, if the client takes it within the time for last words."""
        if self.is_closing or self.is_over:
            return
        self.queue.clear()
        self.queued = 0
        self.close("slow", SLOW, allow_reconnect=True)

    def close(self, why: str, error: str | None = None, *, allow_reconnect: bool = False) -> None:
        """The last word: a Close message behind all that waits; nothing is queued afterwards."""
        if self.is_closing or self.is_over:
            return
        if self.protocol is not None:
            self.queue.append(self.protocol.write(m.Close(error, allow_reconnect)))
        self.end(why)

    def end(self, why: str) -> None:
        """No last word but what waits already."""
        if self.is_closing or self.is_over:
            return
        self.is_closing, self.why = True, why
        self.begun_at = self.moment.now  # the time it is given for its last words
        self._cancel_streams()
        if self.transport is None:
            self.drop(why)
        else:
            self.transport.poke()

    def drop(self, why: str) -> None:
        """At once and without a word."""
        if self.is_over:
            return
        self.is_over = self.is_closing = True
        self.why = self.why or why
        self._cancel_streams()
        self.queue.clear()
        self.queued = 0
        self._on_over(self)
        if self.transport is not None:
            self.transport.abort()

    def _cancel_streams(self) -> None:
        for task in list(self.streams.values()):
            task.cancel()
        if self.drained is not None:
            self.drained.set()
