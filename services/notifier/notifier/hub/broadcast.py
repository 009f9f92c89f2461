"""One event to everybody who listens.

Promises: it is written once for each protocol and view, however many listen; it waits for nobody; all that is said in
one turn of the event loop leaves each client's queue as one write.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from itertools import islice
from types import ModuleType
from typing import Any

from notifier.hub import messages as m
from notifier.hub.connection import Connection, Moment
from notifier.hub.groups import Groups

_AT_ONCE = 500
"""So many are written to before others of the loop have their turn."""


class Broadcast:
    """Says events to groups."""

    def __init__(self, groups: Groups, moment: Moment, target: str) -> None:
        self._groups = groups
        self._moment = moment
        self._target = target
        self._dirty: dict[Connection, None] = {}
        self._is_flush_due = False

    def publish(self, names: Sequence[str], versions: Mapping[bool, Any]) -> int:
        """Say one event; `versions` is its envelope for who may see personal data and who may not.

        Answers how many listen.
        """
        written: dict[tuple[ModuleType, bool], bytes] = {}
        late: list[Connection] = []
        members = self._groups.members(names)
        for connection in members:
            protocol = connection.protocol
            if protocol is None or connection.is_closing:
                continue
            key = protocol, connection.sees_personal
            data = written.get(key)
            if data is None:
                data = written[key] = protocol.write(m.Invocation(self._target, (versions[key[1]],)))
            connection.queue.append(data)
            connection.queued += len(data)
            if connection.is_behind:
                late.append(connection)
            self._dirty[connection] = None
        for connection in late:  # not while the members are gone through
            connection.drop("slow")
        self._flush_soon()
        return len(members)

    def _flush_soon(self) -> None:
        if self._dirty and not self._is_flush_due:
            self._is_flush_due = True
            asyncio.get_running_loop().call_soon(self._flush)

    def _flush(self) -> None:
        self._is_flush_due = False
        self._moment.update()
        now = list(islice(self._dirty, _AT_ONCE))
        for connection in now:
            del self._dirty[connection]
            connection.poke()
        self._flush_soon()
