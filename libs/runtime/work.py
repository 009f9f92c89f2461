"""The words a worker and its queue share: an item, a lease, a grant, and the protocols that join them.

Promises: everything here is a value or a protocol; what makes each step safe is written where it is implemented
(`libs/state`). Every instant is an argument. A method that finds its lease gone raises `LeaseLost` and changes nothing.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import Enum
from typing import Protocol, TypeVar
from uuid import UUID

from libs.contracts.types import Entity, Lane, Side

Clock = Callable[[], datetime]
"""Answers the present instant, aware, in UTC."""


@dataclass(frozen=True, slots=True)
class WorkItem:
    """One claimed binding: due towards `side`, held until `lease_until` by whoever knows `lease_token`."""

    binding_id: int
    entity: Entity
    side: Side
    lane: Lane
    attempt: int
    """Which attempt this is, from 1."""
    mark_version: int
    """The mark this claim works on; a newer mark keeps the item due."""
    lease_token: UUID
    lease_until: datetime
    due_at: datetime
    marked_at: datetime
    """The oldest mark not yet worked; the latency promise counts from here, waiting included."""
    correlation_id: str | None = None
    traceparent: str | None = None


@dataclass(frozen=True, slots=True)
class Failure:
    """Why an item is given up: goes into the dead letter. Ids and field names only, never a payload."""

    reason: str
    """`permanent`, `exhausted` (three attempts) or `unexpected` (a bug, three attempts)."""
    error: str
    attempts: int
    code: str = ""
    field: str | None = None


@dataclass(frozen=True, slots=True)
class Backlog:
    """How much is due in one lane and since when, for the metrics."""

    lane: Lane
    due: int
    oldest_at: datetime | None


class Grant(Protocol):
    """One call's share of a partner's quota."""

    @property
    def id(self) -> int:
        """What it is given back by."""
        ...

    @property
    def ends_at(self) -> datetime:
        """A call under this grant must be over by then."""
        ...


class Grants(Protocol):
    """Where a worker draws an item's first call from, before it claims the item."""

    async def draw(self, lane: Lane, *, wait_seconds: float) -> Grant | None:
        """One grant from this lane's share, waiting at most so long; None: nothing came free."""
        ...

    async def give_back(self, grant_id: int) -> None:
        """Nothing was sent under it."""
        ...


class Lease:
    """The time a claim has left, and the item's first grant; clients bound their calls by it and renew it."""

    def __init__(
        self,
        ends_at: datetime,
        renew: Callable[[], Awaitable[datetime]],
        clock: Clock,
        grant: Grant | None = None,
        on_renewed: Callable[[float], None] = lambda remaining_seconds: None,
    ) -> None:
        self._ends_at = ends_at
        self._renew = renew
        self._clock = clock
        self._grant = grant
        self._on_renewed = on_renewed

    @property
    def ends_at(self) -> datetime:
        """When it runs out; moves when renewed."""
        return self._ends_at

    def remaining_seconds(self) -> float:
        """What is left; a call whose time limit is longer must not start."""
        return (self._ends_at - self._clock()).total_seconds()

    async def renew(self) -> None:
        """Extend the lease from now.

        Raises:
            LeaseLost: it ran out or was fenced.
        """
        self._ends_at = await self._renew()
        self._on_renewed(self.remaining_seconds())

    def take_grant(self) -> Grant | None:
        """The grant drawn before the claim, once; whoever takes it uses it or gives it back."""
        grant, self._grant = self._grant, None
        return grant


class Recorded(Enum):
    """What a handler answers."""

    BY_HANDLER = "by-handler"
    """The item was finished in the handler's own transaction."""
    NOTHING = "nothing"
    """There was nothing to record: the worker finishes the item."""


Handle = Callable[[WorkItem, Lease], Awaitable[Recorded]]
"""Works one item; raises a fate of `libs.runtime.errors` when it cannot."""


class Queue(Protocol):
    """Items due towards one side, claimed one by one under the binding's lease."""

    @property
    def side(self) -> Side:
        """Towards which side this queue's items are due."""
        ...

    async def due(self, now: datetime) -> Sequence[Lane]:
        """Lanes that have something to claim, first lane first; one cheap query."""
        ...

    async def claim(self, lane: Lane, now: datetime, lease_seconds: float) -> WorkItem | None:
        """The item longest due in this lane, leased to the caller; None when another was faster."""
        ...

    async def renew(self, item: WorkItem, now: datetime, lease_seconds: float) -> datetime:
        """The lease's new end."""
        ...

    async def finish(self, item: WorkItem, now: datetime) -> None:
        """Finished, or due again at once if it was marked meanwhile."""
        ...

    async def postpone(self, item: WorkItem, due_at: datetime, attempt: int, reason: str, now: datetime) -> None:
        """Due at `due_at` as attempt number `attempt`; the lease is given up."""
        ...

    async def sleep(self, item: WorkItem, parent_binding_id: int, now: datetime) -> None:
        """Asleep until the parent is bound; looks at the parent again in its own transaction."""
        ...

    async def dead_letter(self, item: WorkItem, failure: Failure, now: datetime) -> None:
        """Given up with its reason, in one transaction with the dead letter."""
        ...

    async def release(self, item: WorkItem, now: datetime) -> None:
        """Handed back untouched (the process stops); due at once for anyone."""
        ...

    async def backlog(self, now: datetime) -> Sequence[Backlog]:
        """What is due, for the metrics."""
        ...


class Attempted(Protocol):
    """What a batch is made of: something that counts its attempts, from 1."""

    @property
    def attempt(self) -> int:
        """Which attempt this is."""
        ...


Level = TypeVar("Level", bound=Attempted)


class Levels(Protocol[Level]):
    """Levels (stock, price) that are due, claimed many at a time; one lease for all that were claimed together."""

    @property
    def lane(self) -> Lane:
        """Whose share of the quota they draw on."""
        ...

    async def is_due(self, now: datetime) -> bool:
        """Whether there is anything to claim; one cheap query."""
        ...

    async def claim(self, limit: int, now: datetime, lease_seconds: float) -> Sequence[Level]:
        """Up to `limit` levels, longest due first."""
        ...

    async def renew(self, levels: Sequence[Level], now: datetime, lease_seconds: float) -> datetime:
        """The lease's new end."""
        ...

    async def finish(self, levels: Sequence[Level], now: datetime) -> None:
        """Sent, or due again if a newer value came meanwhile."""
        ...

    async def postpone(
        self, levels: Sequence[Level], due_at: datetime, is_attempt_counted: bool, reason: str, now: datetime
    ) -> None:
        """Due at `due_at`; their attempts grow by one if counted."""
        ...

    async def dead_letter(self, level: Level, failure: Failure, now: datetime) -> None:
        """Given up with its reason, in one transaction with the dead letter."""
        ...

    async def release(self, levels: Sequence[Level], now: datetime) -> None:
        """Handed back untouched."""
        ...


HandleLevels = Callable[[Sequence[Level], Lease], Awaitable[Sequence[Exception | None]]]
"""Sends a batch; answers a fate for each level, in order (None: sent). Raising is a fate for all of them."""
