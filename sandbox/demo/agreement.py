"""Whether the two systems are the same, by the day's own table of what means the same; and what KeyCRM counted.

Compares every order, person, name, price, stock figure and payment that both should have; our database is not asked.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from sandbox.demo.side import STATUS_PAIRS, WAREHOUSES, Row, Sides, same_phone

WINDOW_SECONDS = 60.0


def differences(sides: Sides) -> list[str]:
    """What differs, one sentence each."""
    vms, keycrm = sides.in_vms("GET", "state"), sides.in_keycrm("GET", "state")
    return [*_orders(vms, keycrm), *_goods(vms, keycrm), *_people(vms, keycrm)]


def busiest_minute(sides: Sides) -> int:
    """The most calls that KeyCRM answered within any sixty seconds, by its own log."""
    moments = sorted(call["at"] for call in sides.in_keycrm("GET", "calls?after=0")["calls"])
    most, first = 0, 0
    for last, moment in enumerate(moments):
        while moment - moments[first] >= WINDOW_SECONDS:
            first += 1
        most = max(most, last - first + 1)
    return most


def breaches(sides: Sides) -> int:
    """Requests of ours that broke a partner's description."""
    return len(sides.in_keycrm("GET", "breaches")) + len(sides.in_vms("GET", "breaches"))


def doubles(sides: Sides) -> int:
    """Orders beyond one a reference, on either side, and buyers or customers beyond one a phone."""
    vms, keycrm = sides.in_vms("GET", "state"), sides.in_keycrm("GET", "state")
    keys = (
        [order["source_uuid"] for order in keycrm["orders"] if order["source_uuid"]],
        [order["numberOrder"] for order in vms["orders"] if order["numberOrder"].startswith("KC-")],
        [phone[-9:] for buyer in keycrm["buyers"] for phone in buyer["phone"][:1]],
    )
    return sum(len(found) - len(set(found)) for found in keys)


def _orders(vms: Row, keycrm: Row) -> Iterator[str]:
    for order in vms["orders"]:
        other = _pair(order, keycrm["orders"])
        if other is None:
            yield f"order {order['numberOrder']} is not in KeyCRM"
            continue
        name = f"order {order['numberOrder']} (KeyCRM {other['id']})"
        if other["status_id"] not in STATUS_PAIRS.get(order["orderStatus"], set()):
            yield f"{name}: status {order['orderStatus']} against {other['status_id']}"
        for left, right in (("descriptions", "manager_comment"), ("externalComment", "buyer_comment")):
            if (order[left] or "") != (other[right] or ""):
                yield f"{name}: {left} and {right} differ"
        paid = sum(float(p["amount"]) for p in other["payments"] if p["status"] == "paid")
        if abs(paid - float(order["depositedAmount"])) > 0.005:
            yield f"{name}: {order['depositedAmount']} paid against {paid}"
        if (order.get("trackingCode") or None) != (other["shipping"]["tracking_code"] or None):
            yield f"{name}: tracking codes differ"


def _pair(order: Row, others: list[Row]) -> Row | None:
    number = order["numberOrder"]
    if number.startswith("KC-"):
        return next((other for other in others if f"KC-{other['id']}" == number), None)
    return next((other for other in others if other["source_uuid"] == order["orderId"]), None)


def _goods(vms: Row, keycrm: Row) -> Iterator[str]:
    offers = {offer["sku"]: (offer, product) for product in keycrm["products"] for offer in product["offers"]}
    figures = {(row["sku"], row["warehouse_id"]): float(row["quantity"]) for row in keycrm["stocks"]}
    for article in vms["articles"]:
        sku = article["sku"]
        if sku not in offers:
            yield f"article {sku} is not in KeyCRM"
            continue
        offer, product = offers[sku]
        if product["name"] != (article["nameUa"] or article["name"]):
            yield f"article {sku}: names differ"
        if abs(float(offer["price"]) - float(article["price"])) > 0.005:
            yield f"article {sku}: price {article['price']} against {offer['price']}"
        for warehouse, quantity in article["stock"].items():
            shown = figures.get((sku, WAREHOUSES[warehouse]))
            if shown != float(quantity):
                yield f"article {sku}: {quantity} in {warehouse} against {shown}"


def _people(vms: Row, keycrm: Row) -> Iterator[str]:
    for customer in vms["customers"]:
        phone: Any = customer["phone"] or ""
        buyer = next((b for b in keycrm["buyers"] if any(same_phone(p, phone) for p in b["phone"])), None)
        if buyer is None:
            yield f"customer {customer['customerId']} is not in KeyCRM"
        elif buyer["full_name"] != customer["contactName"]:
            yield f"customer {customer['customerId']}: names differ"
        elif (customer["eMail"] or None) != (buyer["email"][0] if buyer["email"] else None):
            yield f"customer {customer['customerId']}: e-mails differ"
