"""The lines of an order: a SKU that the catalogue has binds a line to its offer, any other makes a one-off line."""

from __future__ import annotations

import copy
from decimal import Decimal
from typing import Any

from sandbox.keycrm import loss
from sandbox.keycrm.account import Account
from sandbox.keycrm.order_checks import line_of
from sandbox.keycrm.rows import Line, Order

AMOUNTS = ("price", "purchased_price", "discount_percent", "discount_amount")


def new_line(account: Account, source_id: int, item: dict[str, Any]) -> Line:
    """One line of a new order; the source's default warehouse is where it reserves."""
    store = account.store
    offer = store.offer(item.get("sku"))
    line = Line(store.next_id("line"), sku=item.get("sku"), name=item.get("name") or "")
    if offer is not None:
        product = store.products[offer.product_id]
        line.name, line.unit_type = line.name or product.name, product.unit_type
        line.price, line.purchased_price = offer.price or Decimal(0), offer.purchased_price
        line.offer_id, line.warehouse_id = offer.id, store.source_warehouse.get(source_id)
    line.unit_type = item.get("unit_type", line.unit_type)
    line.picture = item.get("picture")
    line.properties = [one for one in item.get("properties") or [] if "name" in one and "value" in one]
    _change(account, line, item)
    line.born(account.now())
    return line


def change_lines(account: Account, order: Order, items: list[dict[str, Any]], can_add: bool) -> bool:
    """Change the lines that the items name; True when any changed. What names no line is added only by staff."""
    is_changed = False
    for item in items:
        line = line_of(order, item)
        if line is not None:
            is_changed |= _change(account, line, item)
        elif can_add:
            order.lines.append(new_line(account, order.source_id, item))
            is_changed = True
    return is_changed


def _change(account: Account, line: Line, item: dict[str, Any]) -> bool:
    was = copy.copy(line)
    knobs = account.knobs
    for name in AMOUNTS:
        if name in item:
            setattr(line, name, loss.amount(knobs, item[name]))
    line.price = line.price or Decimal(0)
    if "quantity" in item:
        line.quantity = Decimal(str(item["quantity"]))
    if "comment" in item:
        line.comment = loss.text(knobs, item["comment"])
    if "product_status_id" in item:
        line.product_status_id = item["product_status_id"]
    if "name" in item and line.offer_id is None:
        line.name = loss.text(knobs, item["name"]) or ""
    return line != was
