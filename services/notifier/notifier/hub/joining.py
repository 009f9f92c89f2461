"""`subscribe` and `unsubscribe`: what a client listens to.

Promises: a group that does not exist or may not be heard is refused by name of the fix, and nothing of that call is
done; joining is not kept over a reconnect.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from notifier.domain.groups import GROUPS, is_group, may_listen, normal
from notifier.hub.connection import Connection
from notifier.hub.dispatch import CallError
from notifier.hub.groups import Groups
from notifier.hub.limits import Limits

HOW = "give one argument: the name of a group, or an array of names"
WHICH = f"there are the groups {', '.join(GROUPS)} and order:<id>"


def named(arguments: Sequence[Any], limits: Limits) -> list[str]:
    """The groups that a call names.

    Raises:
        CallError: it does not name groups.
    """
    given = arguments[0] if len(arguments) == 1 else None
    names = [given] if isinstance(given, str) else given
    if not isinstance(names, list) or not names or not all(isinstance(name, str) for name in names):
        raise CallError(HOW)
    if len(names) > limits.groups:
        raise CallError(f"at most {limits.groups} groups at once")
    found = [normal(name) for name in names]
    if not all(map(is_group, found)):
        raise CallError(WHICH)
    return found


def check_right(connection: Connection, names: Sequence[str]) -> None:
    """Whether this person may hear these.

    Raises:
        CallError: not all of them.
    """
    if not all(may_listen(name, connection.person.groups) for name in names):
        allowed = ", ".join(sorted(connection.person.groups or ()))
        raise CallError(f"this token may not listen to that group; it may listen to {allowed or 'none'}")


def join(groups: Groups, connection: Connection, arguments: Sequence[Any], limits: Limits) -> list[str]:
    """Listen to more; answers all that is listened to now.

    Raises:
        CallError: a name is none, or not for this person, or these are too many.
    """
    names = named(arguments, limits)
    check_right(connection, names)
    if len(connection.groups.union(names)) > limits.groups:
        raise CallError(f"at most {limits.groups} groups for one connection: leave some first")
    groups.join(connection, names)
    return sorted(connection.groups)


def leave(groups: Groups, connection: Connection, arguments: Sequence[Any], limits: Limits) -> list[str]:
    """Listen to less; answers all that is still listened to.

    Raises:
        CallError: it does not name groups.
    """
    groups.leave(connection, named(arguments, limits))
    return sorted(connection.groups)
