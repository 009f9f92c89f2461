"""A dead letter on the wire: the record as it came, its own headers, and why it was given up, in `dl-*` headers.

Promises: key, body and the record's own headers are kept byte for byte, so that a replay is the same record; headers
that tell of one passage (ours, and the trace) are stripped on replay. `error` never holds a payload.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

RawHeaders = tuple[tuple[str, bytes | None], ...]

PREFIX = "dl-"
# Of one passage through the system: a replay begins a new one.
_NOT_REPLAYED = frozenset({"traceparent", "tracestate", "baggage"})
_LONGEST_ERROR = 1000


@dataclass(frozen=True, slots=True)
class DeadLetter:
    """One record that was given up; `topic`, `partition`, `offset` say where it came from."""

    topic: str
    partition: int
    offset: int
    key: bytes | None
    body: bytes | None
    headers: RawHeaders
    reason: str
    """`malformed`, `unknown_type`, `permanent` or `unexpected`."""
    error: str
    attempts: int
    first_failed_at: datetime | None

    def encode(self) -> tuple[list[tuple[str, bytes | None]], bytes]:
        """Headers and body for the dead-letter topic; the key is the record's own."""
        first = self.first_failed_at.isoformat() if self.first_failed_at else ""
        ours: list[tuple[str, bytes | None]] = [
            ("dl-topic", self.topic.encode()),
            ("dl-partition", str(self.partition).encode()),
            ("dl-offset", str(self.offset).encode()),
            ("dl-key", self.key),
            ("dl-reason", self.reason.encode()),
            ("dl-error", self.error[:_LONGEST_ERROR].encode()),
            ("dl-attempts", str(self.attempts).encode()),
            ("dl-first-failed-at", first.encode()),
        ]
        # A tombstone without a key cannot be produced: both null. An empty body says the same.
        return [*_own(self.headers), *ours], self.body if self.body is not None else b""

    def for_replay(self) -> tuple[str, bytes | None, list[tuple[str, bytes | None]], bytes | None]:
        """Topic, key, headers and body to send the record to its origin again."""
        headers = [(name, value) for name, value in _own(self.headers) if name.lower() not in _NOT_REPLAYED]
        return self.topic, self.key, headers, self.body


def read(headers: Iterable[tuple[str, bytes | None]], key: bytes | None, body: bytes | None) -> DeadLetter:
    """What stands on a dead-letter topic; never refuses: what is missing or unreadable is told as unknown."""
    received = tuple(headers)
    ours = {name: _text(value) for name, value in received if name.startswith(PREFIX)}
    return DeadLetter(
        topic=ours.get("dl-topic", ""),
        partition=_number(ours.get("dl-partition"), -1),
        offset=_number(ours.get("dl-offset"), -1),
        key=key,
        body=body,
        headers=_own(received),
        reason=ours.get("dl-reason", "unknown"),
        error=ours.get("dl-error", ""),
        attempts=_number(ours.get("dl-attempts"), 1),
        first_failed_at=_instant(ours.get("dl-first-failed-at", "")),
    )


def _own(headers: Iterable[tuple[str, bytes | None]]) -> RawHeaders:
    return tuple((name, value) for name, value in headers if not name.startswith(PREFIX))


def _text(value: bytes | None) -> str:
    return (value or b"").decode(errors="replace")


def _number(text: str | None, otherwise: int) -> int:
    try:
        return int(text or "")
    except ValueError:
        return otherwise


def _instant(text: str) -> datetime | None:
    try:
        return datetime.fromisoformat(text)
    except ValueError:
        return None
