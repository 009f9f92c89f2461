"""Orders: made, changed, moved from status to status. What may be refused was refused by `order_checks` before.

Through the API lines can be changed but neither added nor removed, and buyer, source and `source_uuid` stay; staff can
do all of it.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sandbox.keycrm import buyers, loss, stocks, triggers
from sandbox.keycrm.account import Account, Origin
from sandbox.keycrm.custom_fields import custom_values
from sandbox.keycrm.errors import missing
from sandbox.keycrm.knobs import Movement
from sandbox.keycrm.order_lines import change_lines, new_line
from sandbox.keycrm.payments import new_payment
from sandbox.keycrm.rows import Order
from sandbox.keycrm.wire import moment_of

COMMENTS = ("buyer_comment", "manager_comment", "gift_message")
AMOUNTS = ("discount_percent", "discount_amount", "shipping_price", "wrap_price", "taxes")
PLAIN = ("source_uuid", "parent_id", "manager_id", "promocode", "is_gift", "gift_wrap")


def find(account: Account, order_id: int) -> Order:
    """The order, or 404."""
    order = account.store.orders.get(order_id)
    if order is None:
        raise missing("Order")
    return order


def create(account: Account, body: dict[str, Any], origin: Origin) -> Order:
    """A new order in the account's first status; staff may name another, a time in the past, and no buyer."""
    now = account.now()
    if origin == "person" and body.get("created_at"):
        now = moment_of(body["created_at"])
    buyer = body.get("buyer")
    buyer_id = buyers.for_order(account, buyer).id if buyer is not None else None
    order = Order(account.store.next_id("order"), source_id=body["source_id"], buyer_id=buyer_id)
    order.born(now)
    account.store.orders[order.id] = order
    _fill(account, order, body, now)
    order.status_id = account.knobs.new_order_status_id
    if origin == "person":
        order.status_id = body.get("status_id", order.status_id)
    _enter_status(account, order, now)
    stocks.follow_status(account, order)
    triggers.order_created(account, order, origin)
    return order


def _fill(account: Account, order: Order, body: dict[str, Any], now: datetime) -> None:
    _set_columns(account, order, body)
    for name in PLAIN:
        if body.get(name) is not None:
            setattr(order, name, body[name])
    ordered_at = body.get("ordered_at")
    order.ordered_at = moment_of(ordered_at) if ordered_at else now.replace(microsecond=0)
    order.marketing = dict(body.get("marketing") or {})
    order.tags = list(body.get("tags") or [])
    order.lines = [new_line(account, order.source_id, item) for item in body.get("products") or []]
    order.payments = [new_payment(account, order, item, "not_paid") for item in body.get("payments") or []]


def update(account: Account, order: Order, body: dict[str, Any], origin: Origin) -> None:
    """Change what the body names, as one change, and fire what it calls for."""
    was = triggers.before(order)
    moved = _set_columns(account, order, body)
    if change_lines(account, order, body.get("products") or [], can_add=origin == "person"):
        moved.add("line")
    if origin == "person":
        moved |= _set_by_staff(order, body)
    if body.get("status_id", order.status_id) != order.status_id:
        order.status_id = body["status_id"]
        _enter_status(account, order, account.now())
        moved.add("status")
    account.touch(order, moved)
    stocks.follow_status(account, order)
    triggers.order_changed(account, order, was, origin)


def _set_columns(account: Account, order: Order, body: dict[str, Any]) -> set[Movement]:
    """Set comments, amounts, shipping and custom fields; what kinds of change it was."""
    moved: set[Movement] = set()
    for name in COMMENTS:
        if name in body and _set(order, name, loss.text(account.knobs, body[name])):
            moved.add("comment")
    for name in AMOUNTS:
        if name in body and _set(order, name, loss.amount(account.knobs, body[name])):
            moved.add("line")
    if _set(order, "shipping", {**order.shipping, **_shipping(account, order, body.get("shipping") or {})}):
        moved.add("shipping")
    if _set(order, "custom_fields", {**order.custom_fields, **custom_values(account, body, "order")}):
        moved.add("comment")
    return moved


def _shipping(account: Account, order: Order, shipping: dict[str, Any]) -> dict[str, Any]:
    stored: dict[str, Any] = {}
    for name, value in shipping.items():
        if name == "shipping_date":
            stored[name] = moment_of(value) if value else None
        elif name == "recipient_phone":
            stored[name] = loss.phone(account.knobs, value) if value else value
        elif name == "tracking_code":
            # An empty code does not take a written one away.
            stored[name] = value or order.shipping.get(name)
        else:
            stored[name] = loss.text(account.knobs, value) if isinstance(value, str) else value
    return stored


def _set_by_staff(order: Order, body: dict[str, Any]) -> set[Movement]:
    moved: set[Movement] = set()
    gone = body.get("remove_products") or []
    if gone:
        order.lines = [line for line in order.lines if line.id not in gone]
        moved.add("line")
    for name in (*PLAIN, "buyer_id", "tags"):
        if name in body and _set(order, name, body[name]):
            moved.add("comment")
    return moved


def _enter_status(account: Account, order: Order, now: datetime) -> None:
    status = account.store.statuses[order.status_id]
    order.status_changed_at = now.replace(microsecond=0)
    order.closed_at = order.status_changed_at if status["is_closing_order"] else None
    if status["group_id"] == 6 and account.knobs.cancel_cancels_payments:
        for payment in order.payments:
            payment.status = "canceled"


def _set(order: Order, name: str, value: Any) -> bool:
    """Set one column; True when it changed."""
    is_changed = bool(getattr(order, name) != value)
    setattr(order, name, value)
    return is_changed
