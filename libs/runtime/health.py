"""Whether this process lives and whether it can do its work: /health/live, /health/ready, /metrics.

Promises: live answers as long as the event loop runs; ready tells the truth within ten seconds about every part (the
broker, the database, topics the flood guard holds) and names the part. The checks run in the background, so an answer
never waits for anything; a check that hangs counts as failed. Partners (KeyCRM, VMS) are metrics, not readiness.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable, MutableMapping
from dataclasses import dataclass
from typing import Any

import orjson
import structlog
from prometheus_client import CONTENT_TYPE_LATEST, generate_latest

from libs.runtime import metrics
from libs.runtime.errors import SyncError

log = structlog.get_logger("runtime.health")

Check = Callable[[], Awaitable[None]]
"""Raises a `SyncError` whose reason says what is wrong."""

Scope = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[MutableMapping[str, Any]]]
Send = Callable[[MutableMapping[str, Any]], Awaitable[None]]
ASGI = Callable[[Scope, Receive, Send], Awaitable[None]]

EVERY_SECONDS = 2.0
LIMIT_SECONDS = 3.0
# Every + limit is the oldest a finished check can be; beyond this the checks themselves hang.
STALE_SECONDS = 8.0


@dataclass(slots=True)
class Part:
    """One thing that must work for this process to be useful."""

    name: str
    check: Check
    reason: str | None = "not checked yet"
    checked_at: float = 0.0


class Health:
    """The parts of one process and what is known of them."""

    def __init__(self, service: str, monotonic: Callable[[], float] = time.monotonic) -> None:
        self._service = service
        self._monotonic = monotonic
        self._parts: list[Part] = []
        self.is_stopping = False

    def add(self, name: str, check: Check) -> None:
        """A part that decides about readiness."""
        self._parts.append(Part(name, check, checked_at=self._monotonic()))

    async def watch(self, stopping: asyncio.Event) -> None:
        """Check every part again and again until `stopping`."""
        while not stopping.is_set():
            await asyncio.gather(*(self._examine(part) for part in self._parts))
            metrics.READY.set(self.is_ready())
            try:
                await asyncio.wait_for(stopping.wait(), EVERY_SECONDS)
            except TimeoutError:
                continue

    def is_ready(self) -> bool:
        """Whether all parts work, as far as is known."""
        return not self.is_stopping and all(self._fault(part) is None for part in self._parts)

    def report(self) -> dict[str, Any]:
        """What /health/ready answers."""
        faults = {part.name: self._fault(part) for part in self._parts}
        return {
            "service": self._service,
            "status": "stopping" if self.is_stopping else "ready" if self.is_ready() else "not ready",
            "parts": {name: {"is_ok": fault is None, "reason": fault} for name, fault in faults.items()},
        }

    def _fault(self, part: Part) -> str | None:
        if self._monotonic() - part.checked_at > STALE_SECONDS:
            return "no answer"
        return part.reason

    async def _examine(self, part: Part) -> None:
        before, reason = part.reason, None
        try:
            async with asyncio.timeout(LIMIT_SECONDS):
                await part.check()
        except SyncError as error:
            reason = error.reason
        except TimeoutError:
            reason = f"no answer within {LIMIT_SECONDS:g} s"
        except Exception as error:  # noqa: BLE001 - a check that breaks is a part that does not work
            reason = f"the check failed: {type(error).__name__}"
        part.reason, part.checked_at = reason, self._monotonic()
        if reason != before:
            log.info("health.changed", part=part.name, is_ok=reason is None, reason=reason)


def routes(health: Health, app: ASGI | None = None) -> ASGI:
    """The three paths, and everything else to `app`; raw ASGI, so that a webhook pays one comparison."""

    # No coroutine of its own: what it returns is awaited by the server.
    def served(scope: Scope, receive: Receive, send: Send) -> Awaitable[None]:
        path = scope.get("path", "")
        if scope["type"] == "http" and (path == "/metrics" or path.startswith("/health")):
            return _answer(send, *_own(path, health))
        if app is not None:
            return app(scope, receive, send)
        return _nobody(scope, send)

    return served


async def _nobody(scope: Scope, send: Send) -> None:
    if scope["type"] == "http":
        await _answer(send, *_NOT_FOUND)


Answer = tuple[int, str, bytes]
_NOT_FOUND: Answer = (404, "application/problem+json", orjson.dumps({"title": "Not Found", "status": 404}))


def _own(path: str, health: Health) -> Answer:
    if path == "/health/live":
        return 200, "application/json", b'{"status":"live"}'
    if path == "/health/ready":
        return 200 if health.is_ready() else 503, "application/json", orjson.dumps(health.report())
    if path == "/metrics":
        return 200, CONTENT_TYPE_LATEST, generate_latest()
    return _NOT_FOUND


async def _answer(send: Send, status: int, content_type: str, body: bytes) -> None:
    headers = [(b"content-type", content_type.encode()), (b"content-length", str(len(body)).encode())]
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": body})
