"""The hub, and a bare loop that sends a ready frame: `python -m tests.bench.hub_doors hub|bare --port N`.

Both run in our own server with its settings. `GET /say?times=&pause=&bytes=&together=` makes them say events to all
who listen and answers when all is handed to the server: `together` events in one turn, `pause` seconds between turns.
The bare loop awaits each client in turn, which a hub must never do: it is the ceiling, not an alternative.
"""

from __future__ import annotations

import argparse
import asyncio
import signal
import time
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import uvloop
from pydantic import SecretStr

from libs.runtime.access import Access
from libs.runtime.health import Receive, Scope, Send
from libs.runtime.run import calm_collector
from libs.runtime.serve import LongLived, bind, serve
from libs.runtime.settings import TokenEntry
from notifier.domain.envelopes import versions
from notifier.hub import json_protocol
from notifier.hub.answers import Request, answer
from notifier.hub.core import TARGET, Hub
from notifier.hub.endpoint import Endpoint
from notifier.hub.limits import Limits
from notifier.hub.messages import Invocation

TOKEN = "bench-hub-token-0123456789"
EVENT = {
    "entity": "order", "bindingId": 123456, "vmsId": "2b0c3a3e-0000-4000-8000-0000000001f4", "keycrmId": 501234,
    "side": "vms", "fields": ["status", "tracking_code"], "actor": "inbound-apply", "details": {"number": "104201"},
}  # fmt: skip
Say = Callable[[dict[str, Any]], Any]


def envelope(size: int) -> dict[str, Any]:
    """An event as it is said, with the moment it was said at; `size` bytes more for large ones."""
    told = versions(
        1, "2b0c3a3e-1111-4000-8000-0000000001f4", "sync.updated", datetime.now(UTC), EVENT, "https://a.example"
    )
    return {"at": time.monotonic(), **told[True], "filling": "x" * size}


class Bare:
    """Sends a ready frame to every client, one after the other."""

    def __init__(self) -> None:
        self._sends: list[Send] = []

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """One WebSocket: a handshake is answered, whatever else comes is passed over."""
        await receive()
        await send({"type": "websocket.accept"})
        await receive()
        await send({"type": "websocket.send", "text": "{}\x1e"})
        self._sends.append(send)
        while (await receive())["type"] != "websocket.disconnect":
            continue
        self._sends.remove(send)

    async def say(self, told: dict[str, Any]) -> None:
        """One event."""
        frame = {"type": "websocket.send", "text": json_protocol.write(Invocation(TARGET, (told,))).decode()}
        for send in list(self._sends):
            await send(frame)


def _hub() -> tuple[Hub, Endpoint]:
    hub = Hub(time.monotonic, Limits(connections_per_person=10_000))  # all of them come with one token
    hub.number = 0
    return hub, Endpoint(hub, Access([TokenEntry(role="admin", name="bench", token=SecretStr(TOKEN))]), ())


async def main(which: str, port: int) -> None:
    """Serve until SIGTERM."""
    stopping = asyncio.Event()
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, stopping.set)
    hub, endpoint = _hub()
    bare = Bare()

    async def say(told: dict[str, Any]) -> None:
        if which == "bare":
            await bare.say(told)
        else:
            hub.publish(["orders"], {True: told, False: told})

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http" and scope["path"] == "/say":
            await _say(Request(scope).query, say, hub)
            await answer(send, 200)
        elif which == "bare":
            await bare(scope, receive, send)
        else:
            await endpoint(scope, receive, send)

    calm_collector()
    timer = asyncio.create_task(hub.run(stopping))
    await serve(app, bind("127.0.0.1", port), stopping, LongLived(hub.leave))
    await timer


async def _say(asked: dict[str, str], say: Callable[[dict[str, Any]], Any], hub: Hub) -> None:
    for _ in range(int(asked["times"])):
        for _ in range(int(asked.get("together", "1"))):
            await say(envelope(int(asked.get("bytes", "0"))))
        await asyncio.sleep(float(asked.get("pause", "0")))
        while hub.is_flushing:  # noqa: ASYNC110 - turns of the loop are what is waited for
            await asyncio.sleep(0)


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("which", choices=("hub", "bare"))
    parser.add_argument("--port", type=int, required=True)
    asked = parser.parse_args()
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        runner.run(main(asked.which, asked.port))
