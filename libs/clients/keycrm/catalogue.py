"""KeyCRM's products, offers and stocks. A product is a card; its offer has the SKU, the price and the stock.

Promises: an offer or a stock row found by SKU really has it. Stocks and prices are absolute: sending one twice does
no harm. KeyCRM has no date filter here and no list of warehouses.
"""

from __future__ import annotations

from collections.abc import Sequence

from libs.clients.keycrm.bodies import OfferPrice, ProductBody, ProductChangeBody, StockItem
from libs.clients.keycrm.calls import PAGE_LIMIT, KeyCrmCalls, accepted, get, paged
from libs.clients.keycrm.filters import one_of
from libs.clients.keycrm.pages import Page
from libs.clients.keycrm.walk import certain
from libs.clients.terms import Terms
from libs.clients.wire import Call
from libs.contracts.keycrm import Offer, Product, StockLevel

MOST_ITEMS = 10_000
"""The most offers or stocks that one call may carry."""


class CatalogueCalls(KeyCrmCalls):
    """Every call about products, offers and stocks."""

    async def get_product(self, product_id: int, terms: Terms) -> Product:
        """One product.

        Raises:
            GoneError: KeyCRM has no such product.
        """
        return await self.read(get("getProduct", f"/products/{product_id}", product_id=product_id), terms, Product)

    async def list_products(
        self,
        terms: Terms,
        *,
        ids: Sequence[int] = (),
        page: int = 1,
        limit: int = PAGE_LIMIT,
        is_archived: bool | None = None,
    ) -> Page[Product]:
        """One page of products, of these alone if any are named."""
        archived = None if is_archived is None else str(is_archived).lower()
        wanted = {"filter[product_id]": ",".join(map(str, ids)) or None, "filter[is_archived]": archived}
        query = {**paged(page, limit), **wanted}
        return await self.page(get("listProducts", "/products", query, page=page), terms, Product)

    async def create_product(self, body: ProductBody, terms: Terms, *, reference: str = "") -> Product:
        """A new product without variants.

        Raises:
            OutcomeUnknown: it may have happened; look the SKU up among the offers before any repeat.
        """
        call = Call("createProduct", "POST", "/products", body, reference=reference or body.get("sku", ""))
        return await self.read(call, terms, Product)

    async def update_product(self, product_id: int, body: ProductChangeBody, terms: Terms) -> Product:
        """Change a product; what is left out stays."""
        call = Call("updateProduct", "PUT", f"/products/{product_id}", body, ids={"product_id": product_id})
        return await self.read(call, terms, Product)

    async def find_offers_by_sku(self, skus: Sequence[str], terms: Terms) -> tuple[Offer, ...]:
        """The offers that have one of these SKUs, to the letter; one call for each fifty.

        Raises:
            PermanentError: KeyCRM ignored the filter, showed a row that cannot be read, or cannot be asked for a SKU.
        """
        found: list[Offer] = []
        for start in range(0, len(skus), PAGE_LIMIT):
            found.extend(await self._offers(skus[start : start + PAGE_LIMIT], terms))
        return tuple(found)

    async def _offers(self, skus: Sequence[str], terms: Terms) -> list[Offer]:
        """Several offers may share a SKU, so fifty SKUs may fill more than one page."""
        found: list[Offer] = []
        number = last_page = 1
        while number <= last_page:
            query = {**paged(number, PAGE_LIMIT), "sort": "id", "filter[sku]": one_of(skus, "sku")}
            page = await self.page(get("listOffers", "/offers", query, page=number), terms, Offer)
            found.extend(certain(page, lambda row: row.sku in skus, "sku"))
            last_page = page.last_page
            number += 1
        return found

    async def update_offers(self, offers: Sequence[OfferPrice], terms: Terms) -> None:
        """Set prices of up to 10,000 offers; one bad item refuses them all.

        Raises:
            PermanentError: KeyCRM refused the batch; a smaller one tells which item.
        """
        await accepted(self, Call("updateOffers", "PUT", "/offers", {"offers": offers}), terms)

    async def set_stocks(self, warehouse_id: int, stocks: Sequence[StockItem], terms: Terms) -> None:
        """Set physical quantities (reserved units included) of up to 10,000 SKUs in one warehouse.

        Raises:
            PermanentError: KeyCRM refused the batch; a smaller one tells which item.
        """
        body = {"warehouse_id": warehouse_id, "stocks": stocks}
        await accepted(
            self, Call("setStocks", "PUT", "/offers/stocks", body, ids={"warehouse_id": warehouse_id}), terms
        )

    async def list_stocks(
        self,
        terms: Terms,
        *,
        skus: Sequence[str] = (),
        page: int = 1,
        limit: int = PAGE_LIMIT,
        details: bool = True,
    ) -> Page[StockLevel]:
        """One page of stock levels, per warehouse with `details`; with SKUs, only rows that have one of them.

        Raises:
            PermanentError: KeyCRM ignored the filter, or cannot be asked for a SKU.
        """
        query = {**paged(page, limit), "filter[details]": "true" if details else None}
        if not skus:
            return await self.page(get("listStocks", "/offers/stocks", query, page=page), terms, StockLevel)
        query["filter[offers_sku]"] = one_of(skus, "offers_sku")
        found = await self.page(get("listStocks", "/offers/stocks", query, page=page), terms, StockLevel)
        rows = certain(found, lambda row: row.sku in skus, "offers_sku")
        return Page(rows, found.page, found.last_page, found.total)
