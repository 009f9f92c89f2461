"""What a started stack is: two servers that can be stopped and started again, their addresses, and fresh databases.

All calls block; in async code wrap them: `await asyncio.to_thread(servers.kafka.stop)`.
After `start` returns the server answers.
"""

from __future__ import annotations

import secrets
from collections.abc import Callable
from dataclasses import dataclass, field
from types import TracebackType
from typing import Literal, Protocol, Self

from sandbox.stack import databases

Kind = Literal["embedded", "containers", "external"]
Progress = Callable[[str, str, float], None]  # which server, what it is doing, how far it is from 0 to 1


class Server(Protocol):
    """One server of the stack. The port and the data stay the same over stop and start."""

    @property
    def name(self) -> str:
        """`kafka` or `postgres`."""

    @property
    def version(self) -> str:
        """What it is, for people."""

    @property
    def port(self) -> int:
        """Where it listens."""

    def is_running(self) -> bool:
        """Tell whether it runs."""

    def start(self) -> None:
        """Start it and return when it answers."""

    def stop(self, *, kill: bool = False) -> None:
        """Stop it and return when it is gone; with `kill` it crashes instead."""


@dataclass
class Stack:
    """A real Kafka and a real PostgreSQL. Use it as a context manager, or call `stop` at the end."""

    kind: Kind
    kafka: Server
    postgres: Server
    kafka_bootstrap: str
    database_owner_url: str
    can_stop: bool  # False: the servers are not ours, fault tests must be skipped
    place: str  # where data and logs lie, for people
    _close: Callable[[], None]
    _databases: list[str] = field(default_factory=list)

    def describe(self) -> str:
        """Say in one line what was chosen and where it is. No password in it."""
        database = databases.without_password(self.database_owner_url)
        kafka, postgres = f"{self.kafka.version} at {self.kafka_bootstrap}", f"{self.postgres.version} at {database}"
        return f"{self.kind}: {kafka}, {postgres}, {self.place}"

    def database(self, name: str | None = None, *, template: str | None = None) -> str:
        """Make a fresh database, as a copy of `template` if one is named, and give its owner's URL."""
        name = name or f"test_{secrets.token_hex(6)}"
        databases.create(self.database_owner_url, name, template)
        self._databases.append(name)
        return databases.address(self.database_owner_url, database=name)

    def drop_database(self, url_or_name: str) -> None:
        """Drop a database and whoever is connected to it."""
        name = databases.name_of(url_or_name)
        databases.drop(self.database_owner_url, name)
        if name in self._databases:
            self._databases.remove(name)

    def stop(self) -> None:
        """Stop everything this stack started and remove what it wrote; nothing happens the second time."""
        if not self.can_stop:  # on someone's own server only our databases go
            for name in list(self._databases):
                self.drop_database(name)
        self._close()

    def __enter__(self) -> Self:
        """Give the running stack."""
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Stop it."""
        self.stop()
