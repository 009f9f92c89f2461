"""Which change fires which webhook.

Only a change of an order's status or payment status fires a trigger, whether a person or (knob) the API made it.
Stock hooks hear of every movement, each with its own warehouses' sum.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from sandbox.keycrm.account import Account, Origin
from sandbox.keycrm.rows import Order
from sandbox.keycrm.wire_catalogue import stock_webhook_row
from sandbox.keycrm.wire_orders import webhook_context


@dataclass(frozen=True)
class Before:
    """What the triggers compare an order with after a change."""

    status_id: int
    payment_status: str


def before(order: Order) -> Before:
    """The order's two statuses now."""
    return Before(order.status_id, order.payment_status)


def order_created(account: Account, order: Order, origin: Origin) -> None:
    """A new order enters its first status."""
    if account.knobs.trigger_on_create:
        _order(account, order, "status", origin)


def order_changed(account: Account, order: Order, was: Before, origin: Origin) -> None:
    """Fire what the change of the order calls for."""
    if order.status_id != was.status_id:
        _order(account, order, "status", origin)
    if order.payment_status != was.payment_status:
        _order(account, order, "payment", origin)


def _order(account: Account, order: Order, what: str, origin: Origin) -> None:
    if origin == "api" and not account.knobs.trigger_on_api_change:
        return
    event = "order.change_order_status" if what == "status" else "order.change_payment_status"
    body = {"event": event, "context": webhook_context(account, order)}
    for hook in account.hooks.of("order-status" if what == "status" else "payment-status"):
        account.postman.send(hook, f"order {order.id}", body)


def stock_moved(account: Account, moved: Iterable[tuple[int, int]]) -> None:
    """Tell the stock hooks of these (offer, warehouse) pairs."""
    pairs = sorted(set(moved))
    most = account.knobs.stock_webhook_rows
    for hook in account.hooks.of("stock"):
        chosen = list(hook.warehouses)
        offers = sorted({offer for offer, warehouse in pairs if not chosen or warehouse in chosen})
        rows = [stock_webhook_row(account, account.store.offers[offer], chosen) for offer in offers]
        for start in range(0, len(rows), most):
            part = rows[start : start + most]
            account.postman.send(hook, f"{len(part)} stock rows", part)


def lead_moved(account: Account, context: dict[str, Any]) -> None:
    """A card of a pipeline changed its status."""
    for hook in account.hooks.of("lead"):
        account.postman.send(hook, f"lead {context['id']}", {"event": "lead.change_lead_status", "context": context})
