"""The limit: so many calls of one key in any sixty seconds; a call over it is refused with 429 and not done."""

from __future__ import annotations

import math
import time
from collections import defaultdict, deque
from collections.abc import Callable

from sandbox.keycrm.knobs import Knobs

WINDOW_SECONDS = 60.0


class Limits:
    """The calls of each key within the window; refused ones do not count."""

    def __init__(self, knobs: Knobs, clock: Callable[[], float] = time.monotonic) -> None:
        self._knobs = knobs
        self._clock = clock
        self._calls: defaultdict[str, deque[float]] = defaultdict(deque)

    def take(self, key: str) -> bool:
        """Count a call; False when the limit is reached."""
        limit = self._knobs.limit_per_minute
        if limit is None:
            return True
        calls = self._recent(key)
        if len(calls) >= limit:
            return False
        calls.append(self._clock())
        return True

    def headers(self, key: str, is_refused: bool) -> dict[str, str]:
        """The rate headers of an answer, `Retry-After` on a refusal; none when the knob holds them back."""
        limit = self._knobs.limit_per_minute
        if limit is None or not self._knobs.sends_rate_headers:
            return {}
        calls = self._recent(key)
        headers = {"X-RateLimit-Limit": str(limit), "X-RateLimit-Remaining": str(max(limit - len(calls), 0))}
        if is_refused:
            wait = max(math.ceil(calls[0] + WINDOW_SECONDS - self._clock()), 1)
            headers |= {"Retry-After": str(wait), "X-RateLimit-Reset": str(math.ceil(time.time()) + wait)}
        return headers

    def clear(self) -> None:
        """Forget all calls."""
        self._calls.clear()

    def _recent(self, key: str) -> deque[float]:
        calls = self._calls[key]
        while calls and calls[0] <= self._clock() - WINDOW_SECONDS:
            calls.popleft()
        return calls
