"""KeyCRM's orders and their payments.

Promises: an order found by its reference really carries it; a walk skips no row while rows change. KeyCRM has no
delete, no idempotency key and no conditional write: what that means for a repeat is `libs.clients.answers`' business.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence

from libs.clients.keycrm.bodies import OrderCreateBody, OrderUpdateBody, PaymentBody, PaymentChangeBody
from libs.clients.keycrm.calls import PAGE_LIMIT, KeyCrmCalls, get, paged
from libs.clients.keycrm.filters import OrderFilter
from libs.clients.keycrm.pages import Page
from libs.clients.keycrm.walk import certain, last_page_first
from libs.clients.terms import Terms
from libs.clients.wire import Call
from libs.contracts.keycrm import Order, Payment

ORDER_INCLUDES = ("buyer", "products.offer", "payments", "shipping")
"""What an order is read with; without an include KeyCRM leaves it out, which means unknown, not empty."""


class OrderCalls(KeyCrmCalls):
    """Every call about orders."""

    async def get_order(self, order_id: int, terms: Terms, *, include: Sequence[str] = ORDER_INCLUDES) -> Order:
        """One order with what is included.

        Raises:
            GoneError: KeyCRM has no such order.
        """
        call = get("getOrder", f"/order/{order_id}", {"include": ",".join(include) or None}, order_id=order_id)
        return await self.read(call, terms, Order)

    async def list_orders(
        self,
        filter: OrderFilter,
        terms: Terms,
        *,
        page: int = 1,
        limit: int = PAGE_LIMIT,
        sort: str = "id",
        include: Sequence[str] = (),
    ) -> Page[Order]:
        """One page; page numbers shift while rows change, so a walk is `walk_orders`."""
        query = {**paged(page, limit), "sort": sort, "include": ",".join(include) or None, **filter.query()}
        return await self.page(get("listOrders", "/order", query, page=page), terms, Order)

    def walk_orders(
        self, filter: OrderFilter, terms: Terms, *, limit: int = PAGE_LIMIT, include: Sequence[str] = ()
    ) -> AsyncIterator[Page[Order]]:
        """Every page of a fixed past interval, last page first: a row may come twice, none is skipped."""
        return last_page_first(lambda page: self.list_orders(filter, terms, page=page, limit=limit, include=include))

    async def find_orders_by_source_uuid(
        self, source_id: int, source_uuid: str, terms: Terms, *, include: Sequence[str] = ()
    ) -> tuple[Order, ...]:
        """The orders of this source that carry this reference; none is certain to be none.

        Raises:
            PermanentError: KeyCRM ignored the filter or showed a row that cannot be read.
        """
        wanted = OrderFilter(source_ids=(source_id,), source_uuid=source_uuid)
        page = await self.list_orders(wanted, terms, include=include)
        return certain(page, lambda row: row.source_id == source_id and row.source_uuid == source_uuid, "source_uuid")

    async def create_order(self, body: OrderCreateBody, terms: Terms, *, reference: str = "") -> Order:
        """A new order; its status is the account's first.

        Raises:
            OutcomeUnknown: it may have happened; look its `source_uuid` up before any repeat.
        """
        call = Call("createOrder", "POST", "/order", body, reference=reference or body["source_uuid"])
        return await self.read(call, terms, Order)

    async def update_order(self, order_id: int, body: OrderUpdateBody, terms: Terms, *, reference: str = "") -> Order:
        """Change an order; the answer (202) has the order's own columns, no lines, payments or shipping."""
        call = Call("updateOrder", "PUT", f"/order/{order_id}", body, ids={"order_id": order_id}, reference=reference)
        return await self.read(call, terms, Order)

    async def add_payment(self, order_id: int, body: PaymentBody, terms: Terms, *, reference: str = "") -> Payment:
        """A new payment of an order; KeyCRM's answer may carry no id."""
        path = f"/order/{order_id}/payment"
        call = Call("addOrderPayment", "POST", path, body, ids={"order_id": order_id}, reference=reference)
        return await self.read(call, terms, Payment)

    async def update_payment(self, order_id: int, payment_id: int, body: PaymentChangeBody, terms: Terms) -> Payment:
        """Change a payment's status or description."""
        ids = {"order_id": order_id, "payment_id": payment_id}
        call = Call("updateOrderPayment", "PUT", f"/order/{order_id}/payment/{payment_id}", body, ids=ids)
        return await self.read(call, terms, Payment)
