"""The API calls about orders, their payments, expenses and tags.

Answers to writes show the order's own columns only; lines, payments and shipping need a GET with `include`.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Any

from sandbox.keycrm import loss, orders, payments
from sandbox.keycrm.account import Account
from sandbox.keycrm.calls import DONE, ApiCall, Handler, Reply
from sandbox.keycrm.errors import Refusal, missing
from sandbox.keycrm.lists import between, check_filters, ids, includes, indexed, is_true, ordered, page, texts
from sandbox.keycrm.order_checks import check_create, check_update
from sandbox.keycrm.rows import Order
from sandbox.keycrm.wire_orders import INCLUDES, expense_shape, order_shape, payment_shape

FILTERS = [
    "status_id",
    "source_id",
    "buyer_email",
    "buyer_phone",
    "has_tracking_code",
    "created_between",
    "updated_between",
    "payment_status",
    "source_uuid",
    "shipping_between",
]
Test = Callable[[Order], bool]


def list_orders(account: Account, call: ApiCall) -> Reply:
    """`GET /order`: a search, so it follows as late as the knob says."""
    check_filters(call.query, FILTERS)
    include = includes(call.query, INCLUDES)
    seen = indexed(account.store.orders, account.horizon())
    tests = [_test(account, seen, name, value) for name, value in call.query.filters.items()]
    rows = [account.store.orders[key] for key in seen]
    rows = [order for order in rows if all(test(order) for test in tests)]
    keys: dict[str, Callable[[Order], Any]] = {
        "id": lambda order: order.id,
        "created_at": lambda order: (order.created_at, order.id),
        "updated_at": lambda order: (seen[order.id], order.id),
    }
    rows = ordered(call.query, rows, keys)
    return Reply(200, page(call.query, rows, lambda order: order_shape(account, order, include)))


def _test(account: Account, seen: dict[int, datetime], name: str, value: str) -> Test:
    """One filter; `created_between` compares `ordered_at`, as the real one does."""
    buyers = account.store.buyers
    period = between(value) if name.endswith("_between") else lambda moment: False
    wanted_ids, wanted = ids(value), texts(value)
    phones = {_comparable(account, phone) for phone in wanted}

    def has_phone(order: Order) -> bool:
        buyer = buyers.get(order.buyer_id or 0)
        return buyer is not None and bool(phones & {_comparable(account, phone) for phone in buyer.phones})

    def has_email(order: Order) -> bool:
        buyer = buyers.get(order.buyer_id or 0)
        return buyer is not None and bool(wanted & set(buyer.emails))

    tests: dict[str, Test] = {
        "status_id": lambda order: order.status_id in wanted_ids,
        "source_id": lambda order: order.source_id in wanted_ids,
        "source_uuid": lambda order: order.source_uuid in wanted,
        "buyer_phone": has_phone,
        "buyer_email": has_email,
        "payment_status": lambda order: order.payment_status in wanted,
        "has_tracking_code": lambda order: bool(order.shipping.get("tracking_code")) == is_true(value),
        "created_between": lambda order: period(order.ordered_at),
        "updated_between": lambda order: period(seen[order.id]),
        "shipping_between": lambda order: period(order.shipping.get("shipping_date")),
    }
    return tests[name]


def _comparable(account: Account, phone: str) -> str:
    return phone if account.knobs.phone_filter == "exact" else loss.digits(phone)


def get_order(account: Account, call: ApiCall) -> Reply:
    """`GET /order/{orderId}`: the bare object."""
    include = includes(call.query, INCLUDES)
    return Reply(200, order_shape(account, _order(account, call), include))


def create_order(account: Account, call: ApiCall) -> Reply:
    """`POST /order`."""
    check_create(account, call.body)
    return Reply(201, order_shape(account, orders.create(account, call.body, "api")))


def import_orders(account: Account, call: ApiCall) -> Reply:
    """`POST /order/import`: all or none, and no ids in the answer."""
    items = call.body["orders"]
    for item in items:
        check_create(account, item)
    for item in items:
        orders.create(account, item, "api")
    return Reply(201)


def update_order(account: Account, call: ApiCall) -> Reply:
    """`PUT /order/{orderId}`: 202, whether or not it is already seen."""
    order = _order(account, call)
    check_update(account, order, call.body)
    account.take_effect(call.operation, lambda: orders.update(account, order, call.body, "api"))
    return Reply(202, order_shape(account, order))


def add_payment(account: Account, call: ApiCall) -> Reply:
    """`POST /order/{orderId}/payment`; whether the answer names the payment's id is a knob."""
    shape = payment_shape(account, payments.add_payment(account, _order(account, call), call.body, "api"))
    if not account.knobs.payment_answer_has_id:
        del shape["id"]
    return Reply(201, shape)


def update_payment(account: Account, call: ApiCall) -> Reply:
    """`PUT /order/{orderId}/payment/{paymentId}`."""
    order = _order(account, call)
    payment = payments.find(order.payments, call.ids["paymentId"], "Payment")
    account.take_effect(call.operation, lambda: payments.change_payment(account, order, payment, call.body, "api"))
    return Reply(202, payment_shape(account, payment))


def add_expense(account: Account, call: ApiCall) -> Reply:
    """`POST /order/{orderId}/expense`."""
    expense = payments.add_expense(account, _order(account, call), call.body)
    return Reply(201, expense_shape(account, expense))


def update_expense(account: Account, call: ApiCall) -> Reply:
    """`PUT /order/{orderId}/expense/{expenseId}`."""
    order = _order(account, call)
    expense = payments.find(order.expenses, call.ids["expenseId"], "Expense")
    payments.change_expense(account, order, expense, call.body)
    return Reply(202, expense_shape(account, expense))


def attach_tag(account: Account, call: ApiCall) -> Reply:
    """`POST /order/{orderId}/tag/{tagId}`."""
    order, tag = _order(account, call), call.ids["tagId"]
    if tag not in account.store.tags:
        raise missing("Tag")
    if tag not in order.tags:
        order.tags.append(tag)
    return Reply(202, DONE)


def detach_tag(account: Account, call: ApiCall) -> Reply:
    """`DELETE /order/{orderId}/tag/{tagId}`."""
    order, tag = account.store.orders.get(call.ids["orderId"]), call.ids["tagId"]
    if order is None or tag not in order.tags:
        raise Refusal(400, "The tag is not on the order.")
    order.tags.remove(tag)
    return Reply(204)


def _order(account: Account, call: ApiCall) -> Order:
    return orders.find(account, call.ids["orderId"])


HANDLERS: dict[str, Handler] = {
    "listOrders": list_orders,
    "getOrder": get_order,
    "createOrder": create_order,
    "importOrders": import_orders,
    "updateOrder": update_order,
    "addOrderPayment": add_payment,
    "updateOrderPayment": update_payment,
    "addOrderExpense": add_expense,
    "updateOrderExpense": update_expense,
    "attachOrderTag": attach_tag,
    "detachOrderTag": detach_tag,
}
