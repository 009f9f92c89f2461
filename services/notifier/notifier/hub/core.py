"""The hub put together: connections, groups, what can be called, and what is said.

Promises: once it stops nothing new begins, and every client is told to come back before the server lets go of it.
"""

from __future__ import annotations

import secrets
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import Any

from libs.contracts.access import Person
from notifier.hub import joining
from notifier.hub.answers import Refused
from notifier.hub.broadcast import Broadcast
from notifier.hub.connection import Connection, Moment
from notifier.hub.dispatch import AWAY, CallError, Dispatch, Method, Stream
from notifier.hub.groups import Groups
from notifier.hub.inbound import Inbound
from notifier.hub.limits import Limits
from notifier.hub.registry import Full, Registry
from notifier.hub.timer import Timer

TARGET = "event"
"""The client's method that each event is said to, with one argument: the envelope."""
_TOKEN_BYTES = 24
Change = Callable[[Groups, Connection, Sequence[Any], Limits], list[str]]


class Hub:
    """One process's clients."""

    def __init__(self, monotonic: Callable[[], float], limits: Limits | None = None, copy: str = "") -> None:
        """`copy`: what its clients' tokens begin with, so that a balancer knows whose they are."""
        self.limits = limits or Limits()
        self.moment = Moment(monotonic)
        self.groups = Groups()
        self.registry = Registry(self.limits, self.moment, self.groups, partial(_token, copy))
        self._dispatch = Dispatch(self.limits)
        self.inbound = Inbound(self._dispatch, self.limits)
        self.is_stopping = False
        self.number: int | None = None
        """The newest event of the feed that was said; None: it is not known yet where the feed stands."""
        self._broadcast = Broadcast(self.groups, self.moment, TARGET, self.limits.queue_bytes)
        self.run = Timer(self.registry, self.limits, self.moment).run
        joins = {"subscribe": joining.join, "unsubscribe": joining.leave}
        self.define({name: partial(self._change_groups, change) for name, change in joins.items()}, {})

    def define(self, methods: Mapping[str, Method], streams: Mapping[str, Stream]) -> None:
        """Further methods and streams that clients may call."""
        self._dispatch.define(methods, streams)

    def publish(self, groups: Sequence[str], versions: Mapping[bool, Any]) -> int:
        """Say one event to all who listen; `versions`: for who may see personal data, and for who may not."""
        return self._broadcast.publish(groups, versions)

    async def _change_groups(self, change: Change, connection: Connection, arguments: Sequence[Any]) -> Any:
        """Answers the groups that are listened to from now on, and the newest event that is not said to them live.

        Raises:
            CallError: where the feed stands is not known yet.
        """
        if self.number is None:
            raise CallError(AWAY)
        return {"groups": change(self.groups, connection, arguments, self.limits), "number": self.number}

    @property
    def is_flushing(self) -> bool:
        """Whether something that was said is not handed to the transports yet."""
        return self._broadcast.is_flushing

    def add(self, person: Person) -> Connection:
        """A connection without negotiation.

        Raises:
            Refused: the hub is full.
        """
        try:
            return self.registry.add(person, is_secret=True)
        except Full as full:
            raise Refused(503, f"{full}.", "limit", [(b"retry-after", b"15")]) from None

    async def leave(self) -> None:
        """Begin nothing new, tell every client to come back, and wait a little until they have heard it."""
        self.is_stopping = True
        self.moment.update()
        for connection in self.registry:
            connection.close("stopping", allow_reconnect=True)
        await self.registry.until_empty(self.limits.leave_seconds)
        for connection in self.registry:
            connection.drop("stopping")


def _token(copy: str) -> str:
    return f"{copy}." * bool(copy) + secrets.token_urlsafe(_TOKEN_BYTES)
