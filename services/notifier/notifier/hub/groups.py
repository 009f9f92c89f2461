"""Who listens to what.

Promises: joining twice is joining once; who is over is in no group; a group that nobody is in does not exist.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence, Set

from notifier.hub.connection import Connection

_NOBODY: frozenset[Connection] = frozenset()


class Groups:
    """The members of every group."""

    def __init__(self) -> None:
        self._members: dict[str, set[Connection]] = {}

    def __len__(self) -> int:
        return len(self._members)

    def join(self, connection: Connection, names: Iterable[str]) -> None:
        """Listen to these as well."""
        for name in names:
            self._members.setdefault(name, set()).add(connection)
            connection.groups.add(name)

    def leave(self, connection: Connection, names: Iterable[str]) -> None:
        """Listen to these no longer."""
        for name in list(names):
            connection.groups.discard(name)
            members = self._members.get(name)
            if members is not None:
                members.discard(connection)
                if not members:
                    del self._members[name]

    def members(self, names: Sequence[str]) -> Set[Connection]:
        """Who listens to any of these, each once."""
        if len(names) == 1:
            return self._members.get(names[0], _NOBODY)
        return set().union(*(self._members.get(name, _NOBODY) for name in names))
