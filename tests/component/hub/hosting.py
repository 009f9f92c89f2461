"""A hub on a really listening server, with the methods of the service and a few that only tests call."""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections.abc import AsyncGenerator, AsyncIterator, Sequence
from dataclasses import dataclass, field
from typing import Any

from pydantic import SecretStr

from libs.runtime.access import Access
from libs.runtime.serve import LongLived, bind, serve
from libs.runtime.settings import TokenEntry
from notifier.hub.connection import Connection
from notifier.hub.core import Hub
from notifier.hub.dispatch import CallError
from notifier.hub.endpoint import PATH, Endpoint
from notifier.hub.limits import Limits

TOKEN = "canary-hub-token-0123456789"
VIEWER = "canary-hub-viewer-0123456789"
LIMITED = "canary-hub-limited-012345678"
QUICK = Limits(leave_seconds=0.3)
"""As in operation, but a test waits no three seconds for who does not listen at a stop."""
PEOPLE = Access(
    [
        TokenEntry(role="operator", name="Олена", token=SecretStr(TOKEN)),
        TokenEntry(role="viewer", name="екран", token=SecretStr(VIEWER)),
        TokenEntry(role="viewer", name="сайт", groups=frozenset({"orders"}), token=SecretStr(LIMITED)),
    ]
)


@dataclass
class Hosted:
    """A running hub."""

    hub: Hub
    port: int
    stopping: asyncio.Event = field(default_factory=asyncio.Event)

    @property
    def address(self) -> str:
        """Where it listens."""
        return f"http://127.0.0.1:{self.port}"

    @property
    def url(self) -> str:
        """What a client is given."""
        return f"{self.address}{PATH}"

    def publish(self, group: str, number: int, **more: Any) -> int:
        """Say a small event."""
        envelope = {"number": number, "type": "sync.updated"} | more
        return self.hub.publish([group], {True: envelope, False: envelope})


@contextlib.asynccontextmanager
async def hosting(
    limits: Limits | None = None, origins: Sequence[str] = (), port: int = 0, copy: str = ""
) -> AsyncIterator[Hosted]:
    """A hub until the block ends; then it stops as the service does."""
    hub = make(limits, copy)
    bound = bind("127.0.0.1", port)
    hosted = Hosted(hub, bound.getsockname()[1])
    endpoint = Endpoint(hub, PEOPLE, origins)
    long_lived = LongLived(hub.leave, unacknowledged_seconds=1)
    serving = asyncio.create_task(serve(endpoint, bound, hosted.stopping, long_lived))
    timing = asyncio.create_task(hub.run(hosted.stopping))
    await asyncio.sleep(0.05)
    try:
        yield hosted
    finally:
        hosted.stopping.set()
        await asyncio.gather(serving, timing)


def make(limits: Limits | None = None, copy: str = "") -> Hub:
    """A hub with methods to try."""
    hub = Hub(time.monotonic, limits or QUICK, copy)
    hub.number = 0
    hub.define(
        {"nothing": _nothing, "echo": _echo, "refuse": _refuse, "break": _break, "wait": _wait}, {"count": _count}
    )
    return hub


async def _nothing(_connection: Connection, _arguments: Sequence[Any]) -> None:
    return None


async def _echo(_connection: Connection, arguments: Sequence[Any]) -> Any:
    return arguments[0]


async def _refuse(_connection: Connection, _arguments: Sequence[Any]) -> None:
    raise CallError("this is refused")


async def _break(_connection: Connection, _arguments: Sequence[Any]) -> None:
    raise KeyError("canary-of-a-bug")


async def _wait(_connection: Connection, arguments: Sequence[Any]) -> str:
    await asyncio.sleep(float(arguments[0]))
    return "waited"


async def _count(_connection: Connection, arguments: Sequence[Any]) -> AsyncGenerator[Any, None]:
    for number in range(int(arguments[0])):
        yield {"number": number}
        await asyncio.sleep(0)
