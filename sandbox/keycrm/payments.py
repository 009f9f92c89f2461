"""Payments and expenses of an order: added, and later only their status and note changed; never deleted."""

from __future__ import annotations

from decimal import Decimal
from typing import Any, Literal

from sandbox.keycrm import loss, triggers
from sandbox.keycrm.account import Account, Origin
from sandbox.keycrm.errors import invalid, missing
from sandbox.keycrm.order_checks import unknown_method
from sandbox.keycrm.rows import Money, Order
from sandbox.keycrm.wire import moment_of


def new_payment(account: Account, order: Order, body: dict[str, Any], default_status: str) -> Money:
    """A payment row that is not yet in its order."""
    methods = account.store.payment_methods
    method = body.get("payment_method_id")
    if method is None:
        method = next(id_ for id_, entry in methods.items() if entry["name"] == body["payment_method"])
    return _money(account, order, "payment", method, body, default_status)


def add_payment(account: Account, order: Order, body: dict[str, Any], origin: Origin) -> Money:
    """Add a payment; on this route it is paid unless it says otherwise."""
    unknown = unknown_method(account, body)
    if unknown:
        raise invalid(*unknown)
    was = triggers.before(order)
    payment = new_payment(account, order, body, "paid")
    order.payments.append(payment)
    account.touch(order, {"payment"})
    triggers.order_changed(account, order, was, origin)
    return payment


def change_payment(account: Account, order: Order, payment: Money, body: dict[str, Any], origin: Origin) -> None:
    """Change a payment's status and note."""
    was = triggers.before(order)
    if _change(account, payment, body):
        account.touch(order, {"payment"})
    triggers.order_changed(account, order, was, origin)


def add_expense(account: Account, order: Order, body: dict[str, Any]) -> Money:
    """Add an expense."""
    types = account.store.expense_types
    names = {entry["name"]: id_ for id_, entry in types.items()}
    kind = body.get("expense_type_id", names.get(body.get("expense_type")))
    if kind not in types:
        raise invalid("expense_type_id" if "expense_type_id" in body else "expense_type")
    expense = _money(account, order, "expense", kind, body, "paid")
    order.expenses.append(expense)
    account.touch(order, {"payment"})
    return expense


def change_expense(account: Account, order: Order, expense: Money, body: dict[str, Any]) -> None:
    """Cancel an expense or change its note."""
    if _change(account, expense, body):
        account.touch(order, {"payment"})


def find(rows: list[Money], money_id: int, entity: str) -> Money:
    """The payment or expense, or 404."""
    for money in rows:
        if money.id == money_id:
            return money
    raise missing(entity)


def _money(
    account: Account,
    order: Order,
    kind: Literal["payment", "expense"],
    kind_id: int,
    body: dict[str, Any],
    default_status: str,
) -> Money:
    amount = loss.amount(account.knobs, body["amount"])
    money = Money(account.store.next_id(kind), order_id=order.id, kind_id=kind_id, amount=amount or Decimal(0))
    money.status = body.get("status") or default_status
    money.description = loss.text(account.knobs, body.get("description"))
    now = account.now()
    given = body.get("payment_date")
    money.payment_date = moment_of(given) if given else now.replace(microsecond=0)
    money.born(now)
    return money


def _change(account: Account, money: Money, body: dict[str, Any]) -> bool:
    was = (money.status, money.description)
    if body.get("status") is not None:
        money.status = body["status"]
    if "description" in body:
        money.description = loss.text(account.knobs, body["description"])
    is_changed = was != (money.status, money.description)
    if is_changed:
        money.touch(account.now())
    return is_changed
