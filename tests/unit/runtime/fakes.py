"""In-memory stand-ins for what a worker talks to: a queue, grants, levels, a clock that tests move."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from uuid import UUID

from libs.contracts.types import Entity, Lane, Side
from libs.runtime.errors import LeaseLost
from libs.runtime.work import Backlog, Failure, WorkItem

START = datetime(2026, 1, 15, 9, 0, tzinfo=UTC)
TOKEN = UUID(int=1)


class ManualClock:
    """Time that stands still until a test moves it."""

    def __init__(self) -> None:
        self.now = START

    def __call__(self) -> datetime:
        return self.now

    def forward(self, seconds: float) -> None:
        """Let time pass."""
        self.now += timedelta(seconds=seconds)

    def monotonic(self) -> float:
        """The same time as seconds."""
        return (self.now - START).total_seconds()


def an_item(binding_id: int = 1, lane: Lane = Lane.ORDER, attempt: int = 1) -> WorkItem:
    """A claimed order."""
    return WorkItem(
        binding_id=binding_id,
        entity=Entity.ORDER,
        side=Side.VMS,
        lane=lane,
        attempt=attempt,
        mark_version=1,
        lease_token=TOKEN,
        lease_until=START + timedelta(seconds=60),
        due_at=START,
        marked_at=START,
        correlation_id="c-1",
    )


@dataclass
class FakeQueue:
    """Items by the time they are due; remembers what was done to each."""

    clock: ManualClock
    items: dict[int, WorkItem] = field(default_factory=dict)
    done: list[tuple[str, int]] = field(default_factory=list)
    failures: list[Failure] = field(default_factory=list)
    leased: set[int] = field(default_factory=set)
    errors: list[Exception] = field(default_factory=list)
    looks: int = 0
    fenced: set[int] = field(default_factory=set)

    side: Side = Side.VMS

    def put(self, *items: WorkItem) -> None:
        """These are due."""
        self.items |= {item.binding_id: item for item in items}

    async def due(self, now: datetime) -> Sequence[Lane]:
        self.looks += 1
        return sorted({item.lane for item in self._due(now)})

    async def claim(self, lane: Lane, now: datetime, lease_seconds: float) -> WorkItem | None:
        for item in self._due(now):
            if item.lane is lane:
                self.leased.add(item.binding_id)
                return replace(item, lease_until=now + timedelta(seconds=lease_seconds))
        return None

    async def renew(self, item: WorkItem, now: datetime, lease_seconds: float) -> datetime:
        self._check(item)
        return now + timedelta(seconds=lease_seconds)

    async def finish(self, item: WorkItem, now: datetime) -> None:
        self._end("finished", item)
        del self.items[item.binding_id]

    async def postpone(self, item: WorkItem, due_at: datetime, attempt: int, reason: str, now: datetime) -> None:
        self._end("postponed", item)
        self.items[item.binding_id] = replace(item, due_at=due_at, attempt=attempt)

    async def sleep(self, item: WorkItem, parent_binding_id: int, now: datetime) -> None:
        self._end("asleep", item)
        del self.items[item.binding_id]

    async def dead_letter(self, item: WorkItem, failure: Failure, now: datetime) -> None:
        self._end("dead", item)
        self.failures.append(failure)
        del self.items[item.binding_id]

    async def release(self, item: WorkItem, now: datetime) -> None:
        self._end("released", item)

    async def backlog(self, now: datetime) -> Sequence[Backlog]:
        return ()

    def _due(self, now: datetime) -> list[WorkItem]:
        return [i for i in self.items.values() if i.due_at <= now and i.binding_id not in self.leased]

    def _check(self, item: WorkItem) -> None:
        if item.binding_id in self.fenced:
            raise LeaseLost("fenced")
        if self.errors:
            raise self.errors.pop(0)

    def _end(self, what: str, item: WorkItem) -> None:
        self._check(item)
        self.done.append((what, item.binding_id))
        self.leased.discard(item.binding_id)


@dataclass(frozen=True)
class FakeGrant:
    """One call's share."""

    id: int
    ends_at: datetime = START + timedelta(hours=1)


@dataclass
class FakeGrants:
    """So many calls are left."""

    left: int = 1_000
    drawn: list[Lane] = field(default_factory=list)
    returned: list[int] = field(default_factory=list)

    async def draw(self, lane: Lane, *, wait_seconds: float) -> FakeGrant | None:
        if self.left == 0:
            return None
        self.left -= 1
        self.drawn.append(lane)
        return FakeGrant(len(self.drawn))

    async def give_back(self, grant_id: int) -> None:
        self.left += 1
        self.returned.append(grant_id)


@dataclass(frozen=True)
class FakeLevel:
    """One SKU's figure."""

    sku: str
    attempt: int = 1


@dataclass
class FakeLevels:
    """Levels that are due; remembers what was done to them."""

    waiting: list[FakeLevel] = field(default_factory=list)
    done: list[tuple[str, tuple[str, ...]]] = field(default_factory=list)
    counted: list[bool] = field(default_factory=list)
    lane: Lane = Lane.STOCK

    async def is_due(self, now: datetime) -> bool:
        return bool(self.waiting)

    async def claim(self, limit: int, now: datetime, lease_seconds: float) -> Sequence[FakeLevel]:
        claimed, self.waiting = self.waiting[:limit], self.waiting[limit:]
        return claimed

    async def renew(self, levels: Sequence[FakeLevel], now: datetime, lease_seconds: float) -> datetime:
        return now + timedelta(seconds=lease_seconds)

    async def finish(self, levels: Sequence[FakeLevel], now: datetime) -> None:
        self._end("finished", levels)

    async def postpone(
        self, levels: Sequence[FakeLevel], due_at: datetime, is_attempt_counted: bool, reason: str, now: datetime
    ) -> None:
        self.counted.append(is_attempt_counted)
        self._end("postponed", levels)

    async def dead_letter(self, level: FakeLevel, failure: Failure, now: datetime) -> None:
        self._end("dead", [level])

    async def release(self, levels: Sequence[FakeLevel], now: datetime) -> None:
        self._end("released", levels)

    def _end(self, what: str, levels: Sequence[FakeLevel]) -> None:
        self.done.append((what, tuple(level.sku for level in levels)))


async def becomes(holds: Callable[[], bool]) -> None:
    """Wait until it holds, at most five seconds."""
    for _ in range(5000):
        if holds():
            return
        await asyncio.sleep(0.001)
    raise AssertionError("it did not come to hold")


async def settle(turns: int = 30) -> None:
    """Let everything that can run now run."""
    for _ in range(turns):
        await asyncio.sleep(0)
