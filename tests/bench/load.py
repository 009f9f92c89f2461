"""Load on an HTTP server: as much as it takes over some connections, or so many requests a second.

`wrk` does the first where it is installed (Debian, Ubuntu: apt install wrk; macOS: brew install wrk), since it costs
its core least; else our own client does. The paced load is always ours: each request starts at its own random moment,
whether or not the one before has been answered. Promises: every answer that is not 200 is counted as failed.
"""

from __future__ import annotations

import asyncio
import json
import random
import shutil
import subprocess
import time
from collections import deque
from dataclasses import dataclass
from pathlib import Path
from typing import cast

import uvloop

from tests.bench import webhooks
from tests.bench.children import BenchError
from tests.bench.figures import percentile

SCRIPT = Path(__file__).parent / "load.lua"


@dataclass(frozen=True, slots=True)
class Load:
    """What one load saw."""

    requests: int
    failed: int
    seconds: float
    p50_ms: float
    p99_ms: float


def tool() -> str:
    """Who makes the load."""
    return "wrk" if shutil.which("wrk") else "own client"


def saturate(port: int, connections: int, seconds: float, folder: Path) -> Load:
    """As much as the server takes over so many connections."""
    if shutil.which("wrk"):
        return _wrk(port, connections, seconds, folder)
    return uvloop.run(_closed(port, connections, seconds))


def paced(port: int, per_second: float, seconds: float) -> Load:
    """So many a second, at random moments."""
    return uvloop.run(_open(port, per_second, seconds))


def _wrk(port: int, connections: int, seconds: float, folder: Path) -> Load:
    lines = [f"{webhooks.signature(body)}\t{body.decode()}" for body in webhooks.bodies()]
    (folder / "bodies.tsv").write_text("\n".join(lines) + "\n", encoding="utf-8")
    done = subprocess.run(
        ["wrk", "-t1", f"-c{connections}", f"-d{max(1, round(seconds))}s", "-s", str(SCRIPT),
         f"http://127.0.0.1:{port}{webhooks.PATH}", "--", str(folder / "bodies.tsv")],
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    if done.returncode:
        raise BenchError(f"wrk ended with {done.returncode}: {done.stderr.strip()[-500:]}")
    seen = json.loads(done.stdout.strip().splitlines()[-1])
    return Load(seen["requests"], seen["failed"], seen["us"] / 1e6, seen["p50"] / 1000, seen["p99"] / 1000)


class _Connection(asyncio.Protocol):
    """One connection that sends a request and waits for its answer."""

    def __init__(self) -> None:
        self._transport: asyncio.Transport | None = None
        self._answered: asyncio.Future[bool] | None = None
        self._seen = b""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.Transport, transport)  # uvloop's own is no subclass

    def data_received(self, data: bytes) -> None:
        self._seen += data
        head, end, body = self._seen.partition(b"\r\n\r\n")
        if not end or len(body) < _length(head):
            return
        self._settle(self._seen.startswith(b"HTTP/1.1 200"))

    def connection_lost(self, error: Exception | None) -> None:
        self._settle(False)

    def _settle(self, is_good: bool) -> None:
        if self._answered is not None and not self._answered.done():
            self._answered.set_result(is_good)

    async def ask(self, request: bytes) -> bool:
        """Send it; whether the answer was 200."""
        assert self._transport is not None
        self._seen = b""
        self._answered = asyncio.get_running_loop().create_future()
        self._transport.write(request)
        return await self._answered

    def close(self) -> None:
        """End the connection."""
        if self._transport is not None:
            self._transport.close()


def _length(head: bytes) -> int:
    for line in head.lower().split(b"\r\n"):
        if line.startswith(b"content-length:"):
            return int(line.partition(b":")[2])
    return 0


async def _connect(port: int) -> _Connection:
    _, connection = await asyncio.get_running_loop().create_connection(_Connection, "127.0.0.1", port)
    return connection


async def _closed(port: int, connections: int, seconds: float) -> Load:
    requests, taken, failed = webhooks.requests(f"127.0.0.1:{port}"), list[float](), 0
    end = time.perf_counter() + seconds

    async def one(number: int) -> None:
        nonlocal failed
        connection, turn = await _connect(port), number
        while (begun := time.perf_counter()) < end:
            failed += not await connection.ask(requests[turn % len(requests)])
            taken.append(time.perf_counter() - begun)
            turn += connections
        connection.close()

    begun = time.perf_counter()
    await asyncio.gather(*(one(number) for number in range(connections)))
    return _load(taken, failed, time.perf_counter() - begun)


async def _open(port: int, per_second: float, seconds: float) -> Load:
    requests, taken, failed = webhooks.requests(f"127.0.0.1:{port}"), list[float](), 0
    idle: deque[_Connection] = deque([await _connect(port) for _ in range(32)])
    dice = random.Random(1)

    async def one(number: int) -> None:
        nonlocal failed
        connection = idle.popleft() if idle else await _connect(port)
        begun = time.perf_counter()
        failed += not await connection.ask(requests[number % len(requests)])
        taken.append(time.perf_counter() - begun)
        idle.append(connection)

    begun = due = time.perf_counter()
    async with asyncio.TaskGroup() as tasks:
        while due < begun + seconds:
            await asyncio.sleep(due - time.perf_counter())
            tasks.create_task(one(len(taken)))
            due += dice.expovariate(per_second)
    for connection in idle:
        connection.close()
    return _load(taken, failed, time.perf_counter() - begun)


def _load(taken: list[float], failed: int, seconds: float) -> Load:
    return Load(len(taken), failed, seconds, percentile(taken, 0.5) * 1000, percentile(taken, 0.99) * 1000)
