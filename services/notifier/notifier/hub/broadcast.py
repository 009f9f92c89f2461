"""One event to everybody who listens.

Promises: it is written once for each protocol and view, however many listen; it waits for nobody; all that is said in
one turn of the event loop leaves each client's queue as one write. The loop over the members does as little as it can:
it is what a delivery costs beside the server's own write.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from typing import Any

from notifier.hub import messages as m
from notifier.hub.connection import Connection, Moment
from notifier.hub.frames import Frame, frame
from notifier.hub.groups import Groups
from notifier.hub.handshake import FORMS

_AT_ONCE = 500
"""So many are written to before others of the loop have their turn."""


class Broadcast:
    """Says events to groups."""

    def __init__(self, groups: Groups, moment: Moment, target: str, queue_bytes: int) -> None:
        self._groups = groups
        self._moment = moment
        self._target = target
        self._queue_bytes = queue_bytes
        self._dirty: dict[Connection, None] = {}
        self._flushing: list[Connection] = []
        self._is_flush_due = False

    def publish(self, names: Sequence[str], versions: Mapping[bool, Any]) -> int:
        """Say one event; `versions` is its envelope for who may see personal data and who may not.

        Answers how many listen.
        """
        members = self._groups.members(names)
        frames: list[Frame | None] = [None] * len(FORMS)
        most, late = self._queue_bytes, []
        for connection in members:
            data = frames[connection.form] or self._frame(frames, connection.form, versions)
            if connection.is_closing:
                continue
            connection.queue.append(data)
            connection.queued = queued = connection.queued + len(data)
            if queued > most:
                late.append(connection)
        self._dirty.update(members)
        for connection in late:  # not while the members are gone through
            connection.fall_behind()
        self._flush_soon()
        return len(members)

    def _frame(self, frames: list[Frame | None], form: int, versions: Mapping[bool, Any]) -> Frame:
        protocol, sees_personal = FORMS[form]
        said = m.Invocation(self._target, (versions[sees_personal],))
        made = frames[form] = frame(protocol, protocol.write(said))
        return made

    @property
    def is_flushing(self) -> bool:
        """Whether something waits to be handed to the transports."""
        return bool(self._dirty or self._flushing)

    def _flush_soon(self) -> None:
        if not self._is_flush_due and (self._dirty or self._flushing):
            self._is_flush_due = True
            asyncio.get_running_loop().call_soon(self._flush)

    def _flush(self) -> None:
        self._is_flush_due = False
        self._moment.update()
        if not self._flushing:
            self._flushing, self._dirty = list(self._dirty), {}
        for connection in self._flushing[:_AT_ONCE]:
            connection.poke()
        del self._flushing[:_AT_ONCE]
        self._flush_soon()
