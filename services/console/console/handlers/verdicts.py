"""What a replay of a dead letter would do now: the record read as its topic's reader would, and what came since.

Promises: looking changes nothing; a record that its reader would refuse again is never called replayable.
"""

from __future__ import annotations

from datetime import datetime

from console import store
from console.domain import letters, superseded
from console.domain.letters import Behind, Kind, Verdict
from libs.contracts.dead_letter import DeadLetter
from libs.contracts.events import (
    KeyCrmOrderHint,
    VmsArticleEvent,
    VmsCustomerEvent,
    VmsOrderEvent,
)
from libs.contracts.topics import BY_NAME
from libs.contracts.types import CamelModel, Entity, Side
from libs.flow import facts
from libs.runtime.database import Connection
from libs.runtime.decode import Received, Refused, event_decoder
from libs.state import bindings, levels, lookups
from libs.state.bindings import Status
from libs.state.dead_letters import Kept

_decode = event_decoder()


async def of(conn: Connection, kept: Kept, behind: Behind) -> Verdict:
    """What a replay of the letter would do now; nothing is changed."""
    match behind.kind:
        case Kind.RECORD:
            return await _of_record(conn, kept.received.letter)
        case Kind.ITEM:
            return await _of_item(conn, kept.received.binding_id, behind.side)
        case Kind.STOCK | Kind.PRICE:
            kind = levels.Kind(behind.kind.value)
            return letters.of_level(await store.level_state(conn, kind, behind.sku, behind.warehouse))
        case Kind.NOTIFICATION:
            status = await store.notification_status(conn, behind.event_id, behind.channel)
            return letters.of_notification(status)
        case Kind.WEBHOOK:
            return letters.of_webhook()


async def _of_item(conn: Connection, binding_id: int | None, side: Side | None) -> Verdict:
    binding = await bindings.get(conn, binding_id) if binding_id is not None else None
    if binding is None or side is None:
        return letters.of_item(is_there=False, is_parked=False, is_synced=False)
    item = await store.item(conn, binding.id)
    is_parked = item is not None and item.half(side).parked is not None
    return letters.of_item(is_there=True, is_parked=is_parked, is_synced=binding.status is Status.SYNCED)


async def _of_record(conn: Connection, letter: DeadLetter) -> Verdict:
    if letter.topic not in BY_NAME:
        return letters.of_record(is_known_topic=False, refused=None, superseded=None)
    try:
        received = _decode(_Record(letter))
    except Refused as refused:
        return letters.of_record(is_known_topic=True, refused=refused.error, superseded=None)
    return letters.of_record(is_known_topic=True, refused=None, superseded=await _superseded(conn, received))


async def _superseded(conn: Connection, received: Received) -> str | None:
    """Whether the topic's reader would find that something newer has come."""
    model = received.model
    if isinstance(model, KeyCrmOrderHint):
        seen = (await lookups.hints(conn, Entity.ORDER, [model.order_id])).get(model.order_id)
        told = facts.of(model.status_id, model.payments_total, model.updated_at)
        return superseded.hint(is_news=facts.is_news(told, seen))
    record = _vms_record(model)
    if record is None:
        return None
    entity, number, changed_at = record
    binding = await bindings.find(conn, entity, Side.VMS, number)
    if binding is None:
        return None
    return superseded.event(changed_at, received.envelope.id, binding.vms_event_at, binding.vms_event_id)


def _vms_record(model: CamelModel) -> tuple[Entity, str, datetime] | None:
    match model:
        case VmsOrderEvent():
            return Entity.ORDER, model.order_id, model.changed_at
        case VmsCustomerEvent():
            return Entity.CUSTOMER, str(model.customer_id), model.changed_at
        case VmsArticleEvent():
            return Entity.ARTICLE, str(model.article_id), model.changed_at
        case _:
            return None


class _Record:
    """A letter's record as its topic would give it again."""

    partition = -1
    offset = -1
    timestamp = 0

    def __init__(self, letter: DeadLetter) -> None:
        self.topic, self.key, _, self.value = letter.for_replay()
        self.headers = letter.headers
