"""What was called: one row a call, in order of arrival, without bodies.

A row is there from the moment the call arrives (`outcome: open`): a call whose caller was killed is counted too.
Numbers go on after a reset; the newest 200,000 rows are kept.
"""

from __future__ import annotations

import hashlib
import time
from collections import Counter, deque
from collections.abc import Callable
from dataclasses import asdict, dataclass
from typing import Any

from starlette.requests import Request
from starlette.routing import BaseRoute
from starlette.types import Scope

from sandbox.admin import admin_route, after_of

KEPT = 200_000


@dataclass(slots=True)
class Call:
    """One call. `outcome`: open, done, refused (nothing was done), lost (done, but the answer does not say so)."""

    n: int
    at: float
    operation: str
    method: str
    path: str
    query: str
    key: str
    status: int | None = None
    duration_ms: float | None = None
    outcome: str = "open"
    fault: int | None = None


class CallLog:
    """The log and its admin routes."""

    def __init__(self, clock: Callable[[], float] = time.time) -> None:
        self._clock = clock
        self._last = 0
        self._rows: deque[Call] = deque(maxlen=KEPT)

    def open(self, scope: Scope, operation: str) -> Call:
        """Note that a call has arrived."""
        self._last += 1
        call = Call(
            n=self._last,
            at=self._clock(),
            operation=operation,
            method=scope["method"],
            path=scope["path"],
            query=scope["query_string"].decode("latin-1"),
            key=_key_of(scope),
        )
        self._rows.append(call)
        return call

    def close(self, call: Call, outcome: str, status: int | None) -> None:
        """Note how it ended; `status` is None when nothing was answered."""
        call.outcome = outcome
        call.status = status
        call.duration_ms = round((self._clock() - call.at) * 1000, 3)

    def since(self, after: int) -> list[Call]:
        """The rows with a number above `after`, oldest first."""
        newer: list[Call] = []
        for call in reversed(self._rows):
            if call.n <= after:
                break
            newer.append(call)
        return newer[::-1]

    def clear(self) -> None:
        """Forget the rows; numbers go on."""
        self._rows.clear()

    def routes(self) -> list[BaseRoute]:
        """`GET /_admin/calls?after=N` and `GET /_admin/calls/count?after=N`."""
        return [admin_route("/calls", self._list), admin_route("/calls/count", self._count)]

    async def _list(self, request: Request) -> Any:
        return {"next": self._last, "calls": [asdict(call) for call in self.since(after_of(request))]}

    async def _count(self, request: Request) -> Any:
        return dict(Counter(call.operation for call in self.since(after_of(request))))


def _key_of(scope: Scope) -> str:
    """A short digest of the bearer key, so that callers can be told apart and no key is kept."""
    for name, value in scope["headers"]:
        if name == b"authorization":
            return hashlib.sha256(value.removeprefix(b"Bearer ")).hexdigest()[:12]
    return ""
