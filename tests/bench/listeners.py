"""Many clients of the hub in one process: `python -m tests.bench.listeners --port N --clients C [--stalled S]`.

They are as cheap as can be: bytes are searched, not parsed. Says `ready` when all listen; then each line `N` on
standard input is answered by one of JSON when every healthy client has had N further events: how long it took from
the line, and the delays from saying to hearing, in milliseconds.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import socket
import sys
import time
from typing import cast

import uvloop

from tests.bench.figures import percentile
from tests.bench.hub_doors import TOKEN

_MARK = b'"arguments":[{"at":'
_KEPT = len(_MARK) + 24
"""Bytes of the end that may hold the beginning of an event."""


class Listener(asyncio.Protocol):
    """One client; a stalled one reads nothing after it has subscribed."""

    def __init__(self, crowd: Crowd, *, is_stalled: bool) -> None:
        self._crowd = crowd
        self._is_stalled = is_stalled
        self._stage = 0
        self._rest = b""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Ask for the upgrade."""
        self.transport = transport = cast(asyncio.Transport, transport)  # uvloop's is no subclass
        transport.write(
            b"GET /hubs/keycrm HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
            b"Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n"
            b"Authorization: Bearer " + TOKEN.encode() + b"\r\n\r\n"
        )

    def data_received(self, data: bytes) -> None:
        """Upgrade, handshake, subscription; then events."""
        if self._stage == 2:
            self._hear(data)
            return
        if self._stage == 0 and b"\r\n\r\n" in data:
            self._stage = 1
            self._say(b'{"protocol":"json","version":1}\x1e')
            self._say(b'{"type":1,"target":"subscribe","arguments":["orders"]}\x1e')
        elif self._stage == 1 and b"{}" in data:
            self._stage = 2
            if self._is_stalled:
                self.transport.pause_reading()
            self._crowd.one_more()

    def ping(self) -> None:
        """Stay alive."""
        self._say(b'{"type":6}\x1e')

    def _say(self, data: bytes) -> None:
        self.transport.write(bytes([0x82, 0x80 | len(data), 0, 0, 0, 0]) + data)

    def _hear(self, data: bytes) -> None:
        """Events begin at a mark, which may be cut by the end of what came."""
        now, data, done = time.monotonic(), self._rest + data, 0
        while (begin := data.find(_MARK, done)) >= 0 and (end := data.find(b",", begin + len(_MARK))) >= 0:
            self._crowd.heard(now - float(data[begin + len(_MARK) : end]))
            done = end
        self._rest = data[max(done, len(data) - _KEPT) :]


class Crowd:
    """All of them."""

    def __init__(self, clients: int, stalled: int) -> None:
        self._healthy = clients - stalled
        self._missing = clients
        self.ready = asyncio.Event()
        self._delays: list[float] = []
        self._wanted = 0
        self._done = asyncio.Event()

    def one_more(self) -> None:
        """One more listens."""
        self._missing -= 1
        if not self._missing:
            self.ready.set()

    def heard(self, delay: float) -> None:
        """One event at one client."""
        self._delays.append(delay)
        if len(self._delays) == self._wanted:
            self._done.set()

    async def wait(self, events: int) -> dict[str, float]:
        """Until every healthy one has had so many more."""
        begun, self._wanted = time.monotonic(), events * self._healthy
        if len(self._delays) < self._wanted:
            self._done.clear()
            await asyncio.wait_for(self._done.wait(), 60)
        delays, self._delays = self._delays, []
        return {
            "seconds": time.monotonic() - begun, "heard": len(delays),
            "p50": percentile(delays, 0.5) * 1e3, "p99": percentile(delays, 0.99) * 1e3,
        }  # fmt: skip


async def main(port: int, clients: int, stalled: int) -> None:
    """Connect, then answer orders until standard input ends."""
    loop, crowd = asyncio.get_running_loop(), Crowd(clients, stalled)
    listeners = []
    for number in range(clients):
        raw = socket.socket()
        if number < stalled:
            raw.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 8192)
        raw.setblocking(False)
        await loop.sock_connect(raw, ("127.0.0.1", port))
        is_stalled = number < stalled
        _, one = await loop.create_connection(lambda s=is_stalled: Listener(crowd, is_stalled=s), sock=raw)  # type: ignore[misc]
        listeners.append(one)
    await asyncio.wait_for(crowd.ready.wait(), 60)
    print("ready", flush=True)
    pinging = asyncio.create_task(_ping(listeners))
    while line := await asyncio.to_thread(sys.stdin.readline):
        print(json.dumps(await crowd.wait(int(line))), flush=True)
    pinging.cancel()


async def _ping(listeners: list[Listener]) -> None:
    while True:
        await asyncio.sleep(10)
        for one in listeners:
            one.ping()


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("--port", type=int, required=True)
    parser.add_argument("--clients", type=int, required=True)
    parser.add_argument("--stalled", type=int, default=0)
    asked = parser.parse_args()
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        runner.run(main(asked.port, asked.clients, asked.stalled))
