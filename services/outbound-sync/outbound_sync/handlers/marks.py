"""What VMS said: keep it with its change time and make what it concerns due towards KeyCRM.

Promises: one transaction a batch. An event older than the newest applied changes nothing, but its payments are still
added to the ledger (rule 15). Stock and prices become levels, wanted since their own change times (rule 29).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any
from zoneinfo import ZoneInfo

from libs.contracts.events import VmsArticleEvent, VmsCustomerEvent, VmsOrderEvent
from libs.contracts.types import CamelModel, Entity, Lane, Side
from libs.reconcile import looks, wire
from libs.reconcile.memory import Memory
from libs.reconcile.values import EventLook
from libs.runtime.database import Connection, Database
from libs.runtime.decode import Received
from libs.runtime.work import Clock
from libs.state import events, levels, lookups, marks, payments
from libs.state.due import MarkBinding
from libs.state.levels import Kind, Want
from libs.state.lookups import Standing
from libs.state.marks import Mark, Marked, VmsEvent
from libs.state.payments import VmsSeen
from outbound_sync.domain import is_for_levels_alone


class VmsMarks:
    """outbound-sync's consumer of all of VMS's topics."""

    def __init__(self, database: Database, zone: ZoneInfo, clock: Clock) -> None:
        self._database, self._zone, self._clock = database, zone, clock

    async def mark(self, batch: Sequence[Received]) -> None:
        """All topics' events of one batch, in one transaction."""
        async with self._database.transaction() as conn:
            await self._orders(conn, [one for one in batch if isinstance(one.model, VmsOrderEvent)])
            await self._customers(conn, [one for one in batch if isinstance(one.model, VmsCustomerEvent)])
            await self._articles(conn, [one for one in batch if isinstance(one.model, VmsArticleEvent)])

    async def _orders(self, conn: Connection, batch: Sequence[Received]) -> None:
        """Events of orders; an old one may still hold a payment that nobody has counted."""
        told = [(one, one.model) for one in batch if isinstance(one.model, VmsOrderEvent)]
        rows = [_mark(Entity.ORDER, one, e, e.order_id, Lane.ORDER, self._order_look(e)) for one, e in told]
        marked = await self._mark(conn, rows, batch)
        seen = [row for m, (_, e) in zip(marked, told, strict=True) for row in _payments(m.binding_id, e)]
        news = await payments.observe_vms(conn, seen, self._clock())
        late = {m.binding_id for m in marked if not m.is_due} & set(news)
        due = [MarkBinding(number, (Side.KEYCRM,), Lane.ORDER) for number in sorted(late)]
        await marks.mark_bindings(conn, due, self._clock())

    async def _customers(self, conn: Connection, batch: Sequence[Received]) -> None:
        told = [(one, one.model) for one in batch if isinstance(one.model, VmsCustomerEvent)]
        rows = [
            _mark(Entity.CUSTOMER, one, e, e.customer_id, Lane.CUSTOMER, looks.customer_event(e)) for one, e in told
        ]
        await self._mark(conn, rows, batch)

    async def _articles(self, conn: Connection, batch: Sequence[Received]) -> None:
        """Events of articles, with their levels."""
        told = [(one, one.model) for one in batch if isinstance(one.model, VmsArticleEvent)]
        known = await lookups.standing(conn, Entity.ARTICLE, [str(e.article_id) for _, e in told])
        rows = [_article(one, e, known.get(str(e.article_id))) for one, e in told]
        marked = await self._mark(conn, rows, batch)
        numbered = [(m.binding_id, one, e) for m, (one, e) in zip(marked, told, strict=True) if e.sku]
        for kind, wants in ((Kind.STOCK, _stocks), (Kind.PRICE, _prices)):
            wanted = [want for number, one, e in numbered for want in wants(number, one, e)]
            await levels.want(conn, kind, wanted, self._clock())

    def _order_look(self, event: VmsOrderEvent) -> EventLook:
        return looks.order_event(event, self._zone)

    async def _mark(self, conn: Connection, rows: Sequence[Mark], batch: Sequence[Received]) -> list[Marked]:
        now = self._clock()
        marked = await marks.mark(conn, rows, now)
        logged = [_logged(one, row, m) for one, row, m in zip(batch, rows, marked, strict=True)]
        await events.record(conn, logged, now)
        return marked


def _mark(entity: Entity, one: Received, event: CamelModel, number: int | str, lane: Lane, look: EventLook) -> Mark:
    envelope = one.envelope
    body = event.model_dump(mode="json", by_alias=True, exclude_unset=True)  # what it does not tell stays unknown
    kept = VmsEvent(envelope.id, look.changed_at, body, wire.dump(look))
    return Mark(
        entity, Side.VMS, str(number), (Side.KEYCRM,), lane, marked_at=envelope.time, event=kept,
        correlation_id=envelope.correlation_id or envelope.id, traceparent=envelope.traceparent,
    )  # fmt: skip


def _article(one: Received, event: VmsArticleEvent, known: Standing | None) -> Mark:
    """Stock and prices go as levels: most events of an article make nothing else due."""
    look = looks.article_event(event)
    mark = _mark(Entity.ARTICLE, one, event, event.article_id, Lane.CATALOGUE, look)
    if known is None:
        return mark
    memory = Memory.from_json(known.memory) if known.is_bound else None
    sku = known.sku if known.is_bound else known.told_sku
    is_level = is_for_levels_alone(event, one.envelope.type, look.image, memory, sku)
    return replace(mark, due=()) if is_level else mark


def _payments(binding_id: int, event: VmsOrderEvent) -> list[VmsSeen]:
    return [
        VmsSeen(binding_id, p.payment_id, p.amount, p.paid_at, p.payment_type, p.is_cancelled, event.changed_at)
        for p in event.payments
    ]


def _stocks(binding_id: int, one: Received, event: VmsArticleEvent) -> list[Want]:
    return [
        _want(binding_id, one, event, stock.warehouse, stock.quantity, stock.changed_at) for stock in event.stock or ()
    ]


def _prices(binding_id: int, one: Received, event: VmsArticleEvent) -> list[Want]:
    if event.price is None:
        return []
    return [_want(binding_id, one, event, "", event.price, event.price_changed_at or event.changed_at)]


def _want(binding_id: int, one: Received, event: VmsArticleEvent, warehouse: str, value: Any, changed_at: Any) -> Want:
    envelope = one.envelope
    return Want(
        event.sku or "", warehouse, value, changed_at, envelope.id, binding_id, envelope.time,
        envelope.correlation_id or envelope.id, envelope.traceparent,
    )  # fmt: skip


def _logged(one: Received, row: Mark, marked: Marked) -> events.Received:
    envelope = one.envelope
    return events.Received(
        source=envelope.source,
        event_id=envelope.id,
        event_type=envelope.type,
        entity=row.entity,
        external_id=str(row.external_id),
        due_side=Side.KEYCRM if marked.versions else None,
        binding_id=marked.binding_id,
        version=marked.versions.get(Side.KEYCRM),
        payload=None,
        happened_at=envelope.time,
        correlation_id=row.correlation_id,
    )
