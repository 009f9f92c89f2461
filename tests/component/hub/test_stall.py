"""Clients that stop reading: the others go on as if they were not there."""

from __future__ import annotations

import asyncio
import contextlib
import os
import socket as sockets

import psutil
from websockets.asyncio.client import ClientConnection

from notifier.hub.limits import Limits
from tests.component.hub.hosting import hosting
from tests.component.hub.raw import SHAKE, call, shaken
from tests.component.runtime.rig import until

CLIENTS, STALLED, ROUNDS = 48, 2, 120
TEXT = "x" * 20_000


async def test_two_stalled_clients_of_fifty_hold_up_nobody_and_are_dropped() -> None:
    """Twenty kilobytes again and again: 48 hear all of it in order, two are dropped, memory stays bounded."""
    limits = Limits(queue_bytes=400_000, stall_seconds=1, look_seconds=0.05, leave_seconds=0.3)
    me = psutil.Process(os.getpid())
    async with hosting(limits) as hosted, contextlib.AsyncExitStack() as stack:
        healthy = [await stack.enter_async_context(shaken(hosted)) for _ in range(CLIENTS)]
        for ws in healthy:
            await call(ws, "subscribe", "orders")
        stalled = [await asyncio.to_thread(_stall, hosted.port) for _ in range(STALLED)]
        await until(lambda: sum("orders" in one.groups for one in hosted.hub.registry) == CLIENTS + STALLED, 10)
        hearing = [asyncio.create_task(_numbers(ws)) for ws in healthy]
        before = me.memory_info().rss
        for number in range(ROUNDS):
            hosted.publish("orders", number, text=TEXT)
            await asyncio.sleep(0.01)

        assert await asyncio.gather(*hearing) == [list(range(ROUNDS))] * CLIENTS
        await until(lambda: len(hosted.hub.registry) == CLIENTS, 10)
        assert me.memory_info().rss - before < 60e6
        for one in stalled:
            one.close()


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


def _stall(port: int) -> sockets.socket:
    """A client that shakes hands, subscribes, and reads no more; its window is small."""
    raw = sockets.socket()
    raw.setsockopt(sockets.SOL_SOCKET, sockets.SO_RCVBUF, 8192)
    raw.connect(("127.0.0.1", port))
    raw.sendall(
        b"GET /hubs/keycrm HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
        b"Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n"
        b"Authorization: Bearer canary-hub-token-0123456789\r\n\r\n"
    )
    while b"\r\n\r\n" not in raw.recv(4096):
        continue
    for data in (SHAKE, b'{"type":1,"target":"subscribe","arguments":["orders"]}\x1e'):
        raw.sendall(bytes([0x82, 0x80 | len(data), 0, 0, 0, 0]) + data)  # masked with nought
    return raw


async def _numbers(ws: ClientConnection) -> list[int]:
    heard: list[int] = []
    while len(heard) < ROUNDS:
        frame = await asyncio.wait_for(ws.recv(), 20)
        heard += [int(part.split('"number":', 1)[1].split(",", 1)[0]) for part in str(frame).split("\x1e") if part]
    return heard
