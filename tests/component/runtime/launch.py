"""Starts the program of the tests as a process, reads its log, asks its health; ends it whatever happens."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import sys
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import asyncpg
import httpx

from tests.component.runtime.rig import Rig, until

ROOT = Path(__file__).parents[3]


class Program:
    """A running process of the program."""

    def __init__(self, process: asyncio.subprocess.Process) -> None:
        self._process = process
        self.output: list[str] = []
        self._reading = asyncio.create_task(self._read())

    async def _read(self) -> None:
        assert self._process.stdout is not None
        while line := await self._process.stdout.readline():
            self.output.append(line.decode())

    def events(self, name: str) -> list[dict[str, Any]]:
        """Log lines of one event."""
        return [line for line in map(json.loads, self.output) if line.get("event") == name]

    async def port(self) -> int:
        """Where it serves health."""
        await until(lambda: self.events("service.started"))
        return int(self.events("service.started")[0]["port"])

    async def get(self, path: str) -> httpx.Response:
        """Ask its HTTP port."""
        async with httpx.AsyncClient() as client:
            return await client.get(f"http://127.0.0.1:{await self.port()}{path}", timeout=2.0)

    async def kill(self, number: int = signal.SIGKILL) -> tuple[int, float]:
        """Send a signal; answers the exit code and how long the end took."""
        started = time.monotonic()
        if self._process.returncode is None:
            self._process.send_signal(number)
        code = await asyncio.wait_for(self._process.wait(), 30)
        await self._reading
        return code, time.monotonic() - started


@asynccontextmanager
async def started(module: str, **environment: str) -> AsyncIterator[Program]:
    """A module of the tests as a process, running."""
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        f"tests.component.runtime.{module}",
        cwd=ROOT,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
        env=os.environ | environment,
    )
    running = Program(process)
    try:
        yield running
    finally:
        await running.kill()


@asynccontextmanager
async def program(rig: Rig, database_url: str, **environment: str) -> AsyncIterator[Program]:
    """The consuming program, running."""
    async with started(
        "program",
        KAFKA_BOOTSTRAP_SERVERS=rig.bootstrap,
        DATABASE_URL=database_url,
        PROGRAM_SERVICE=rig.name,
        PROGRAM_TOPIC=rig.topic,
        **environment,
    ) as running:
        yield running


async def rows(database_url: str) -> list[tuple[int, int]]:
    """What the program has marked: partition and offset, in the order of the marks."""
    connection = await asyncpg.connect(database_url)
    try:
        found = await connection.fetch('select partition, "offset" from seen order by at, "offset"')
    finally:
        await connection.close()
    return [(row[0], row[1]) for row in found]
