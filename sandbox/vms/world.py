"""Everything this VMS holds, in memory: rows, ids, seeds. It refuses nothing and emits nothing; `changes` does."""

from __future__ import annotations

from datetime import datetime
from typing import Literal

from sandbox.vms.bodies import ArticleBody, LinkAccounting
from sandbox.vms.directories import WAREHOUSES
from sandbox.vms.rows import ArticleRow, CustomerRow, OrderRow, Stock

Seed = Literal["shop", "empty"]

# SKU, name, English name, price, unit, stock in main and shop. The CRM sandbox's seed has the same goods.
SHOP = (
    ("DEMO-TSHIRT-M", "Футболка біла M", "White T-shirt M", 450.0, "шт", 20.0, 5.0),
    ("DEMO-TSHIRT-L", "Футболка біла L", "White T-shirt L", 450.0, "шт", 15.0, 3.0),
    ("DEMO-MUG", "Чашка керамічна", "Ceramic mug", 180.5, "шт", 40.0, 12.0),
    ("DEMO-TILE", "Плитка світла", "Light tile", 620.0, "м²", 120.5, 0.0),
    ("DEMO-CABLE", "Кабель мідний", "Copper cable", 35.75, "м", 1000.0, 250.0),
)


class World:
    """The rows by id, and the next ids."""

    def __init__(self, seed: Seed, now: datetime) -> None:
        self.orders: dict[str, OrderRow] = {}
        self.customers: dict[int, CustomerRow] = {}
        self.articles: dict[int, ArticleRow] = {}
        self.warehouses = dict(WAREHOUSES)
        self._ids: dict[str, int] = {}
        self.reset(seed, now)

    def reset(self, seed: Seed, now: datetime, first_id: int = 1) -> None:
        """Empty everything and sow again; ids begin at `first_id`."""
        self.orders.clear()
        self.customers.clear()
        self.articles.clear()
        self._ids = dict.fromkeys(("customer", "article", "link", "payment", "number"), first_id - 1)
        for sku, name, english, price, unit, main, shop in SHOP if seed == "shop" else ():
            row = self.add_article(ArticleBody(name=name, name_ua=name, name_en=english), now)
            self.add_link(row, sku, unit)
            row.price, row.price_changed_at = price, now
            row.stock = {"main": Stock(main, now), "shop": Stock(shop, now)}

    def next_id(self, noun: str) -> int:
        """The next number of a counter; none is given twice, also not after a delete."""
        self._ids[noun] += 1
        return self._ids[noun]

    def add_article(self, columns: ArticleBody, now: datetime) -> ArticleRow:
        """Keep an article under a new id."""
        columns.article_id = self.next_id("article")
        row = ArticleRow(columns, changed_at=now)
        self.articles[columns.article_id] = row
        return row

    def add_link(self, row: ArticleRow, sku: str | None, unit: str | None) -> None:
        """Give an article its row in the accounts."""
        link = LinkAccounting(
            link_accounting_id=self.next_id("link"),
            article_id=row.columns.article_id,
            name_position_by_accounting=row.columns.name,
            unit_gauge=unit,
            material_id=sku,
        )
        row.columns.link_accountings.append(link)

    def article_by_sku(self, sku: str) -> ArticleRow | None:
        """The first article with this SKU."""
        return next((row for row in self.articles.values() if row.sku == sku), None)

    def orders_of(self, customer_id: int) -> list[OrderRow]:
        """A customer's orders, newest first."""
        return newest_first([row for row in self.orders.values() if row.columns.customer_id == customer_id])

    def orders_by_customer(self) -> dict[int, list[OrderRow]]:
        """All customers' orders at one look, newest first."""
        grouped: dict[int, list[OrderRow]] = {}
        for row in newest_first(list(self.orders.values())):
            grouped.setdefault(row.columns.customer_id, []).append(row)
        return grouped


def newest_first(rows: list[OrderRow]) -> list[OrderRow]:
    """By order date, descending, as the lists of the API are."""
    return sorted(rows, key=lambda row: row.columns.order_date.timestamp(), reverse=True)
