"""Correlation id and W3C trace context of the work at hand, carried from the webhook to the last call.

Promises: what is bound here stands in every log line of the same task and its children, and `outgoing` gives the
headers a client or an event passes on. Refuses malformed `traceparent` values: they are replaced, never passed on.
"""

from __future__ import annotations

import re
import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass

import structlog

_TRACEPARENT = re.compile(r"^00-(?!0{32})[0-9a-f]{32}-(?!0{16})[0-9a-f]{16}-[0-9a-f]{2}$")
_CORRELATION = re.compile(r"^[\w.:-]{1,128}$")


@dataclass(frozen=True, slots=True)
class Trace:
    """Which piece of work this is: our correlation id and the W3C `traceparent`."""

    correlation_id: str
    traceparent: str

    def outgoing(self) -> dict[str, str]:
        """Headers for a call: the same trace, a span of its own."""
        return {"traceparent": _next_span(self.traceparent), "x-correlation-id": self.correlation_id}


_current: ContextVar[Trace | None] = ContextVar("trace", default=None)


def current() -> Trace:
    """The trace of this task; a new one where none was bound."""
    return _current.get() or start()


def start(correlation_id: str | None = None, traceparent: str | None = None) -> Trace:
    """A trace that continues what came in, where that is well formed, and begins anew where it is not."""
    if traceparent is None or not _TRACEPARENT.match(traceparent):
        token = secrets.token_hex(24)
        traceparent = f"00-{token[:32]}-{token[32:]}-01"
    if correlation_id is None or not _CORRELATION.match(correlation_id):
        correlation_id = traceparent[3:35]
    return Trace(correlation_id, traceparent)


@contextmanager
def bound(trace: Trace, **fields: str | int | None) -> Iterator[Trace]:
    """Within it, `current()` is `trace`, and log lines carry its correlation id and the further fields."""
    token = _current.set(trace)
    try:
        with structlog.contextvars.bound_contextvars(correlation_id=trace.correlation_id, **fields):
            yield trace
    finally:
        _current.reset(token)


def _next_span(traceparent: str) -> str:
    return f"{traceparent[:36]}{secrets.token_hex(8)}{traceparent[52:]}"
