"""What an account holds: its dictionaries and rows, in memory, with ids as a database would give them."""

from __future__ import annotations

import itertools
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from sandbox.keycrm.rows import Buyer, Offer, Order, Product, Stock

Entry = dict[str, Any]
# Ranges apart, so that an id of one kind never passes for another's.
FIRST_IDS = {
    "product": 201,
    "offer": 301,
    "order": 1001,
    "buyer": 5001,
    "payment": 7001,
    "expense": 8001,
    "address": 9001,
    "line": 20001,
    "lead": 30001,
}


def _sequences() -> dict[str, Iterator[int]]:
    return {name: itertools.count(first) for name, first in FIRST_IDS.items()}


@dataclass
class Store:
    """All rows of one account."""

    statuses: dict[int, Entry] = field(default_factory=dict)
    sources: dict[int, Entry] = field(default_factory=dict)
    payment_methods: dict[int, Entry] = field(default_factory=dict)
    delivery_services: dict[int, Entry] = field(default_factory=dict)
    line_statuses: dict[int, Entry] = field(default_factory=dict)
    expense_types: dict[int, Entry] = field(default_factory=dict)
    tags: dict[int, Entry] = field(default_factory=dict)
    users: dict[int, Entry] = field(default_factory=dict)
    custom_fields: dict[str, Entry] = field(default_factory=dict)
    categories: dict[int, Entry] = field(default_factory=dict)
    warehouses: dict[int, Entry] = field(default_factory=dict)
    source_warehouse: dict[int, int] = field(default_factory=dict)

    orders: dict[int, Order] = field(default_factory=dict)
    buyers: dict[int, Buyer] = field(default_factory=dict)
    products: dict[int, Product] = field(default_factory=dict)
    offers: dict[int, Offer] = field(default_factory=dict)
    stocks: defaultdict[tuple[int, int], Stock] = field(default_factory=lambda: defaultdict(Stock))
    offer_by_sku: dict[str, int] = field(default_factory=dict)
    _offer_ids: defaultdict[int, list[int]] = field(default_factory=lambda: defaultdict(list))
    _next: dict[str, Iterator[int]] = field(default_factory=_sequences)

    def next_id(self, kind: str) -> int:
        """A new id of this kind."""
        return next(self._next[kind])

    def offer(self, sku: str | None) -> Offer | None:
        """The offer that has this SKU."""
        return self.offers.get(self.offer_by_sku.get(sku or "", 0))

    def stock(self, offer_id: int, warehouse_id: int) -> Stock:
        """The stock row, made when first asked for."""
        return self.stocks[(offer_id, warehouse_id)]

    def total(self, offer_id: int, warehouses: list[int] | None = None) -> Stock:
        """The offer's stock over the given warehouses, or over all."""
        rows = [self.stocks.get((offer_id, one)) for one in (warehouses or self.warehouses)]
        total = Stock()
        for row in rows:
            total.quantity += row.quantity if row else 0
            total.reserve += row.reserve if row else 0
        return total

    def add_offer(self, offer: Offer) -> None:
        """Put an offer where its id, its product and its SKU find it."""
        self.offers[offer.id] = offer
        self._offer_ids[offer.product_id].append(offer.id)
        self.rename_sku(offer, offer.sku)

    def rename_sku(self, offer: Offer, sku: str | None) -> None:
        """Give the offer another SKU; of two with one SKU the older is found."""
        if offer.sku is not None and self.offer_by_sku.get(offer.sku) == offer.id:
            del self.offer_by_sku[offer.sku]
        offer.sku = sku
        if sku is not None:
            self.offer_by_sku.setdefault(sku, offer.id)

    def offers_of(self, product_id: int) -> list[Offer]:
        """The variants of a product."""
        return [self.offers[key] for key in self._offer_ids[product_id] if key in self.offers]


def known(rows: dict[int, Any], id_: Any) -> bool:
    """Does this id name a row? Booleans and texts do not."""
    return isinstance(id_, int) and not isinstance(id_, bool) and id_ in rows
