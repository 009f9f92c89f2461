"""What staff do in KeyCRM's own screens, as admin calls: no quota, no contract, and webhooks as after any edit."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from decimal import Decimal
from typing import Any

from starlette.requests import Request
from starlette.routing import BaseRoute

from sandbox.admin import Refused, admin_route, model_of, number_of
from sandbox.keycrm import buyers, catalogue, orders, payments, staff_forms, stocks, triggers
from sandbox.keycrm.account import Account
from sandbox.keycrm.errors import Refusal, invalid, missing
from sandbox.keycrm.order_checks import check_create, check_update
from sandbox.keycrm.state import buyer_state, order_state, plain, product_state
from sandbox.keycrm.store import known
from sandbox.keycrm.wire import iso, moment_of

Work = Callable[[Request], Awaitable[Any]]


class Staff:
    """The screens of one account."""

    def __init__(self, account: Account) -> None:
        self._account = account

    def routes(self) -> list[BaseRoute]:
        """The admin calls of the screens."""
        rows: list[tuple[str, str, Work, int]] = [
            ("POST", "/orders", self.new_order, 201),
            ("PATCH", "/orders/{id}", self.edit_order, 200),
            ("DELETE", "/orders/{id}", self.delete_order, 200),
            ("POST", "/orders/{id}/payments", self.add_payment, 201),
            ("PATCH", "/orders/{id}/payments/{payment}", self.edit_payment, 200),
            ("POST", "/buyers/merge", self.merge_buyers, 200),
            ("POST", "/buyers", self.new_buyer, 201),
            ("PATCH", "/buyers/{id}", self.edit_buyer, 200),
            ("DELETE", "/buyers/{id}", self.delete_buyer, 200),
            ("POST", "/products", self.new_product, 201),
            ("PATCH", "/products/{id}", self.edit_product, 200),
            ("PUT", "/stocks", self.count_stock, 200),
            ("POST", "/leads", self.move_lead, 201),
        ]
        return [admin_route(path, _refusing(work), method, status) for method, path, work, status in rows]

    async def new_order(self, request: Request) -> Any:
        """A new order."""
        body = (await model_of(request, staff_forms.OrderForm)).filled()
        body["payments"] = [{"payment_method_id": 1, **payment} for payment in body.get("payments") or []]
        check_create(self._account, body)
        self._check_status(body)
        return self._order(orders.create(self._account, body, "person").id)

    async def edit_order(self, request: Request) -> Any:
        """A changed order; to staff a second tracking code is no error."""
        order = orders.find(self._account, number_of(request, "id"))
        body = (await model_of(request, staff_forms.OrderEdit)).filled()
        shipping = body.get("shipping") or {}
        is_second_code = {"shipping": {**shipping, "tracking_code": None}} if shipping else {}
        check_update(self._account, order, {**body, **is_second_code, "products": []})
        if "buyer_id" in body and not known(self._account.store.buyers, body["buyer_id"]):
            raise invalid("buyer_id")
        orders.update(self._account, order, body, "person")
        return self._order(order.id)

    async def delete_order(self, request: Request) -> Any:
        """An order thrown away; its id is not found any more."""
        order = orders.find(self._account, number_of(request, "id"))
        return self._account.store.orders.pop(order.id) and {"id": order.id}

    async def add_payment(self, request: Request) -> Any:
        """A payment entered by hand."""
        order = orders.find(self._account, number_of(request, "id"))
        body = (await model_of(request, staff_forms.PaymentForm)).filled()
        payments.add_payment(self._account, order, body, "person")
        return self._order(order.id)

    async def edit_payment(self, request: Request) -> Any:
        """A payment cancelled, or its note changed."""
        order = orders.find(self._account, number_of(request, "id"))
        payment = payments.find(order.payments, number_of(request, "payment"), "Payment")
        body = (await model_of(request, staff_forms.PaymentEdit)).filled()
        payments.change_payment(self._account, order, payment, body, "person")
        return self._order(order.id)

    async def new_buyer(self, request: Request) -> Any:
        """A new buyer."""
        body = (await model_of(request, staff_forms.BuyerForm)).filled()
        since = body.pop("created_at", None)
        buyer = buyers.create(self._account, body)
        if since is not None:
            buyer.born(moment_of(since))
        return buyer_state(plain(self._account), buyer.id)

    async def edit_buyer(self, request: Request) -> Any:
        """A changed buyer; no webhook exists for it."""
        buyer = buyers.find(self._account, number_of(request, "id"))
        buyers.update(self._account, buyer, (await model_of(request, staff_forms.BuyerEdit)).filled())
        return buyer_state(plain(self._account), buyer.id)

    async def delete_buyer(self, request: Request) -> Any:
        """A buyer thrown away."""
        buyer = buyers.find(self._account, number_of(request, "id"))
        return self._account.store.buyers.pop(buyer.id) and {"id": buyer.id}

    async def merge_buyers(self, request: Request) -> Any:
        """Two buyers made one."""
        form = await model_of(request, staff_forms.MergeForm)
        if form.from_ == form.into:
            raise Refused(422, "into: a buyer cannot be merged into itself")
        return buyer_state(plain(self._account), buyers.merge(self._account, form.from_, form.into).id)

    async def new_product(self, request: Request) -> Any:
        """A new product with its stock."""
        form = await model_of(request, staff_forms.ProductForm)
        catalogue.check_sku(self._account, form.filled())
        product = catalogue.create(self._account, form.filled())
        offer = self._account.store.offers_of(product.id)[0]
        for warehouse_id, quantity in form.stock.items():
            stocks.set_levels(self._account, warehouse_id, [(offer, Decimal(str(quantity)))], "person")
        return product_state(plain(self._account), product.id)

    async def edit_product(self, request: Request) -> Any:
        """A changed product; no webhook exists for it."""
        product = catalogue.find(self._account, number_of(request, "id"))
        body = (await model_of(request, staff_forms.ProductEdit)).filled()
        offers = self._account.store.offers_of(product.id)
        catalogue.check_sku(self._account, body, offers[0] if offers else None)
        catalogue.update(self._account, product, body)
        return product_state(plain(self._account), product.id)

    async def count_stock(self, request: Request) -> Any:
        """A quantity counted by hand."""
        form = await model_of(request, staff_forms.StockForm)
        offer = self._account.store.offer(form.sku)
        if offer is None or not known(self._account.store.warehouses, form.warehouse_id):
            raise missing("Offer or warehouse")
        stocks.set_levels(self._account, form.warehouse_id, [(offer, Decimal(str(form.quantity)))], "person")
        return product_state(plain(self._account), offer.product_id)

    async def move_lead(self, request: Request) -> Any:
        """A pipeline card's webhook."""
        form = await model_of(request, staff_forms.LeadForm)
        now = iso(self._account.now().replace(microsecond=0))
        times = {"status_changed_at": now, "created_at": now, "updated_at": now}
        context = {"id": self._account.store.next_id("lead"), **form.model_dump(), **times}
        triggers.lead_moved(self._account, context)
        return context

    def _order(self, order_id: int) -> Any:
        return order_state(plain(self._account), order_id)

    def _check_status(self, body: dict[str, Any]) -> None:
        if "status_id" in body and not known(self._account.store.statuses, body["status_id"]):
            raise invalid("status_id")


def _refusing(work: Work) -> Work:
    """Answer what the account refuses as the admin calls answer it."""

    async def handler(request: Request) -> Any:
        try:
            return await work(request)
        except Refusal as refusal:
            raise Refused(refusal.status, refusal.message) from refusal

    return handler
