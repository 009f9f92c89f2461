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
from libs.state import bindings, events, level_figures, marks
from libs.state.due import MarkBinding
from libs.state.level_figures import Figure
from libs.state.levels import Kind
from libs.state.marks import Mark, Marked


class KeyCrmMarks:
    """inbound-apply's consumers, one method a topic."""

    def __init__(self, database: Database, pairs: Pairs, clock: Clock, stock_settle_seconds: float) -> None:
        self._database, self._pairs, self._clock = database, pairs, clock
        self._stock_settle_seconds = stock_settle_seconds

    async def orders(self, batch: Sequence[Received]) -> None:
        """Hints of orders."""
        hints = [(one, one.model) for one in batch if isinstance(one.model, KeyCrmOrderHint)]
        async with self._database.transaction() as conn:
            seen = await bindings.hints(conn, Entity.ORDER, [hint.order_id for _, hint in hints])
            rows = [
                (one, hint.order_id, facts.is_news(_facts(hint), seen.get(hint.order_id)), Lane.ORDER)
                for one, hint in hints
            ]
            await self._mark(conn, Entity.ORDER, rows)

    async def buyers(self, batch: Sequence[Received]) -> None:
        """Hints of buyers."""
        rows = [
            (one, one.model.buyer_id, True, Lane.CUSTOMER) for one in batch if isinstance(one.model, KeyCrmBuyerHint)
        ]
        async with self._database.transaction() as conn:
            await self._mark(conn, Entity.CUSTOMER, rows)

    async def catalogue(self, batch: Sequence[Received]) -> None:
        """Hints of products, and rows of stock webhooks."""
        products = [(one, one.model) for one in batch if isinstance(one.model, KeyCrmProductHint)]
        stocks = [(one, one.model) for one in batch if isinstance(one.model, KeyCrmStockHint)]
        now = self._clock()
        async with self._database.transaction() as conn:
            for one, hint in products:
                bound = await bindings.find_by_product(conn, hint.product_id)
                due = [MarkBinding(b.id, (Side.VMS,), Lane.CATALOGUE, None, one.envelope.correlation_id) for b in bound]
                await marks.mark_bindings(conn, due, now)
            figures = [figure for _, hint in stocks for figure in await self._figures(conn, hint, now)]
            await level_figures.see(conn, Kind.STOCK, figures, now, self._stock_settle_seconds)
            told = [
                *((one, hint.product_id) for one, hint in products),
                *((one, hint.offer_id) for one, hint in stocks),
            ]
            await events.record(conn, [_logged(one, Entity.ARTICLE, str(n), None) for one, n in told], now)

    async def _mark(self, conn: Connection, entity: Entity, rows: Sequence[tuple[Received, int, bool, Lane]]) -> None:
        now = self._clock()
        news = [(one, number, lane) for one, number, is_new, lane in rows if is_new]
        marked = await marks.mark(conn, [_mark(entity, one, number, lane) for one, number, lane in news], now)
        logged = [_logged(one, entity, str(number), m) for (one, number, _), m in zip(news, marked, strict=True)]
        logged += [_logged(one, entity, str(number), None) for one, number, is_new, _ in rows if not is_new]
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
        due_side=Side.VMS if marked else None,
        binding_id=marked.binding_id if marked else None,
        version=marked.versions.get(Side.VMS) if marked else None,
        payload=None,
        happened_at=envelope.time,
        correlation_id=envelope.correlation_id or envelope.id,
    )
