"""What KeyCRM said: keep it in the event log and make what it may concern due towards VMS.

Promises: one transaction a batch; a hint that tells nothing new makes nothing due (rule 16), but is logged; what a
hint said is never written anywhere else. A stock row is a figure that KeyCRM shows: at worst it has the right figure
sent once more.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from libs.contracts.events import KeyCrmBuyerHint, KeyCrmOrderHint, KeyCrmProductHint, KeyCrmStockHint
from libs.contracts.types import Entity, Lane, Side
from libs.flow import facts
from libs.reconcile.hints import Facts
from libs.reconcile.pairs import Pairs
from libs.runtime.database import Connection, Database
from libs.runtime.decode import Received
from libs.runtime.work import Clock
from libs.state import bindings, events, level_figures, lookups, marks
from libs.state.due import MarkBinding
from libs.state.level_figures import Figure
from libs.state.levels import Kind
from libs.state.marks import Mark, Marked


class KeyCrmMarks:
    """inbound-apply's consumer of all of KeyCRM's topics."""

    def __init__(self, database: Database, pairs: Pairs, clock: Clock, stock_settle_seconds: float) -> None:
        self._database, self._pairs, self._clock = database, pairs, clock
        self._stock_settle_seconds = stock_settle_seconds

    async def mark(self, batch: Sequence[Received]) -> None:
        """All topics' hints of one batch, in one transaction."""
        async with self._database.transaction() as conn:
            await self._orders(conn, [(o, o.model) for o in batch if isinstance(o.model, KeyCrmOrderHint)])
            buyers = [(o, o.model) for o in batch if isinstance(o.model, KeyCrmBuyerHint)]
            await self._mark(conn, Entity.CUSTOMER, [(one, hint.buyer_id, True) for one, hint in buyers], Lane.CUSTOMER)
            await self._products(conn, [(o, o.model) for o in batch if isinstance(o.model, KeyCrmProductHint)])
            await self._stocks(conn, [(o, o.model) for o in batch if isinstance(o.model, KeyCrmStockHint)])

    async def _orders(self, conn: Connection, hints: Sequence[tuple[Received, KeyCrmOrderHint]]) -> None:
        seen = await lookups.hints(conn, Entity.ORDER, [hint.order_id for _, hint in hints])
        made = await lookups.hints_of_creating(conn, Entity.ORDER, [_reference(hint) for _, hint in hints])
        known = [seen.get(hint.order_id) or made.get(_reference(hint)) for _, hint in hints]
        rows = [
            (one, hint.order_id, facts.is_news(_facts(hint), facts_seen))
            for (one, hint), facts_seen in zip(hints, known, strict=True)
        ]
        await self._mark(conn, Entity.ORDER, rows, Lane.ORDER)

    async def _products(self, conn: Connection, hints: Sequence[tuple[Received, KeyCrmProductHint]]) -> None:
        now = self._clock()
        for one, hint in hints:
            bound = await bindings.find_by_product(conn, hint.product_id)
            due = [MarkBinding(b.id, (Side.VMS,), Lane.CATALOGUE, None, one.envelope.correlation_id) for b in bound]
            await marks.mark_bindings(conn, due, now)
        logged = [_logged(one, Entity.ARTICLE, str(hint.product_id), None) for one, hint in hints]
        await events.record(conn, logged, now)

    async def _stocks(self, conn: Connection, hints: Sequence[tuple[Received, KeyCrmStockHint]]) -> None:
        now = self._clock()
        figures = [figure for _, hint in hints for figure in await self._figures(conn, hint, now)]
        await level_figures.see(conn, Kind.STOCK, figures, now, self._stock_settle_seconds)
        await events.record(conn, [_logged(one, Entity.ARTICLE, str(hint.offer_id), None) for one, hint in hints], now)

    async def _mark(
        self, conn: Connection, entity: Entity, rows: Sequence[tuple[Received, int, bool]], lane: Lane
    ) -> None:
        now = self._clock()
        news = [(one, number) for one, number, is_new in rows if is_new]
        marked = await marks.mark(conn, [_mark(entity, one, number, lane) for one, number in news], now)
        logged = [_logged(one, entity, str(number), m) for (one, number), m in zip(news, marked, strict=True)]
        told = [(one, number) for one, number, is_new in rows if not is_new]
        numbers = await lookups.numbers(conn, entity, [number for _, number in told])
        logged += [_logged(one, entity, str(number), _unmarked(numbers.get(number))) for one, number in told]
        await events.record(conn, logged, now)

    async def _figures(self, conn: Connection, hint: KeyCrmStockHint, now: datetime) -> list[Figure]:
        """The figure of one warehouse; a hook that sums over several says nothing about any one of them."""
        if not hint.sku:
            return []
        if hint.warehouse is not None:
            warehouse = self._pairs.warehouses.to_vms.get(hint.warehouse)
            return [Figure(hint.sku, warehouse, hint.in_stock, now)] if warehouse else []
        known = await level_figures.page(conn, Kind.STOCK, skus=[hint.sku])
        return [Figure(hint.sku, known[0].warehouse, hint.in_stock, now)] if len(known) == 1 else []


def _unmarked(binding_id: int | None) -> Marked | None:
    """What a hint that tells nothing new is logged with: the record that it is about."""
    return Marked(binding_id, {}, is_new=False, is_due=False) if binding_id is not None else None


def _reference(hint: KeyCrmOrderHint) -> str:
    """VMS's order that this one is being made from; a copy of an order is a new one."""
    return hint.source_uuid or "" if hint.parent_id is None else ""


def _facts(hint: KeyCrmOrderHint) -> Facts:
    return facts.of(hint.status_id, hint.payments_total, hint.updated_at)


def _mark(entity: Entity, one: Received, number: int, lane: Lane) -> Mark:
    envelope = one.envelope
    return Mark(
        entity, Side.KEYCRM, number, (Side.VMS,), lane,
        marked_at=envelope.time, correlation_id=envelope.correlation_id or envelope.id,
        traceparent=envelope.traceparent,
    )  # fmt: skip


def _logged(one: Received, entity: Entity, external_id: str, marked: Marked | None) -> events.Received:
    envelope = one.envelope
    return events.Received(
        source=envelope.source,
        event_id=envelope.id,
        event_type=envelope.type,
        entity=entity,
        external_id=external_id,
        due_side=Side.VMS if marked and marked.is_due else None,
        binding_id=marked.binding_id if marked else None,
        version=marked.versions.get(Side.VMS) if marked else None,
        payload=None,
        happened_at=envelope.time,
        correlation_id=envelope.correlation_id or envelope.id,
    )
