"""Who listens to what.

Promises: joining twice is joining once; who is over is in no group; a group that nobody is in does not exist.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from types import MappingProxyType

from notifier.hub.connection import Connection

# In order of joining, which is about their order in memory: a broadcast goes through them a quarter faster than
# through a set.
Members = Mapping[Connection, None]
_NOBODY: Members = MappingProxyType({})


class Groups:
    """The members of every group."""

    def __init__(self) -> None:
        self._members: dict[str, dict[Connection, None]] = {}

    def __len__(self) -> int:
        return len(self._members)

    def join(self, connection: Connection, names: Iterable[str]) -> None:
        """Listen to these as well."""
        for name in names:
            self._members.setdefault(name, {})[connection] = None
            connection.groups.add(name)

    def leave(self, connection: Connection, names: Iterable[str]) -> None:
        """Listen to these no longer."""
        for name in list(names):
            connection.groups.discard(name)
            members = self._members.get(name)
            if members is not None:
                members.pop(connection, None)
                if not members:
                    del self._members[name]

    def members(self, names: Sequence[str]) -> Members:
        """Who listens to any of these, each once."""
        if len(names) == 1:
            return self._members.get(names[0], _NOBODY)
        every: dict[Connection, None] = {}
        for name in names:
            every.update(self._members.get(name, _NOBODY))
        return every
