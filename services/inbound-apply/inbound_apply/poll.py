"""What webhooks never say, and what was lost: orders and buyers by their change times, products and stock page by page.

Promises: each poll reaches back beyond its watermark by the search's lag (rule 17) and moves it in the transaction of
its marks, so a crash polls again; pages are walked so that no row is skipped; rows come whole, so that one that tells
nothing new costs no read (rule 16). Open orders are swept by age too, since some accounts' status changes move no
`updated_at`.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterable
from datetime import datetime, timedelta
from itertools import cycle

import structlog

from inbound_apply.figures import prices, stocks
from inbound_apply.settings import Settings
from libs.clients.keycrm import ORDER_INCLUDES, BuyerFilter, OrderFilter
from libs.clients.terms import Terms
from libs.contracts.keycrm import Buyer, Product
from libs.contracts.types import Entity, Lane, Side
from libs.flow import facts, goods
from libs.flow.flow import Flow
from libs.flow.opening import StartAt
from libs.flow.reach import Reach
from libs.flow.turns import in_turn, pause
from libs.reconcile import hints
from libs.reconcile.hints import Facts
from libs.runtime.database import Connection
from libs.runtime.errors import SyncError
from libs.state import bindings, level_figures, lookups, marks, watermarks
from libs.state.due import MarkBinding
from libs.state.levels import Kind
from libs.state.marks import Mark

log = structlog.get_logger("inbound_apply.poll")

SWEEP_SECONDS = 900.0
SWEEP_DAYS = timedelta(days=30)
Row = tuple[int, Facts]


class Polls:
    """inbound-apply's polls of KeyCRM."""

    def __init__(self, flow: Flow, settings: Settings, start_at: StartAt, reach: Reach) -> None:
        self._flow, self._settings, self._start_at, self._reach = flow, settings, start_at, reach
        self._limit, self._sources = settings.sync_batch_size, settings.asked_sources

    async def changes(self, stopping: asyncio.Event) -> None:
        """Orders and buyers every `KEYCRM_POLL_SECONDS`."""

        async def once() -> None:
            for poll in (self.orders, self.buyers):
                await self._tried(poll, stopping)

        await in_turn(self._flow, "turn.changes", self._settings.keycrm_poll_seconds, once, stopping)

    async def walks(self, stopping: asyncio.Event) -> None:
        """As often, in turn one page of products or of stock; by itself, since its lane waits for every other."""
        walks = cycle((self.products, self.stocks))

        async def once() -> None:
            await self._tried(next(walks), stopping)

        await in_turn(self._flow, "turn.walks", self._settings.keycrm_poll_seconds, once, stopping)

    async def sweeps(self, stopping: asyncio.Event) -> None:
        """Open orders of the last thirty days, every quarter of an hour."""

        async def once() -> None:
            await self._tried(self.recent_orders, stopping)

        await pause(stopping, SWEEP_SECONDS)
        await in_turn(self._flow, "turn.sweep", SWEEP_SECONDS, once, stopping)

    async def orders(self) -> None:
        """Orders changed since the last poll."""
        name, now = "keycrm.orders", self._flow.clock()
        start, end = await self._interval(name, now)
        rows = await self._order_rows(OrderFilter(source_ids=self._sources, updated_between=(start, end)), Lane.ORDER)
        async with self._flow.database.transaction() as conn:
            await self._mark(conn, Entity.ORDER, rows, Lane.ORDER)
            await watermarks.move(conn, name, self._flow.clock(), at=end)

    async def buyers(self) -> None:
        """Buyers changed since the last poll; one that was never paired only if he is new, an alias never."""
        name, now = "keycrm.buyers", self._flow.clock()
        start, end = await self._interval(name, now)
        newest = await self._start_at()
        rows: dict[int, tuple[Facts, bool]] = {}
        async for page in self._flow.keycrm.walk_buyers(
            BuyerFilter(updated_between=(start, end)), Terms(Lane.CUSTOMER), limit=self._limit
        ):
            rows |= {row.id: (facts.of_buyer(row), _is_new(row, newest)) for row in page.rows}
            rows |= {row.id: (Facts(), True) for row in page.unreadable if row.id is not None}
        async with self._flow.database.transaction() as conn:
            known = await lookups.known(conn, Entity.CUSTOMER, rows)
            own = await lookups.numbers(conn, Entity.CUSTOMER, rows)
            wanted = [(n, fact) for n, (fact, is_new) in rows.items() if n in own or (is_new and n not in known)]
            await self._mark(conn, Entity.CUSTOMER, wanted, Lane.CUSTOMER)
            await watermarks.move(conn, name, self._flow.clock(), at=end)

    async def recent_orders(self) -> None:
        """All orders of the last thirty days: a status that moved no `updated_at` shows here."""
        now = self._flow.clock()
        span = (now - SWEEP_DAYS, now)
        rows = await self._order_rows(OrderFilter(source_ids=self._sources, created_between=span), Lane.RECONCILE)
        async with self._flow.database.transaction() as conn:
            await self._mark(conn, Entity.ORDER, rows, Lane.RECONCILE)

    async def products(self) -> None:
        """The next page of products: KeyCRM offers no date filter for them."""
        number = await self._page("keycrm.products")
        began_at = self._flow.clock()
        page = await self._flow.keycrm.list_products(Terms(Lane.RECONCILE), page=number, limit=self._limit)
        async with self._flow.database.transaction() as conn:
            due = [number for row in page.rows for number in await self._renamed(conn, row)]
            now = self._flow.clock()
            await marks.mark_bindings(conn, [MarkBinding(n, (Side.VMS,), Lane.CATALOGUE) for n in due], now)
            await goods.arrived(conn, [row.sku for row in page.rows if row.sku], now)
            await self._turn(conn, "keycrm.products", number, page.last_page)
        log.debug("products.polled", page=number, rows=len(page.rows), due=len(due), began_at=began_at.isoformat())

    async def stocks(self) -> None:
        """The next page of stock: figures that KeyCRM changed by itself (rule 30)."""
        number, began_at = await self._page("keycrm.stocks"), self._flow.clock()
        page = await self._flow.keycrm.list_stocks(Terms(Lane.RECONCILE), page=number, limit=self._limit, details=True)
        figures = stocks(page.rows, self._flow.pairs, began_at)
        async with self._flow.database.transaction() as conn:
            now, settle = self._flow.clock(), self._settings.sync_stock_settle_seconds
            await level_figures.see(conn, Kind.STOCK, figures, now, settle)
            await level_figures.see(conn, Kind.PRICE, prices(page.rows, began_at), now, settle)
            await self._turn(conn, "keycrm.stocks", number, page.last_page)

    async def _order_rows(self, filter: OrderFilter, lane: Lane) -> list[Row]:
        rows: dict[int, Facts] = {}
        async for page in self._flow.keycrm.walk_orders(filter, Terms(lane), limit=self._limit, include=ORDER_INCLUDES):
            rows |= {row.id: facts.of_order(row) for row in page.rows}
            rows |= {row.id: Facts() for row in page.unreadable if row.id is not None}
        return list(rows.items())

    async def _mark(self, conn: Connection, entity: Entity, rows: Iterable[Row], lane: Lane) -> None:
        told = list(rows)
        seen = await lookups.hints(conn, entity, [number for number, _ in told])
        news = [(n, fact) for n, fact in told if facts.is_news(fact, seen.get(n))]
        now = self._flow.clock()
        due = [Mark(entity, Side.KEYCRM, n, (Side.VMS,), lane, marked_at=fact.updated_at or now) for n, fact in news]
        await marks.mark(conn, due, now)
        if news:
            log.info("poll.marked", entity=entity, rows=len(told), due=len(news))

    async def _renamed(self, conn: Connection, product: Product) -> list[int]:
        bound = await bindings.find_by_product(conn, product.id)
        return [b.id for b in bound if facts.is_news(facts.of_product(product), b.hint)]

    async def _interval(self, name: str, now: datetime) -> tuple[datetime, datetime]:
        async with self._flow.database.connection() as conn:
            watermark = await watermarks.get(conn, name)
        at = watermark.at if watermark and watermark.at else await self._start_at()
        return hints.poll_interval(at, now, self._flow.times)

    async def _page(self, name: str) -> int:
        async with self._flow.database.connection() as conn:
            watermark = await watermarks.get(conn, name)
        return int(watermark.cursor.get("page", 1)) if watermark else 1

    async def _turn(self, conn: Connection, name: str, number: int, last: int) -> None:
        cursor = {"page": number + 1 if number < last else 1}
        await watermarks.move(conn, name, self._flow.clock(), cursor=cursor)

    async def _tried(self, poll: Callable[[], Awaitable[None]], stopping: asyncio.Event) -> None:
        """A poll that fails is done again at its next turn: its watermark has not moved."""
        if stopping.is_set():
            return
        failed: SyncError | None = None
        try:
            await poll()
        except SyncError as error:
            failed = error
            log.warning("poll.failed", poll=getattr(poll, "__name__", ""), reason=error.reason)
        if getattr(failed, "partner", Side.KEYCRM) == Side.KEYCRM:
            await self._reach.met(Side.KEYCRM, failed)


def _is_new(buyer: Buyer, start_at: datetime) -> bool:
    return buyer.created_at is None or buyer.created_at >= start_at
