"""A process's life: start in order, serve health at once, stop within ten seconds of SIGTERM.

Promises: whatever is `entered` is closed in reverse order; whatever is `spawned` is restarted with a growing pause
when it dies and ends by itself when `stopping` is set; then the rest is cancelled. A refusal at start-up is one line
and exit code 2. Nothing an exception says is printed, only where it came up.
"""

from __future__ import annotations

import asyncio
import gc
import os
import random
import signal
import socket
import sys
import time
from collections.abc import Awaitable, Callable
from contextlib import AbstractAsyncContextManager, AsyncExitStack
from datetime import UTC, datetime
from typing import Any, TypeVar
from uuid import UUID, uuid4

import structlog
import uvloop

from libs.runtime import logs
from libs.runtime.fates import back_off_seconds
from libs.runtime.health import ASGI, Health, routes
from libs.runtime.outcomes import tell_bug
from libs.runtime.serve import LongLived, PortTaken, bind, serve
from libs.runtime.settings import HttpSettings, LogSettings
from libs.runtime.settings_load import EXIT_REFUSED

log = structlog.get_logger("runtime.run")

T = TypeVar("T")
Spawned = Callable[[asyncio.Event], Awaitable[None]]

# Of the ten seconds: what is in hand gets most, closing the connections the rest.
END_SECONDS = 7.5
STOP_SECONDS = 9.5
EXIT_FORCED = 1


class Settings(LogSettings, HttpSettings):
    """What every process needs; a service's `Settings` inherits this and the groups it uses."""


class StartRefused(Exception):
    """The process cannot begin (a pair file, a key of another environment); the message is for a person."""


class Life:
    """What a service composes itself into, from start to stop."""

    def __init__(self, service: str) -> None:
        self.service = service
        self.stopping = asyncio.Event()
        self.health = Health(service)
        self.dice = random.Random().random
        self.monotonic = time.monotonic
        self._stack = AsyncExitStack()
        self._spawned: list[asyncio.Task[None]] = []
        self._app: ASGI | None = None
        self._long_lived: LongLived | None = None

    @staticmethod
    def clock() -> datetime:
        """The present instant."""
        return datetime.now(UTC)

    @staticmethod
    def new_id() -> UUID:
        """A new id."""
        return uuid4()

    async def enter(self, context: AbstractAsyncContextManager[T]) -> T:
        """Open something for the process's life; closed in reverse order."""
        return await self._stack.enter_async_context(context)

    def spawn(self, name: str, function: Spawned) -> None:
        """Run `function(stopping)` beside everything else; it must end soon after `stopping` is set."""
        self._spawned.append(asyncio.create_task(self._supervise(name, function), name=name))

    def mount(self, app: ASGI, long_lived: LongLived | None = None) -> None:
        """Serve this beside /health and /metrics; `long_lived`: its clients stay connected."""
        self._app = app
        self._long_lived = long_lived

    async def live(self, bound: socket.socket) -> None:
        """Serve and wait for `stopping`, then end everything."""
        self.spawn("health", self.health.watch)
        self.spawn("http", lambda stopping: serve(routes(self.health, self._app), bound, stopping, self._long_lived))
        host, port = bound.getsockname()[:2]
        log.info("service.started", host=host, port=port)
        calm_collector()
        await self.stopping.wait()
        self.health.is_stopping = True
        log.info("service.stopping")
        await self.end()
        log.info("service.stopped")

    async def end(self) -> None:
        """What is in hand may finish; then connections close in reverse order."""
        self.stopping.set()
        if self._spawned:
            _, late = await asyncio.wait(self._spawned, timeout=END_SECONDS)
            for task in late:
                log.warning("task.cancelled", task=task.get_name())
                task.cancel()
            await asyncio.gather(*late, return_exceptions=True)
        await self._stack.aclose()

    async def _supervise(self, name: str, function: Spawned) -> None:
        failures = 0
        while not self.stopping.is_set():
            try:
                await function(self.stopping)
                return
            except Exception as error:  # noqa: BLE001 - a part that dies is told and begun again
                failures += 1
                tell_bug(name, error)
            try:
                await asyncio.wait_for(self.stopping.wait(), back_off_seconds(failures, 0.5, 30.0, self.dice()))
            except TimeoutError:
                continue


def run(service: str, settings: Settings, compose: Callable[[Life], Awaitable[None]]) -> None:
    """Live until SIGTERM or SIGINT; exits the process with its code."""
    logs.configure(settings, service)
    log.info("service.starting", settings=settings.describe(), python=sys.version.split()[0])
    try:
        bound = bind(settings.http_host, settings.http_port)
    except PortTaken as taken:
        refuse(str(taken))
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        code = runner.run(_main(service, bound, compose))
    raise SystemExit(code)


def refuse(sentence: str) -> None:
    """One line for a person, and the exit code of a refusal."""
    sys.stderr.write(f"{sentence}\n")
    raise SystemExit(EXIT_REFUSED)


async def _main(service: str, bound: socket.socket, compose: Callable[[Life], Awaitable[None]]) -> int:
    loop, life = asyncio.get_running_loop(), Life(service)
    loop.set_exception_handler(_tell_loop_error)
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, _stop, life, loop)
    try:
        await compose(life)
        await life.live(bound)
    except StartRefused as refused:
        await life.end()
        sys.stderr.write(f"{refused}\n")
        return EXIT_REFUSED
    except Exception as error:  # noqa: BLE001 - the message may hold anything; the place says enough
        tell_bug("start", error)
        await life.end()
        return EXIT_FORCED
    return 0


def _stop(life: Life, loop: asyncio.AbstractEventLoop) -> None:
    if life.stopping.is_set():
        return
    life.stopping.set()
    loop.call_later(STOP_SECONDS, _force)


def _force() -> None:
    log.error("stop.forced", after_seconds=STOP_SECONDS)
    os._exit(EXIT_FORCED)


def _tell_loop_error(_loop: asyncio.AbstractEventLoop, context: dict[str, Any]) -> None:
    """What asyncio would print with its message: a task's exception that nobody awaited."""
    error = context.get("exception")
    if isinstance(error, Exception):
        tell_bug("loop", error)
    else:
        log.error("loop.complained", about=str(context.get("message", ""))[:200])


def calm_collector() -> None:
    """After start-up: what is loaded stays, and young objects are looked through less often; halves p99."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(50_000, 20, 50)
