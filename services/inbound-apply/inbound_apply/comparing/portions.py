"""What is compared next: one page of KeyCRM's lists, which costs one call for fifty records, and VMS's records to it.

Promises: a walk leaves no bound order out: what the pages did not show is looked at by itself before the pass ends. An
order that KeyCRM has and nobody here knows is made due, as a poll would. Reads only; what was found is the caller's.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from inbound_apply.comparing.eyes import Eyes
from inbound_apply.figures import prices, stocks
from libs.clients.keycrm import ORDER_INCLUDES, BuyerFilter, OrderFilter
from libs.clients.terms import Terms
from libs.contracts.types import Entity, Lane, Side
from libs.flow.flow import Flow
from libs.flow.opening import StartAt
from libs.state import bindings, comparisons, lookups
from libs.state.bindings import Binding
from libs.state.comparison_passes import Pass
from libs.state.comparisons import Found
from libs.state.level_figures import Figure
from libs.state.marks import Mark

SINGLY = 10
"""Records of a portion that are looked at one by one: each costs a call."""
Cursor = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Portion:
    """What a portion showed, how many records it went through, and where the walk goes on (None: it is over)."""

    looked_at: datetime
    rows: int
    cursor: Cursor | None
    found: tuple[Found, ...] = ()
    is_close: bool = False
    strangers: tuple[Mark, ...] = ()
    stocks: Sequence[Figure] = ()
    prices: Sequence[Figure] = ()


class Portions:
    """The next portion of each subject."""

    def __init__(self, flow: Flow, sources: tuple[int, ...], start_at: StartAt, limit: int) -> None:
        self._flow, self._sources, self._start_at, self._limit = flow, sources, start_at, limit
        self._eyes, self._terms = Eyes(flow), Terms(Lane.RECONCILE)

    async def next(self, this: Pass) -> Portion:
        """The portion at which the pass stands.

        Raises:
            SyncError: a partner or the database is away; the pass stands where it stood.
        """
        began_at, cursor = this.began_at or self._flow.clock(), this.cursor
        if this.subject == "order":
            return await (self._left if "left" in cursor else self._orders)(cursor, began_at)
        walks = {"customer": self._customers, "article": self._articles, "stock": self._stocks}
        return await walks[this.subject](cursor)

    async def closely(self, numbers: Sequence[int]) -> tuple[Found, ...]:
        """These records one by one; one that cannot be read, or does not stand still, is left out."""
        async with self._flow.database.connection() as conn:
            known = await bindings.of(conn, numbers)
        return await self._eyes.closely([one for one in known.values() if one.is_bound], self._terms)

    async def _orders(self, cursor: Cursor, began_at: datetime) -> Portion:
        number, looked_at = int(cursor.get("page", 1)), self._flow.clock()
        wanted = OrderFilter(source_ids=self._sources, created_between=(await self._start_at(), began_at))
        page = await self._flow.keycrm.list_orders(
            wanted, self._terms, page=number, limit=self._limit, include=ORDER_INCLUDES
        )
        rows = {row.id: self._eyes.orders.shown(row, looked_at) for row in page.rows}
        async with self._flow.database.connection() as conn:
            bound = await bindings.find_bound(conn, Entity.ORDER, rows)
            known = await lookups.known(conn, Entity.ORDER, rows)
        found = await self._eyes.beside([(one, rows[one.keycrm_id or 0]) for one in bound], self._terms)
        strangers = (Mark(Entity.ORDER, Side.KEYCRM, n, (Side.VMS,), Lane.RECONCILE) for n in rows if n not in known)
        going_on = {"page": number + 1} if number < page.last_page else {"left": 0}
        return Portion(looked_at, len(bound), going_on, found, strangers=tuple(strangers))

    async def _left(self, cursor: Cursor, began_at: datetime) -> Portion:
        """Orders that the pages did not show: older than them, unreadable in a list, or moved while it was walked."""
        looked_at = self._flow.clock()
        async with self._flow.database.connection() as conn:
            numbers = await comparisons.left_out(conn, Entity.ORDER, began_at, int(cursor["left"]), SINGLY)
        found = await self.closely(numbers)
        going_on = {"left": numbers[-1]} if numbers else None
        return Portion(looked_at, len(numbers), going_on, found, is_close=True)

    async def _customers(self, cursor: Cursor) -> Portion:
        looked_at = self._flow.clock()
        bound, going_on = await self._page(Entity.CUSTOMER, cursor)
        asked = BuyerFilter(ids=tuple(one.keycrm_id or 0 for one in bound))
        rows = (await self._flow.keycrm.list_buyers(asked, self._terms)).rows if bound else ()
        shown = {row.id: self._eyes.customers.shown(row, looked_at) for row in rows}
        found = await self._eyes.beside([(one, shown.get(one.keycrm_id or 0)) for one in bound], self._terms)
        return Portion(looked_at, len(bound), going_on, found)

    async def _articles(self, cursor: Cursor) -> Portion:
        looked_at = self._flow.clock()
        page, going_on = await self._page(Entity.ARTICLE, cursor)
        bound = [one for one in page if one.product_id is not None]
        asked = sorted({one.product_id for one in bound if one.product_id is not None})
        rows = (await self._flow.keycrm.list_products(self._terms, ids=asked)).rows if asked else ()
        shown = {row.id: self._eyes.articles.shown(row, looked_at) for row in rows}
        found = await self._eyes.beside([(one, shown.get(one.product_id or 0)) for one in bound], self._terms)
        return Portion(looked_at, len(bound), going_on, found)

    async def _stocks(self, cursor: Cursor) -> Portion:
        number, looked_at = int(cursor.get("page", 1)), self._flow.clock()
        page = await self._flow.keycrm.list_stocks(self._terms, page=number, limit=self._limit, details=True)
        going_on = {"page": number + 1} if number < page.last_page else None
        figures = stocks(page.rows, self._flow.pairs, looked_at), prices(page.rows, looked_at)
        return Portion(looked_at, len(page.rows), going_on, stocks=figures[0], prices=figures[1])

    async def _page(self, entity: Entity, cursor: Cursor) -> tuple[list[Binding], Cursor | None]:
        """The next bound records of our own books, and where they go on."""
        async with self._flow.database.connection() as conn:
            page = await bindings.page(conn, entity, after=int(cursor.get("after", 0)), limit=self._limit)
        is_last = len(page) < self._limit
        return [one for one in page if one.is_bound], None if is_last else {"after": page[-1].id}
