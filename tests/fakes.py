"""Fakes that several tests share: a clock that tests turn, a quota that writes down what it is told."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from libs.contracts.types import Lane
from libs.runtime.work import Lease

BEGIN = datetime(2026, 1, 15, 9, 30, tzinfo=UTC)


@dataclass
class ManualClock:
    """Shows the time it was set to."""

    now: datetime = BEGIN

    def __call__(self) -> datetime:
        return self.now

    def advance(self, seconds: float) -> None:
        """Let time pass."""
        self.now += timedelta(seconds=seconds)


@dataclass(frozen=True)
class NotedGrant:
    """A grant that ends when it was told to."""

    id: int
    ends_at: datetime


@dataclass
class NotedQuota:
    """Gives as many grants as it has left, and notes what becomes of them."""

    clock: ManualClock
    left: int = 1000
    grant_seconds: float = 60.0
    drawn: list[Lane] = field(default_factory=list)
    settled: list[tuple[int, int | None, int | None, int | None, float | None]] = field(default_factory=list)
    given_back: list[int] = field(default_factory=list)
    settle_error: Exception | None = None
    on_draw: Callable[[], None] = lambda: None

    async def draw(self, lane: Lane, *, wait_seconds: float) -> NotedGrant | None:
        """A grant while there are any."""
        self.drawn.append(lane)
        self.on_draw()
        if self.left <= 0:
            return None
        self.left -= 1
        return NotedGrant(len(self.drawn), self.clock() + timedelta(seconds=self.grant_seconds))

    async def give_back(self, grant_id: int) -> None:
        """Noted."""
        self.given_back.append(grant_id)

    async def settle(
        self,
        grant_id: int,
        *,
        status: int | None,
        limit: int | None,
        remaining: int | None,
        retry_after_seconds: float | None,
    ) -> None:
        """Noted, or refused."""
        if self.settle_error is not None:
            raise self.settle_error
        self.settled.append((grant_id, status, limit, remaining, retry_after_seconds))

    @property
    def settled_statuses(self) -> Sequence[int | None]:
        """The statuses of the settled calls, in order."""
        return [row[1] for row in self.settled]


def lease(
    clock: ManualClock,
    seconds: float,
    *,
    renewed_seconds: float | None = None,
    on_renewed: Callable[[float], None] = lambda remaining_seconds: None,
) -> Lease:
    """A lease that ends in so many seconds; renewing gives it so many again (the same number by default)."""

    async def renew() -> datetime:
        return clock() + timedelta(seconds=seconds if renewed_seconds is None else renewed_seconds)

    return Lease(clock() + timedelta(seconds=seconds), renew, clock, on_renewed=on_renewed)
