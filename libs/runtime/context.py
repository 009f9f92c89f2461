"""Correlation id and W3C trace context of the work at hand, carried from the webhook to the last call.

Promises: what is bound here stands in every log line of the same task and its children, and `outgoing` gives the
headers a client or an event passes on. Refuses malformed `traceparent` values: they are replaced, never passed on.
"""

from __future__ import annotations

import random
import re
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import NamedTuple

import structlog

# Ids must be unique, not secret: a random number of our own costs a fifth of the system's.
_dice = random.Random()
_TRACEPARENT = re.compile(r"^00-(?!0{32})[0-9a-f]{32}-(?!0{16})[0-9a-f]{16}-[0-9a-f]{2}$")
_CORRELATION = re.compile(r"^[\w.:-]{1,128}$")


class Trace(NamedTuple):
    """Which piece of work this is: our correlation id and the W3C `traceparent`."""

    correlation_id: str
    traceparent: str

    def outgoing(self) -> dict[str, str]:
        """Headers for a call: the same trace, a span of its own."""
        return {"traceparent": _next_span(self.traceparent), "x-correlation-id": self.correlation_id}


_current: ContextVar[Trace | None] = ContextVar("trace", default=None)


def new_id() -> str:
    """A new id: 32 hexadecimal digits."""
    return f"{_dice.getrandbits(128):032x}"


def current() -> Trace:
    """The trace of this task; a new one where none was bound."""
    return _current.get() or start()


def start(correlation_id: str | None = None, traceparent: str | None = None) -> Trace:
    """A trace that continues what came in, where that is well formed, and begins anew where it is not."""
    if traceparent is None or not _TRACEPARENT.match(traceparent):
        digits = f"{_dice.getrandbits(192):048x}"
        traceparent = f"00-{digits[:32]}-{digits[32:]}-01"
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


def _new_span() -> str:
    return f"{_dice.getrandbits(64):016x}"


def _next_span(traceparent: str) -> str:
    return f"{traceparent[:36]}{_new_span()}{traceparent[52:]}"
