"""How a change of a row is kept and told: times move, totals follow, events go out with the whole entity.

One write emits one event for each aspect that it changed, all of the same instant, and `updated` when it changed
none, because the row's own change time has moved all the same.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from sandbox.vms.payloads import article_payload, customer_payload, order_payload
from sandbox.vms.rows import ArticleRow, CustomerRow, OrderRow
from sandbox.vms.system import Vms

_SHIPMENT = ("date_of_shipment", "shipment_status_id", "delivery_method_id")


@contextmanager
def order_change(vms: Vms, row: OrderRow, by: str | None, kind: str | None = None) -> Iterator[OrderRow]:
    """Change an order inside the block; `by` is None for a write by the API, `kind` overrules what is found."""
    before, tracking, money = row.columns.model_copy(), row.tracking_code, _money(row)
    yield row
    now = vms.clock.now()
    row.changed_at = row.columns.last_date_change = now
    customer = vms.world.customers.get(row.columns.customer_id)
    if customer is not None:
        customer.columns.last_recalculation_date = now
    tell_order(vms, row, by, [kind] if kind else _aspects(before, tracking, money, row))


def _money(row: OrderRow) -> list[tuple[str, float, bool]]:
    return [(payment.payment_id, payment.amount, payment.is_cancelled) for payment in row.payments]


def _aspects(before: Any, tracking: str | None, money: object, row: OrderRow) -> list[str]:
    changed = {name for name in type(before).model_fields if getattr(before, name) != getattr(row.columns, name)}
    kinds = []
    if changed - {"order_status", "last_date_change", *_SHIPMENT} or money != _money(row):
        kinds.append("updated")
    if "order_status" in changed:
        kinds.append("status-changed")
    if changed & set(_SHIPMENT) or tracking != row.tracking_code:
        kinds.append("shipment-updated")
    return kinds or ["updated"]


def tell_order(vms: Vms, row: OrderRow, by: str | None, kinds: list[str]) -> None:
    """Emit an order's events."""
    if _is_told(vms, by):
        for kind in kinds:
            data = order_payload(row, by or vms.knobs.api_changed_by, vms.clock)
            vms.emitter.emit("order", kind, row.columns.order_id, _kept(vms, data))


def tell_customer(vms: Vms, row: CustomerRow, by: str | None, kind: str) -> None:
    """Move a customer's times and emit."""
    row.changed_at = row.columns.last_recalculation_date = vms.clock.now()
    if _is_told(vms, by):
        data = customer_payload(row, by or vms.knobs.api_changed_by, vms.clock)
        vms.emitter.emit("customer", kind, str(row.columns.customer_id), _kept(vms, data))


def tell_article(vms: Vms, row: ArticleRow, by: str | None, kinds: list[str]) -> None:
    """Move an article's time and emit."""
    row.changed_at = vms.clock.now()
    if _is_told(vms, by):
        for kind in kinds:
            data = article_payload(row, by or vms.knobs.api_changed_by, vms.clock)
            vms.emitter.emit("article", kind, str(row.columns.article_id), _kept(vms, data))


def _is_told(vms: Vms, by: str | None) -> bool:
    return not vms.knobs.lose_events and (by is not None or vms.knobs.emit_api_writes)


def _kept(vms: Vms, data: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in data.items() if name not in vms.knobs.omit_event_fields}
