"""Two Python clients that others wrote, in both protocols."""

from __future__ import annotations

import asyncio
import contextlib
import json
import sys
import threading
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from signalrcore.hub_connection_builder import HubConnectionBuilder
from signalrcore.types import HubProtocolEncoding

from notifier.hub.limits import Limits
from tests.component.hub.hosting import TOKEN, Hosted, hosting
from tests.component.runtime.rig import until

PROGRAM = Path(__file__).parent / "pysignalr_program.py"


@pytest.mark.parametrize("protocol", ["json", "messagepack"])
async def test_pysignalr_calls_streams_listens_and_comes_back(protocol: str) -> None:
    """A call, an unknown stream, a stream, an event; after a restart it is connected again and hears the next."""
    async with contextlib.AsyncExitStack() as stack:
        async with hosting() as hosted:
            told = await stack.enter_async_context(_running(hosted.url, protocol))
            await until(lambda: _listeners(hosted) == 1, 20)
            hosted.publish("orders", 1)
            await until(lambda: {"event": 1} in told, 15)
            await until(lambda: {"item": 1} in told, 15)
            port, first = hosted.port, list(told)
        async with hosting(port=port) as hosted:
            await until(lambda: _listeners(hosted) == 1, 20)
            hosted.publish("orders", 2)
            await until(lambda: {"event": 2} in told, 15)

    assert {"told": {"a": "ї"}} in first
    assert {"error": "there is no such stream; there are count"} in first
    assert [one for one in first if "item" in one] == [{"item": 0}, {"item": 1}]
    assert [one for one in told if "event" in one] == [{"event": 1}, {"event": 2}]


@pytest.mark.parametrize("encoding", [HubProtocolEncoding.text, HubProtocolEncoding.binary])
async def test_signalrcore_calls_and_listens(encoding: Any) -> None:
    """It says version 0 in its handshake, and runs in threads of its own."""
    told: list[Any] = []
    opened = threading.Event()

    def on_event(arguments: Any) -> None:
        told.append(arguments[0]["number"])

    def on_answer(message: Any) -> None:
        told.append(message.result)

    # Its stop waits until something arrives once more: a ping does.
    async with hosting(Limits(ping_seconds=0.3, look_seconds=0.05, leave_seconds=0.3)) as hosted:
        client: Any = (
            HubConnectionBuilder()
            .with_url(hosted.url.replace("http", "ws", 1), options={"access_token_factory": lambda: TOKEN})
            .with_automatic_reconnect({"type": "raw", "keep_alive_interval": 1, "max_attempts": 1})
            .with_hub_protocol(encoding)
            .build()
        )
        client.on_open(opened.set)
        client.on("event", on_event)
        await asyncio.to_thread(client.start)
        assert await asyncio.to_thread(opened.wait, 15)
        await asyncio.to_thread(client.send, "subscribe", ["orders"])
        await asyncio.to_thread(client.send, "echo", ["ї"], on_answer)
        await until(lambda: "ї" in told and _listeners(hosted) == 1, 15)
        hosted.publish("orders", 1)
        await until(lambda: 1 in told, 15)
        await asyncio.to_thread(client.stop)
        await until(lambda: not len(hosted.hub.registry), 15)
    assert told == ["ї", 1]


@contextlib.asynccontextmanager
async def _running(url: str, protocol: str) -> AsyncIterator[list[Any]]:
    """What the program has said so far."""
    child = await asyncio.create_subprocess_exec(
        sys.executable, str(PROGRAM), url, TOKEN, protocol,
        stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.DEVNULL,
    )  # fmt: skip
    told: list[Any] = []
    reading = asyncio.create_task(_read(child, told))
    try:
        yield told
    finally:
        child.kill()
        await child.wait()
        await reading


async def _read(child: asyncio.subprocess.Process, told: list[Any]) -> None:
    assert child.stdout is not None
    async for line in child.stdout:
        told.append(json.loads(line))


def _listeners(hosted: Hosted) -> int:
    return sum("orders" in one.groups for one in hosted.hub.registry)
