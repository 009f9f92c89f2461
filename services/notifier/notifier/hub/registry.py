"""All connections of this process, found by their secret tokens.

Promises: a token is at least 128 random bits and works for the person who negotiated it only; what a client is shown
(`connectionId`) opens nothing; there are never more connections than the limits say, nor any left of who is gone.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections import Counter
from collections.abc import Callable, Iterator

import structlog

from libs.contracts.access import Person
from libs.runtime import metrics
from notifier.hub.connection import Connection, Moment
from notifier.hub.groups import Groups
from notifier.hub.limits import Limits

log = structlog.get_logger("notifier.hub")


class Full(Exception):
    """No more connections now, or none for this person; the message says which."""


class Registry:
    """Connections from negotiation to end."""

    def __init__(self, limits: Limits, moment: Moment, groups: Groups, new_token: Callable[[], str]) -> None:
        self._limits = limits
        self._moment = moment
        self._groups = groups
        self._new_token = new_token
        self._known: dict[str, Connection] = {}
        self._of_person: Counter[str] = Counter()
        self._emptied: asyncio.Event | None = None

    def __len__(self) -> int:
        return len(self._known)

    def __iter__(self) -> Iterator[Connection]:
        return iter(list(self._known.values()))

    def add(self, person: Person, *, is_secret: bool) -> Connection:
        """A new connection; without a secret token its id opens it, as old clients expect.

        Raises:
            Full: there are as many as there may be.
        """
        if len(self._known) >= self._limits.connections:
            raise Full("the hub has as many connections as it may: try again later")
        if self._of_person[person.name] >= self._limits.connections_per_person:
            raise Full("this person has as many connections as a person may: end some")
        name = self._new_token()
        key = self._new_token() if is_secret else name
        connection = Connection(name, key, person, self._moment, self._limits, self._over)
        self._known[key] = connection
        self._of_person[person.name] += 1
        return connection

    def find(self, key: str, person: Person) -> Connection | None:
        """The connection of this token, if it is this person's."""
        connection = self._known.get(key)
        return connection if connection is not None and connection.person == person else None

    async def until_empty(self, seconds: float) -> None:
        """Wait until nobody is left, or as long as this."""
        if not self._known:
            return
        self._emptied = asyncio.Event()
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(self._emptied.wait(), seconds)

    def _over(self, connection: Connection) -> None:
        if self._known.pop(connection.key, None) is None:
            return
        if self._emptied is not None and not self._known:
            self._emptied.set()
        self._groups.leave(connection, connection.groups)
        self._of_person[connection.person.name] -= 1
        if self._of_person[connection.person.name] <= 0:
            del self._of_person[connection.person.name]
        transport = connection.transport.name if connection.transport is not None else "none"
        if connection.is_open:
            metrics.HUB_CONNECTIONS.labels(transport).dec()
        metrics.HUB_ENDED.labels(transport, connection.why).inc()
        log.debug("client.gone", role=connection.person.role.value, transport=transport, why=connection.why)
