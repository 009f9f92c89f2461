"""What the API answers about work: operations, status; and pages. camelCase, times with an offset."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any, Generic, TypeVar
from uuid import UUID

from pydantic import Field

from console.handlers.status import Status
from console.store import LevelCounts
from libs.contracts.types import CamelModel, Entity, Side
from libs.state.counts import ItemCounts
from libs.state.operations import Operation

T = TypeVar("T")


class Page(CamelModel, Generic[T]):
    """Some of many; `next` is what to ask for to see more, null at the end."""

    items: list[T]
    next: int | None = None


def page(items: Sequence[T], limit: int, last_id: int | None) -> Page[T]:
    """A page; a full one has a next."""
    return Page(items=list(items), next=last_id if len(items) == limit else None)


class OperationShape(CamelModel):
    """What somebody asked for, and what became of it."""

    id: UUID
    kind: str
    status: str = Field(description="running, done or failed")
    asked_by: str
    entity: Entity | None = None
    binding_id: int | None = None
    waits_for: list[Side] = Field(description="the sides whose work is not done yet")
    outcome: dict[str, Any]
    total: int | None = Field(None, description="of how many, where many are done at once")
    done: int = 0
    error: str | None = None
    created_at: datetime | None = None
    finished_at: datetime | None = None


def operation(known: Operation) -> OperationShape:
    """An operation as it is shown."""
    return OperationShape(
        id=known.id, kind=known.kind, status=known.status, asked_by=known.asked_by, entity=known.entity,
        binding_id=known.binding_id, waits_for=sorted(known.waits) if known.status == "running" else [],
        outcome=dict(known.outcome), total=known.total, done=known.done,
        error=known.error, created_at=known.created_at, finished_at=known.finished_at,
    )  # fmt: skip


class FlowShape(CamelModel):
    """The work of one entity, or one kind of level, towards one side."""

    flow: str
    due: int
    oldest_at: datetime | None = None
    oldest_seconds: float | None = None
    leased: int = 0
    backing_off: int = 0
    asleep: int = 0
    asleep_since_at: datetime | None = None
    parked: int = 0
    is_stopped: bool = False


class QuotaShape(CamelModel):
    """KeyCRM's calls: how many count in the running minute, by lane; `limit` is null before the first call."""

    limit: int | None
    used: int
    used_by_lane: dict[str, int]
    frozen_until: datetime | None = None


class PartnerShape(CamelModel):
    """A partner as one service sees it."""

    partner: str
    service: str
    is_reachable: bool
    reason: str | None = None
    changed_at: datetime
    checked_at: datetime


class LevelShape(CamelModel):
    """The levels of one kind; `drifted` wait for VMS's own event, `refused` for a newer value or a person."""

    kind: str
    known: int
    due: int
    drifted: int
    refused: int


class CountShape(CamelModel):
    """So many of something, by entity or service, and since when."""

    name: str
    reason: str | None = None
    count: int
    oldest_at: datetime | None = None


class StoppedShape(CamelModel):
    """A flow that the guard stopped, and what it would have done."""

    flow: str
    reason: str
    details: dict[str, Any]
    stopped_by: str
    stopped_at: datetime


class PausedShape(CamelModel):
    """A topic that the flood guard paused in one service."""

    service: str
    topic: str
    reason: str
    paused_at: datetime
    resume_asked_by: str | None = None


class OutboxShape(CamelModel):
    """Events that wait for Kafka."""

    waiting: int
    oldest_at: datetime | None = None
    refused: int


class StatusShape(CamelModel):
    """How everything stands."""

    at: datetime
    flows: list[FlowShape]
    levels: list[LevelShape]
    bindings: list[CountShape]
    quota: QuotaShape
    partners: list[PartnerShape]
    conflicts_open: list[CountShape]
    dead_letters: list[CountShape]
    outbox: OutboxShape
    stopped_flows: list[StoppedShape]
    paused_topics: list[PausedShape]


def status(known: Status) -> StatusShape:
    """The status as it is shown."""
    stopped = {flow.flow for flow in known.flows}
    return StatusShape(
        at=known.at,
        flows=[
            *(_flow(items, known.at, stopped) for items in known.items),
            *(_level_flow(counts, known.at, stopped) for counts in known.levels),
        ],
        levels=[
            LevelShape(kind=row.kind, known=row.known, due=row.due, drifted=row.drifted, refused=row.refused)
            for row in known.levels
        ],
        bindings=[CountShape(name=name, reason=how, count=n) for (name, how), n in sorted(known.bindings.items())],
        quota=QuotaShape(
            limit=known.quota.limit, used=sum(known.quota.used.values()), frozen_until=known.quota.frozen_until,
            used_by_lane={lane.name.lower(): used for lane, used in known.quota.used.items()},
        ),
        partners=[like(PartnerShape, row) for row in known.partners],
        conflicts_open=[CountShape(name=name, count=n, oldest_at=at) for name, (n, at) in known.conflicts.items()],
        dead_letters=[
            CountShape(name=name, reason=why, count=n) for (name, why), n in sorted(known.dead_letters.items())
        ],
        outbox=like(OutboxShape, known.outbox),
        stopped_flows=[like(StoppedShape, row) for row in known.flows],
        paused_topics=[like(PausedShape, row) for row in known.paused],
    )  # fmt: skip


Shape = TypeVar("Shape", bound=CamelModel)


def like(shape: type[Shape], value: Any) -> Shape:
    """A shape whose fields have the names of the value's own."""
    return shape(**{name: getattr(value, name) for name in shape.model_fields})


def _flow(items: ItemCounts, now: datetime, stopped: set[str]) -> FlowShape:
    name = f"{items.entity}.to_{items.side}"
    return FlowShape(
        flow=name, due=items.due, oldest_at=items.oldest_at, oldest_seconds=_age(items.oldest_at, now),
        leased=items.leased, backing_off=items.backing_off, asleep=items.asleep, asleep_since_at=items.asleep_since,
        parked=items.parked, is_stopped=name in stopped,
    )  # fmt: skip


def _level_flow(counts: LevelCounts, now: datetime, stopped: set[str]) -> FlowShape:
    name = f"{counts.kind}.to_keycrm"
    return FlowShape(
        flow=name, due=counts.due, oldest_at=counts.oldest_at, oldest_seconds=_age(counts.oldest_at, now),
        parked=counts.refused, is_stopped=name in stopped,
    )  # fmt: skip


def _age(since: datetime | None, now: datetime) -> float | None:
    return max(0.0, (now - since).total_seconds()) if since else None
