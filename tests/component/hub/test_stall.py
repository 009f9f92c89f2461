"""Clients that stop reading: the others go on as if they were not there."""

from __future__ import annotations

import asyncio
import contextlib
import os
import socket as sockets
from collections.abc import AsyncIterator, Sequence
from dataclasses import replace

import orjson
import psutil
from websockets.asyncio.client import ClientConnection

from notifier.hub.connection import SLOW
from notifier.hub.limits import Limits
from tests.component.hub.hosting import TOKEN, Hosted, hosting
from tests.component.hub.raw import HUB, SHAKE, asking, call, hear, negotiated, shaken, until_closed
from tests.component.runtime.rig import until

CLIENTS, STALLED = 48, 2
TEXT = "x" * 20_000
JOIN = b'{"type":1,"target":"subscribe","arguments":["orders"]}\x1e'
UPGRADE = (
    b"Upgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n"
    b"Sec-WebSocket-Version: 13"
)
PATIENT = Limits(stall_seconds=60, look_seconds=0.05, leave_seconds=0.3)
"""Nobody is let go for a write that takes long, so whatever holds others up holds them up for good."""


async def test_two_stalled_clients_of_fifty_hold_up_nobody_and_are_dropped() -> None:
    """While their writes hang 48 hear everything in order; at the bound two are dropped and 48 go on."""
    async with hosting(PATIENT) as hosted, _crowd(hosted, CLIENTS, STALLED) as healthy:
        assert await _heard_by_all(hosted, healthy, range(40)) == [list(range(40))] * CLIENTS
        hanging = [one for one in hosted.hub.registry if one.stalled_since is not None]
        assert (len(hosted.hub.registry), len(hanging)) == (CLIENTS + STALLED, STALLED)

        assert await _heard_by_all(hosted, healthy, range(40, 120)) == [list(range(40, 120))] * CLIENTS
        await until(lambda: len(hosted.hub.registry) == CLIENTS, 10)
        assert [(one.why, one.queue) for one in hanging] == [("slow", [])] * STALLED


async def test_a_stalled_stream_of_events_holds_up_nobody_either() -> None:
    """Server-Sent Events whose client reads no more: 4 hear everything, the stream is let go at the bound."""
    async with hosting(PATIENT) as hosted, asking(hosted) as http, _crowd(hosted, 4, 0) as healthy:
        key = (await negotiated(http))["connectionToken"]
        stream = await asyncio.to_thread(_begin, hosted.port, f"/hubs/keycrm?id={key}", b"Accept: text/event-stream")
        await http.post(HUB, params={"id": key}, content=SHAKE + JOIN)
        assert await _heard_by_all(hosted, healthy, range(40)) == [list(range(40))] * 4
        (hanging,) = [one for one in hosted.hub.registry if one.stalled_since is not None]
        assert await _heard_by_all(hosted, healthy, range(40, 120)) == [list(range(40, 120))] * 4
        await until(lambda: len(hosted.hub.registry) == 4, 10)
        assert (hanging.why, hanging.queue) == ("slow", [])
        stream.close()


async def test_what_stalled_clients_do_not_take_is_not_kept() -> None:
    """Sixty megabytes of events, of which each client may let one wait: nothing like it stays in memory."""
    me = psutil.Process(os.getpid())
    async with hosting(PATIENT) as hosted, _crowd(hosted, 2, STALLED) as healthy:
        await _heard_by_all(hosted, healthy, range(20))
        before = me.memory_info().rss
        for first in range(20, 3020, 20):
            await _heard_by_all(hosted, healthy, range(first, first + 20))
        assert me.memory_info().rss - before < 30e6
        assert len(hosted.hub.registry) == 2


async def test_a_client_that_is_let_go_for_reading_too_slowly_is_told_so_if_it_reads_on() -> None:
    """A WebSocket and a poll: the reason, and that it may come back, in place of all that waited."""
    async with hosting(replace(PATIENT, leave_seconds=10)) as hosted, asking(hosted) as http:
        at = {"id": (await negotiated(http))["connectionToken"]}
        await http.get(HUB, params=at)
        await http.post(HUB, params=at, content=SHAKE + JOIN)
        async with shaken(hosted, max_queue=1) as ws:
            await call(ws, "subscribe", "orders")
            polling, reading = hosted.hub.registry
            while not (polling.is_closing and reading.is_closing):
                hosted.publish("orders", 1, text=TEXT)
                await asyncio.sleep(0.001)
            word = {"type": 7, "error": SLOW, "allowReconnect": True}
            assert (await until_closed(ws))[-1] == word
        told = (await http.get(HUB, params=at)).content
        assert orjson.loads(told[:-1]) == word
        assert (await http.get(HUB, params=at)).status_code == 204
        await until(lambda: not len(hosted.hub.registry), 5)


async def test_a_client_that_only_stalls_is_dropped_by_time() -> None:
    """Less than the bound waits, but the write in hand does not end; then the kernel lets its descriptor go too."""
    limits = Limits(stall_seconds=0.5, look_seconds=0.05, leave_seconds=0.3)
    async with hosting(limits) as hosted:
        descriptors = psutil.Process().num_fds
        base = descriptors()
        stalled = await asyncio.to_thread(_stall, hosted.port)
        await until(lambda: any("orders" in one.groups for one in hosted.hub.registry), 10)
        (connection,) = hosted.hub.registry
        while connection.stalled_since is None:
            hosted.publish("orders", 1, text=TEXT)
            await asyncio.sleep(0.001)
        await until(lambda: not len(hosted.hub.registry), 10)
        assert connection.why == "slow"
        await until(lambda: descriptors() == base + 1, 20)  # the client's own end is still open
        stalled.close()


@contextlib.asynccontextmanager
async def _crowd(hosted: Hosted, clients: int, stalled: int) -> AsyncIterator[list[ClientConnection]]:
    """Healthy clients, and beside them some that stopped reading after they had subscribed."""
    async with contextlib.AsyncExitStack() as stack:
        healthy = [await stack.enter_async_context(shaken(hosted)) for _ in range(clients)]
        for ws in healthy:
            await call(ws, "subscribe", "orders")
        for _ in range(stalled):
            stack.callback((await asyncio.to_thread(_stall, hosted.port)).close)
        await until(lambda: sum("orders" in one.groups for one in hosted.hub.registry) == clients + stalled, 10)
        yield healthy


async def _heard_by_all(hosted: Hosted, healthy: Sequence[ClientConnection], numbers: range) -> list[list[int]]:
    """Say these, and what each healthy client hears of them."""
    hearing = [asyncio.create_task(_numbers(ws, len(numbers))) for ws in healthy]
    for number in numbers:
        hosted.publish("orders", number, text=f"{number}{TEXT}")
        await asyncio.sleep(0)
    return await asyncio.gather(*hearing)


def _stall(port: int) -> sockets.socket:
    """A client that shakes hands, subscribes, and reads no more."""
    raw = _begin(port, "/hubs/keycrm", UPGRADE)
    for data in (SHAKE, JOIN):
        raw.sendall(bytes([0x82, 0x80 | len(data), 0, 0, 0, 0]) + data)  # masked with nought
    return raw


def _begin(port: int, address: str, header: bytes) -> sockets.socket:
    """A request whose answer has begun; the window is small."""
    raw = sockets.socket()
    raw.setsockopt(sockets.SOL_SOCKET, sockets.SO_RCVBUF, 8192)
    raw.connect(("127.0.0.1", port))
    raw.sendall(
        b"GET " + address.encode() + b" HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer " + TOKEN.encode() + b"\r\n"
        + header + b"\r\n\r\n"
    )  # fmt: skip
    answer = b""
    while b"\r\n\r\n" not in answer:
        answer += raw.recv(4096)
    return raw


async def _numbers(ws: ClientConnection, count: int) -> list[int]:
    heard: list[int] = []
    while len(heard) < count:
        heard += [event["arguments"][0]["number"] for event in await hear(ws, 20)]
    return heard
