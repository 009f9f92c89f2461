"""Carries webhooks: unsigned JSON posts, three attempts, only 200 is a success, no promise of order.

Delay, repetition and disorder are drawn from a seeded chance, so that a bad run can be run again.
"""

from __future__ import annotations

import asyncio
import itertools
import random
import time
from typing import Any

import httpx

from sandbox.keycrm.hooks import Attempt, Hook, Hooks
from sandbox.keycrm.knobs import Knobs
from sandbox.keycrm.later import Later

REORDER_SECONDS = 2.0


class Postman:
    """Delivers what `send` is given, beside whatever is being answered."""

    def __init__(self, knobs: Knobs, hooks: Hooks, later: Later) -> None:
        self._knobs = knobs
        self._hooks = hooks
        self._later = later
        self._numbers = itertools.count(1)
        self._deliveries = itertools.count(1)
        self._chance = random.Random(0)
        self._overtaken: dict[int, asyncio.Event] = {}
        self._client: httpx.AsyncClient | None = None

    def start_chance(self) -> None:
        """Draw from the seed's beginning again."""
        self._chance = random.Random(self._knobs.webhook_seed)

    def send(self, hook: Hook, subject: str, body: Any) -> None:
        """Put one webhook on its way, and its copies."""
        copies = self._knobs.webhook_duplicate_copies if self._happens(self._knobs.webhook_duplicate_rate) else 0
        late = self._knobs.webhook_delay_seconds if self._happens(self._knobs.webhook_delay_rate) else 0.0
        is_overtaken = self._happens(self._knobs.webhook_reorder_rate)
        for _ in range(1 + copies):
            self._later.run(self._deliver(hook, subject, body, late, is_overtaken))

    def _happens(self, rate: float) -> bool:
        return rate > 0 and self._chance.random() < rate

    async def close(self) -> None:
        """Let go of the connections."""
        if self._client is not None:
            await self._client.aclose()

    async def _deliver(self, hook: Hook, subject: str, body: Any, late: float, is_overtaken: bool) -> None:
        await asyncio.sleep(late)
        if is_overtaken:
            await self._wait_for_the_next(hook)
        delivery = next(self._deliveries)
        for attempt in range(1, self._knobs.webhook_attempts + 1):
            status = await self._attempt(hook, subject, body, delivery, attempt)
            if not is_overtaken and hook.id in self._overtaken:
                self._overtaken.pop(hook.id).set()
            if status in self._knobs.webhook_success_codes:
                return
            if attempt < self._knobs.webhook_attempts:
                await asyncio.sleep(self._knobs.webhook_pause_seconds)

    async def _wait_for_the_next(self, hook: Hook) -> None:
        """Let the hook's next webhook go first; when none comes, go anyway."""
        event = self._overtaken.setdefault(hook.id, asyncio.Event())
        try:
            async with asyncio.timeout(REORDER_SECONDS):
                await event.wait()
        except TimeoutError:
            self._overtaken.pop(hook.id, None)

    async def _attempt(self, hook: Hook, subject: str, body: Any, delivery: int, attempt: int) -> int | None:
        status: int | None = None
        error: str | None = None
        at = time.time()
        try:
            answer = await self._http().post(hook.url, json=body, timeout=self._knobs.webhook_timeout_seconds)
            status = answer.status_code
        except httpx.HTTPError as failure:
            error = type(failure).__name__
        shown = hook.shown()
        self._hooks.note(
            Attempt(
                next(self._numbers), delivery, hook.id, hook.kind, shown["url"], subject, attempt, at, status, error
            )
        )
        return status

    def _http(self) -> httpx.AsyncClient:
        # Made on first use: it belongs to the server's loop.
        if self._client is None:
            self._client = httpx.AsyncClient(headers={"User-Agent": "GuzzleHttp/7"}, trust_env=False)
        return self._client
