"""What a person does with articles in VMS: names, SKUs, counts, prices."""

from __future__ import annotations

from typing import Any

from starlette.requests import Request
from starlette.routing import BaseRoute

from sandbox.admin import Refused, admin_route, model_of, number_of
from sandbox.vms.answers import number
from sandbox.vms.bodies import ARTICLE_WRITABLE, ArticleBody
from sandbox.vms.changes import tell_article
from sandbox.vms.edits import ArticleEdit, ArticleWanted, Levels, PriceEdit, StockEdit
from sandbox.vms.loss import lose
from sandbox.vms.rows import ArticleRow, Stock
from sandbox.vms.shown import article_json
from sandbox.vms.system import Vms


class AdminArticles:
    """The admin calls about articles, stock and prices."""

    def __init__(self, vms: Vms) -> None:
        self._vms = vms

    def routes(self) -> list[BaseRoute]:
        """All of them."""
        return [
            admin_route("/articles", self._create, "POST", 201),
            admin_route("/articles/{id}", self._edit, "PATCH"),
            admin_route("/articles/{id}/stock", self._count, "PUT"),
            admin_route("/articles/{id}/price", self._price, "PUT"),
            admin_route("/levels", self._levels, "PUT"),
        ]

    async def _create(self, request: Request) -> Any:
        wanted = await model_of(request, ArticleWanted)
        self._check_warehouses(*wanted.stock)
        row = self._vms.world.add_article(ArticleBody(name=wanted.name), self._vms.clock.now())
        self._vms.world.add_link(row, wanted.sku, wanted.unit)
        self._write(row, wanted)
        tell_article(self._vms, row, wanted.changed_by, ["created"])
        return article_state(self._vms, row)

    async def _edit(self, request: Request) -> Any:
        row, edit = self._named(request), await model_of(request, ArticleEdit)
        self._check_warehouses(*edit.stock)
        tell_article(self._vms, row, edit.changed_by, self._write(row, edit) or ["updated"])
        return article_state(self._vms, row)

    def _write(self, row: ArticleRow, edit: ArticleEdit) -> list[str]:
        """Write what was sent; answers the kinds of event that tell it."""
        for name, value in edit.sent(*ARTICLE_WRITABLE).items():
            setattr(row.columns, name, value)
        if edit.sent("sku", "unit") and not row.columns.link_accountings:
            self._vms.world.add_link(row, None, None)
        for link in row.columns.link_accountings[:1]:
            link.material_id = edit.sku if "sku" in edit.model_fields_set else link.material_id
            link.unit_gauge = edit.unit if "unit" in edit.model_fields_set else link.unit_gauge
        row.currency = edit.currency if "currency" in edit.model_fields_set else row.currency
        lose(row.columns, self._vms.knobs)
        kinds = ["updated"] if edit.sent(*ARTICLE_WRITABLE, "sku", "unit", "currency") else []
        for warehouse, quantity in edit.stock.items():
            self._set_stock(row, warehouse, quantity)
            kinds.append("stock-changed")
        if "price" in edit.model_fields_set:
            self._set_price(row, edit.price)
            kinds.append("price-changed")
        return kinds

    async def _count(self, request: Request) -> Any:
        row, edit = self._named(request), await model_of(request, StockEdit)
        self._check_warehouses(edit.warehouse)
        self._set_stock(row, edit.warehouse, edit.quantity)
        tell_article(self._vms, row, edit.changed_by, ["stock-changed"])
        return article_state(self._vms, row)

    async def _price(self, request: Request) -> Any:
        row, edit = self._named(request), await model_of(request, PriceEdit)
        self._set_price(row, edit.price)
        tell_article(self._vms, row, edit.changed_by, ["price-changed"])
        return article_state(self._vms, row)

    async def _levels(self, request: Request) -> Any:
        levels = await model_of(request, Levels)
        rows = {row.sku: row for row in self._vms.world.articles.values()}
        self._check_warehouses(*(edit.warehouse for edit in levels.stock))
        named = {stock.sku for stock in levels.stock} | {price.sku for price in levels.price}
        for sku in sorted(named - {sku for sku in rows if sku}):
            raise Refused(422, f"sku: no article has {sku}")
        for stock in levels.stock:
            self._set_stock(rows[stock.sku], stock.warehouse, stock.quantity)
            tell_article(self._vms, rows[stock.sku], levels.changed_by, ["stock-changed"])
        for price in levels.price:
            self._set_price(rows[price.sku], price.price)
            tell_article(self._vms, rows[price.sku], levels.changed_by, ["price-changed"])
        return {"events": len(levels.stock) + len(levels.price)}

    def _set_stock(self, row: ArticleRow, warehouse: str, quantity: float) -> None:
        row.stock[warehouse] = Stock(quantity, self._vms.clock.now())

    def _set_price(self, row: ArticleRow, price: float | None) -> None:
        row.price, row.price_changed_at = price, self._vms.clock.now()

    def _check_warehouses(self, *names: str) -> None:
        for name in names:
            if name not in self._vms.world.warehouses:
                raise Refused(422, f"warehouse: must be one of {', '.join(self._vms.world.warehouses)}")

    def _named(self, request: Request) -> ArticleRow:
        row = self._vms.world.articles.get(number_of(request, "id"))
        if row is None:
            raise Refused(404, "no such article")
        return row


def article_state(vms: Vms, row: ArticleRow) -> dict[str, Any]:
    """An article as the REST API shows it, with what only the events tell."""
    return article_json(vms, row) | {
        "sku": row.sku,
        "unit": row.unit,
        "price": row.price,
        "currency": row.currency,
        "stock": {warehouse: number(stock.quantity) for warehouse, stock in row.stock.items()},
        "changedAt": row.changed_at.isoformat(),
    }
