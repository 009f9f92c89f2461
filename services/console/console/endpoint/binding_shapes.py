"""A binding as the API shows it: both sides field by field, what is on its way, due, asked, and its history."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from typing import Any

from pydantic import Field

from console.domain import masks, sides
from console.endpoint.audit_shapes import AuditShape, entry
from console.endpoint.comparison_shapes import ComparedShape, compared
from console.endpoint.question_shapes import ConflictShape, conflict
from console.endpoint.shapes import like
from console.handlers.bindings import Story
from console.store import Item
from libs.contracts.access import Person
from libs.contracts.types import CamelModel, Entity, Side
from libs.reconcile.values import Seen
from libs.state.events import Logged


class SideOfField(CamelModel):
    """One side of one field: what it last showed, since when, and its base."""

    shown: Any = None
    is_known: bool = False
    changed_after: datetime | None = None
    changed_before: datetime | None = None
    shown_at: datetime | None = None
    base: Any = None
    has_base: bool = False


class FieldShape(CamelModel):
    """One field of both sides; KeyCRM's `deposited_amount` is what the order's payments there make together."""

    field: str
    vms: SideOfField
    keycrm: SideOfField
    conflict_id: int | None = None


class PendingShape(CamelModel):
    """A write on its way: sent, not yet seen."""

    side: Side
    field: str
    was: Any = None
    sent: Any = None
    began_at: datetime
    lands_by: datetime


class HalfShape(CamelModel):
    """The work towards one side."""

    side: Side
    due_at: datetime | None = None
    not_before_at: datetime | None = None
    attempt: int
    asleep_on: int | None = Field(None, description="the binding it waits for")
    asleep_since_at: datetime | None = None
    parked: str | None = None
    parked_at: datetime | None = None
    error: str | None = None


class WorkShape(CamelModel):
    """The binding's work item."""

    lane: str
    leased_side: Side | None = None
    leased_until: datetime | None = None
    correlation_id: str | None = None
    halves: list[HalfShape]


class AliasShape(CamelModel):
    """Another id of the same record."""

    side: Side
    id: str


class PaymentShape(CamelModel):
    """A row of the order's ledger."""

    origin: Side
    vms_payment_id: str | None = None
    keycrm_payment_id: int | None = None
    reference: str | None = None
    amount: Decimal
    paid_at: datetime | None = None
    is_cancelled: bool
    state: str


class EventShape(CamelModel):
    """Something that was received about it."""

    id: int
    source: str
    event_type: str
    status: str
    happened_at: datetime | None = None
    received_at: datetime
    processed_at: datetime | None = None
    error: str | None = None
    correlation_id: str | None = None


class BindingShape(CamelModel):
    """One pair of records with all that is known of it."""

    id: int
    entity: Entity
    status: str
    vms_id: str | None = None
    keycrm_id: int | None = None
    reference: str | None = None
    aliases: list[AliasShape]
    parent_id: int | None = None
    sku: str | None = None
    product_id: int | None = None
    error: str | None = None
    created_at: datetime
    updated_at: datetime
    last_sync_at: datetime | None = None
    seen_vms_at: datetime | None = None
    seen_keycrm_at: datetime | None = None
    newest_vms_event_at: datetime | None = None
    fields: list[FieldShape]
    pending: list[PendingShape]
    creating_on: Side | None = None
    questions: list[ConflictShape]
    payments: list[PaymentShape]
    work: WorkShape | None = None
    compared: ComparedShape | None = Field(None, description="both sides as they were last laid beside each other")
    events: list[EventShape]
    history: list[AuditShape]


def binding(story: Story, person: Person) -> BindingShape:
    """A binding as this person is shown it."""
    known, memory = story.binding, story.memory
    return BindingShape(
        id=known.id, entity=known.entity, status=known.status.value, vms_id=known.vms_id, keycrm_id=known.keycrm_id,
        reference=known.reference, aliases=[AliasShape(side=side, id=number) for side, number in story.aliases],
        parent_id=known.parent_id, sku=known.sku, product_id=known.product_id, error=known.error,
        created_at=known.created_at, updated_at=known.updated_at, last_sync_at=known.last_sync_at,
        seen_vms_at=known.seen_vms_at, seen_keycrm_at=known.seen_keycrm_at, newest_vms_event_at=known.vms_event_at,
        fields=_fields(story, person), pending=_pending(story, person),
        creating_on=memory.creation.side if memory.creation else None,
        questions=[conflict(one, person) for one in story.questions],
        payments=[like(PaymentShape, one) for one in story.payments], work=_work(story.item),
        compared=compared(story.compared, person, _asked(story)),
        events=[_event(one) for one in story.events], history=[entry(one, person) for one in story.history],
    )  # fmt: skip


def _fields(story: Story, person: Person) -> list[FieldShape]:
    """Every field that either side has shown, or that has a base; in the order they became known."""
    memory = story.memory
    names = [*(name for _, name in memory.spans), *memory.bases.vms, *memory.bases.keycrm]
    open_ = _asked(story)
    return [
        FieldShape(
            field=name,
            vms=_side(story, person, Side.VMS, name),
            keycrm=_side(story, person, Side.KEYCRM, name),
            conflict_id=open_.get(name),
        )
        for name in dict.fromkeys(names)
    ]


def _asked(story: Story) -> dict[str, int]:
    return {str(one.question["field"]): one.id for one in story.questions if one.status != "closed"}


def _side(story: Story, person: Person, side: Side, name: str) -> SideOfField:
    if (side, name) == (Side.KEYCRM, sides.PAID):
        return _paid(story)
    entity, base = story.binding.entity, story.memory.bases.of(side)
    seen: Seen | None = story.memory.spans.get((side, name))
    return SideOfField(
        shown=masks.seen(person, entity, name, seen.value) if seen else None,
        is_known=seen is not None,
        changed_after=seen.after if seen else None,
        changed_before=seen.before if seen else None,
        shown_at=seen.last_at if seen else None,
        base=masks.seen(person, entity, name, base.get(name)),
        has_base=name in base,
    )


def _paid(story: Story) -> SideOfField:
    """As the page tells it: the merge's own base notes which payments were counted, and that is no amount."""
    total, base = (story.binding.hint or {}).get("payments_total"), sides.paid_when_agreed(story.memory)
    return SideOfField(shown=total, is_known=total is not None, base=base, has_base=base is not None)


def _pending(story: Story, person: Person) -> list[PendingShape]:
    entity = story.binding.entity
    return [
        PendingShape(
            side=write.side, field=write.field, was=masks.seen(person, entity, write.field, write.was),
            sent=masks.seen(person, entity, write.field, write.sent), began_at=write.began_at, lands_by=write.lands_by,
        )
        for write in story.memory.pending
    ]  # fmt: skip


def _work(item: Item | None) -> WorkShape | None:
    if item is None:
        return None
    return WorkShape(
        lane=item.lane.name.lower(), leased_side=item.leased_side, leased_until=item.leased_until,
        correlation_id=item.correlation_id, halves=[like(HalfShape, half) for half in item.halves],
    )  # fmt: skip


def _event(logged: Logged) -> EventShape:
    told = logged.received
    return EventShape(
        id=logged.id, source=told.source, event_type=told.event_type, status=logged.status,
        happened_at=told.happened_at, received_at=logged.received_at, processed_at=logged.processed_at,
        error=logged.error, correlation_id=told.correlation_id,
    )  # fmt: skip
