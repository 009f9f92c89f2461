"""What the official client's matrix must come to, whatever runs it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from notifier.hub.connection import Connection
from tests.component.hub.hosting import Hosted

WAYS = (
    "websockets json", "websockets messagepack", "sse json", "long polling json", "long polling messagepack",
    "auto json", "auto messagepack", "without negotiation", "stateful reconnect asked for",
)  # fmt: skip


def let_say(hosted: Hosted) -> None:
    """Give the hub the method that the matrix is pushed to by."""

    async def say(connection: Connection, arguments: Sequence[Any]) -> bool:
        """A push to the caller's own copy of a group, so that the ways tried side by side do not mix."""
        if arguments[0] in connection.groups:
            own = f"{arguments[0]} of {connection.id}"
            hosted.hub.groups.join(connection, [own])
            hosted.publish(own, arguments[1])
            hosted.hub.groups.leave(connection, [own])
        return True

    hosted.hub.define({"say": say}, {})


def judge(told: Any) -> None:
    """Every way must have come to the same."""
    for way in WAYS:
        outcome = told[way]
        assert "failed" not in outcome, f"{way}: {outcome['failed']}"
        assert outcome == {
            "invoke": True, "anyCase": 7, "void": True, "streamAsInvoke": outcome["streamAsInvoke"],
            "refused": "this is refused", "broken": "something of ours failed; the log says where",
            "unknown": outcome["unknown"], "joined": ["orders"], "pushed": 1, "left": [], "afterLeaving": 3,
            "stream": 100, "cancelled": True, "afterCancel": "alive", "unknownStream": outcome["unknownStream"],
            "upload": outcome["upload"], "large": 12000, "stopped": True,
            # Without negotiation the client only knows that the transport failed.
            "wrongToken": way != "without negotiation",
        }, way  # fmt: skip
        assert "no such method" in outcome["unknown"]
        assert "call it with stream" in outcome["streamAsInvoke"]
        assert "no such stream" in outcome["unknownStream"]
        assert "takes no streams" in outcome["upload"]
