"""One budget of calls for all processes (implements the quota that `libs.clients` declares and workers draw from).

Safe because drawing locks the budget's one row: two processes never count the same free call. A grant counts from
before its call until 60 s (and a margin) after its answer, or after the end of its time if no answer was recorded
(the process died); so in any 60 s, by whichever clock, no more calls are made than the limit. The lock is held for one
short transaction, never over a call. The limit follows what the partner says: a rate header, a 429 or a `Retry-After`
lowers it, quiet time raises it again to the configured one.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

from asyncpg import Record

from libs.contracts.types import Lane
from libs.runtime.database import Connection, Database
from libs.runtime.work import Clock
from libs.state.quota_shares import WINDOW_SECONDS, Budget, judge

MARGIN_SECONDS = 0.5
"""Between the clocks of our machines and the partner's."""
FREEZE_SECONDS = 10.0
"""After a 429 that does not say for how long."""
RAISE_EVERY_SECONDS = 30.0
RAISE_SHARE = 0.05
WAIT_SECONDS = 1.25
"""For how long a lane that was refused counts as waiting: it asks again within a second."""
_ASK_SECONDS = (0.05, 1.0)


@dataclass(frozen=True, slots=True)
class Grant:
    """One call; it must be over by `ends_at`."""

    id: int
    lane: Lane
    ends_at: datetime


@dataclass(frozen=True, slots=True)
class Refusal:
    """No call now; before this moment asking again is pointless, unless somebody gives one back."""

    until: datetime


@dataclass(frozen=True, slots=True)
class QuotaFigures:
    """The budget for the status page and the metrics."""

    limit: int
    used: dict[Lane, int]
    frozen_until: datetime | None


_STATE = """
    SELECT limit_now, ceiling, frozen_until, raised_at, lent_at FROM quota_state WHERE partner = $1 FOR UPDATE
"""
_LOWER = """
    UPDATE quota_state SET limit_now = least(limit_now, $2), ceiling = coalesce($3, ceiling),
        lowered_at = CASE WHEN $2 < limit_now THEN $4 ELSE lowered_at END,
        raised_at = CASE WHEN $2 < limit_now THEN $4 ELSE raised_at END, frozen_until = greatest(frozen_until, $5)
    WHERE partner = $1
"""
_BEGIN = """
    INSERT INTO quota_state AS s (partner, limit_now, raised_at) VALUES ($1, $2, $3)
    ON CONFLICT (partner) DO NOTHING
"""
_COUNTING = """
    SELECT lane, count(*) AS used, min(counts_until) AS first_free_at FROM quota_grant
    WHERE partner = $1 AND counts_until > $2 GROUP BY lane
"""
_GRANT = """
    INSERT INTO quota_grant (partner, lane, taken_at, counts_until) VALUES ($1, $2, $3, $4) RETURNING id
"""
_WAIT = """
    INSERT INTO quota_wait (partner, lane, until) VALUES ($1, $2, $3)
    ON CONFLICT (partner, lane) DO UPDATE SET until = greatest(quota_wait.until, excluded.until)
"""
_SETTLE = """
    UPDATE quota_grant SET settled_at = $2, status = $3, counts_until = $4 WHERE id = $1 AND settled_at IS NULL
    RETURNING partner
"""


class PostgresQuota:
    """Draws grants for one partner.

    `calls_per_minute` is the configured cap; a grant lives `hold_seconds` at most: a lease and a call's time limit.
    """

    def __init__(
        self,
        database: Database,
        clock: Clock,
        *,
        calls_per_minute: int,
        hold_seconds: float = 150.0,
        partner: str = "keycrm",
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
    ) -> None:
        self._database = database
        self._clock = clock
        self._cap = calls_per_minute
        self._hold = timedelta(seconds=hold_seconds)
        self._partner = partner
        self._sleep = sleep

    async def draw(self, lane: Lane, *, wait_seconds: float) -> Grant | None:
        """One grant, waiting at most so long; None: nothing came free."""
        patience_ends = self._clock() + timedelta(seconds=wait_seconds)
        while True:
            now = self._clock()
            answer = await self.take(lane, now)
            if isinstance(answer, Grant):
                return answer
            left = (patience_ends - now).total_seconds()
            if left <= 0:
                return None
            shortest, longest = _ASK_SECONDS
            pause = min(max((answer.until - now).total_seconds(), shortest), longest, left)
            await self._sleep(pause)

    async def take(self, lane: Lane, now: datetime) -> Grant | Refusal:
        """One grant now, or when to ask again."""
        async with self._database.transaction() as conn:
            return await self._take(conn, lane, now)

    async def give_back(self, grant_id: int) -> None:
        """Nothing was sent under it: it counts no longer."""
        async with self._database.connection() as conn:
            await conn.execute("DELETE FROM quota_grant WHERE id = $1 AND settled_at IS NULL", grant_id)

    async def settle(
        self,
        grant_id: int,
        *,
        status: int | None,
        limit: int | None,
        remaining: int | None,
        retry_after_seconds: float | None,
    ) -> None:
        """The call is over; from now on it counts for a minute. What the answer says of the limit is obeyed."""
        now = self._clock()
        async with self._database.transaction() as conn:
            state = await conn.fetchrow(_STATE, self._partner)
            until = now + timedelta(seconds=WINDOW_SECONDS + MARGIN_SECONDS)
            await conn.fetchval(_SETTLE, grant_id, now, status, until)
            if state is None:
                return
            counting = sum((await self._counting(conn, now)).values())
            lowered = lower(state["limit_now"], counting, status, limit, remaining)
            freeze_seconds = retry_after_seconds or (FREEZE_SECONDS if status == 429 else 0.0)
            frozen_until = now + timedelta(seconds=freeze_seconds) if freeze_seconds else None
            ceiling = limit if limit is not None and limit >= 1 else None
            if lowered < state["limit_now"] or frozen_until or ceiling != state["ceiling"]:
                await conn.execute(_LOWER, self._partner, lowered, ceiling, now, frozen_until)

    async def figures(self, conn: Connection, now: datetime) -> QuotaFigures:
        """How the budget stands."""
        row = await conn.fetchrow("SELECT limit_now, frozen_until FROM quota_state WHERE partner = $1", self._partner)
        used = await self._counting(conn, now)
        if row is None:
            return QuotaFigures(self._cap, used, None)
        return QuotaFigures(min(row["limit_now"], self._cap), used, row["frozen_until"])

    async def _take(self, conn: Connection, lane: Lane, now: datetime) -> Grant | Refusal:
        state = await conn.fetchrow(_STATE, self._partner)
        if state is None:
            await conn.execute(_BEGIN, self._partner, self._cap, now)
            state = await conn.fetchrow(_STATE, self._partner)
        assert state is not None
        if state["frozen_until"] is not None and now < state["frozen_until"]:
            return await self._refuse(conn, lane, now, state["frozen_until"])
        limit = await self._raised(conn, state, now)
        await conn.execute("DELETE FROM quota_grant WHERE partner = $1 AND counts_until <= $2", self._partner, now)
        rows = await conn.fetch(_COUNTING, self._partner, now)
        waiting = await conn.fetch("SELECT lane FROM quota_wait WHERE partner = $1 AND until > $2", self._partner, now)
        budget = Budget(
            limit,
            {Lane(row["lane"]): row["used"] for row in rows},
            frozenset(Lane(row["lane"]) for row in waiting),
            state["lent_at"],
        )
        verdict = judge(budget, lane, now)
        if not verdict.is_granted:
            first_free = min((row["first_free_at"] for row in rows), default=now + timedelta(seconds=1))
            return await self._refuse(conn, lane, now, verdict.ask_again_at or first_free)
        if verdict.is_lent:
            await conn.execute("UPDATE quota_state SET lent_at = $2 WHERE partner = $1", self._partner, now)
        ends_at = now + self._hold
        counts_until = ends_at + timedelta(seconds=WINDOW_SECONDS + MARGIN_SECONDS)
        return Grant(await conn.fetchval(_GRANT, self._partner, lane, now, counts_until), lane, ends_at)

    async def _refuse(self, conn: Connection, lane: Lane, now: datetime, until: datetime) -> Refusal:
        await conn.execute(_WAIT, self._partner, lane, now + timedelta(seconds=WAIT_SECONDS))
        return Refusal(until)

    async def _raised(self, conn: Connection, state: Record, now: datetime) -> int:
        """The limit after the quiet time since it was last changed; never above the configured or the told one."""
        limit: int = state["limit_now"]
        top = min(self._cap, state["ceiling"] or self._cap)
        steps = int((now - state["raised_at"]).total_seconds() // RAISE_EVERY_SECONDS)
        raised = min(top, limit + steps * max(1, int(self._cap * RAISE_SHARE)))
        if raised != limit:
            await conn.execute(
                "UPDATE quota_state SET limit_now = $2, raised_at = $3 WHERE partner = $1", self._partner, raised, now
            )
        return raised

    async def _counting(self, conn: Connection, now: datetime) -> dict[Lane, int]:
        rows = await conn.fetch(_COUNTING, self._partner, now)
        return {Lane(row["lane"]): row["used"] for row in rows}


def lower(current: int, counting: int, status: int | None, limit: int | None, remaining: int | None) -> int:
    """The limit after an answer: what its headers allow, and after a 429 less than what was just too much.

    `counting` includes the answered call. `remaining` tells of others who call with our key: their calls are not ours.
    One answer at most halves the limit, unless it names a lower one: a single strange 429 must not stop the day's work.
    """
    guessed = current
    if remaining is not None and remaining >= 0:
        guessed = min(guessed, counting + remaining)
    if status == 429:
        guessed = min(guessed, int(current * 0.8), counting - 1)
    lowered = max(guessed, (current + 1) // 2)
    return max(1, min(lowered, limit) if limit is not None and limit >= 1 else lowered)
