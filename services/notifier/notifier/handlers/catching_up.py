"""What a client missed: the stream `since` of the hub, and a page of it over HTTP.

Promises: a client is told only of groups that its token may hear; what cannot be answered is said with its fix.
"""

from __future__ import annotations

from collections.abc import AsyncGenerator, Collection, Mapping, Sequence
from typing import Any

from libs.contracts.access import Person
from notifier.domain.groups import all_of
from notifier.handlers.feeding import Feeding, Forgotten, UnknownEvent
from notifier.hub.connection import Connection
from notifier.hub.dispatch import CallError
from notifier.hub.joining import check_right, named
from notifier.hub.limits import Limits

HOW = "give the id or the number of the last event you know (0: all that are kept), and groups if you like"
UNKNOWN = "no event of this id is kept: give 0 for all that are kept"
FORGOTTEN = "events behind this number are not kept any more: give 0 for all that are kept"
_LONGEST = 128
_DIGITS = 18


class CatchingUp:
    """Gives what was missed."""

    def __init__(self, feeding: Feeding, limits: Limits) -> None:
        self._feeding = feeding
        self._limits = limits

    async def since(self, connection: Connection, arguments: Sequence[Any]) -> AsyncGenerator[Mapping[str, Any], None]:
        """`since(event)` or `since(event, groups)`; without groups: those the connection is in, else all it may hear.

        Raises:
            CallError: the event is not known, not kept, or the groups are not for this token.
        """
        after = read_after(arguments[0] if arguments else None)
        if after is None or len(arguments) > 2:
            raise CallError(HOW)
        groups = self._groups(connection, arguments[1:])
        try:
            async for told in self._feeding.since(after, groups, sees_personal=connection.sees_personal):
                yield told
        except UnknownEvent:
            raise CallError(UNKNOWN) from None
        except Forgotten:
            raise CallError(FORGOTTEN) from None

    def _groups(self, connection: Connection, arguments: Sequence[Any]) -> Collection[str]:
        if arguments:
            names = named(arguments, self._limits)
            check_right(connection, names)
            return names
        return frozenset(connection.groups) or hearable(connection.person)


def hearable(person: Person) -> Collection[str]:
    """Every group that a person may hear."""
    return all_of(person.groups)


def read_after(given: Any) -> str | None:
    """A number from 0 or an event's id, as text; None: it is neither."""
    if isinstance(given, bool) or not isinstance(given, int | str):
        return None
    text = str(given)
    if not 0 < len(text) <= _LONGEST or text.startswith("-") or "\0" in text:
        return None
    return text if not text.isdigit() or len(text) <= _DIGITS else None
