"""Noon: what begins in KeyCRM, what no webhook tells, goods that change, edits on both sides at once."""

from __future__ import annotations

import urllib.error
from contextlib import suppress
from typing import Any

from sandbox.demo.side import Sides, until
from sandbox.demo.steps import Step

PHONE = "+380500000002"


def _born(sides: Sides) -> None:
    sides.kept["born"] = sides.in_keycrm(
        "POST", "orders",
        {"source_id": 3, "buyer": {"full_name": "Тарас Пробний", "phone": PHONE, "email": "taras@example.com"},
         "products": [{"sku": "DEMO-TSHIRT-M", "name": "Футболка біла M", "price": 450, "quantity": 2}]},
    )["id"]  # fmt: skip


def _number(sides: Sides) -> str:
    return f"KC-{sides.kept['born']}"


def _born_is_there(sides: Sides) -> bool:
    order = sides.order_in_vms(numberOrder=_number(sides))
    return order is not None and sides.customer(PHONE) is not None and order["customerId"] == _customer_id(sides)


def _customer_id(sides: Sides) -> Any:
    row = sides.customer(PHONE)
    return row["customerId"] if row else None


def _comment(sides: Sides) -> None:
    sides.in_keycrm("PATCH", f"orders/{sides.kept['born']}", {"manager_comment": "Подзвонити перед доставкою"})


def _commented(sides: Sides) -> bool:
    order = sides.order_in_vms(numberOrder=_number(sides))
    return bool(order and order["descriptions"] == "Подзвонити перед доставкою")


def _move(sides: Sides) -> None:
    buyer = sides.buyer(PHONE)
    assert buyer is not None, "the buyer is not in KeyCRM"
    sides.in_keycrm("PATCH", f"buyers/{buyer['id']}", {"email": ["taras.new@example.com"]})


def _moved(sides: Sides) -> bool:
    row = sides.customer(PHONE)
    return bool(row and row["eMail"] == "taras.new@example.com")


def _rename(sides: Sides) -> None:
    offer = sides.offer("DEMO-CABLE")
    assert offer is not None, "KeyCRM has no DEMO-CABLE"
    sides.in_keycrm("PATCH", f"products/{offer['product']['id']}", {"name": "Кабель мідний 3×1,5"})


def _renamed(sides: Sides) -> bool:
    row = sides.article("DEMO-CABLE")
    return bool(row and "Кабель мідний 3×1,5" in (row["name"], row["nameUa"]))


def _count(sides: Sides) -> None:
    article = sides.article("DEMO-MUG")
    assert article is not None, "VMS has no DEMO-MUG"
    for quantity in (39, 38, 37):
        sides.in_vms("PUT", f"articles/{article['articleId']}/stock", {"warehouse": "main", "quantity": quantity})
    sides.in_vms("PUT", f"articles/{article['articleId']}/price", {"price": 195})


def _counted(sides: Sides) -> bool:
    offer = sides.offer("DEMO-MUG")
    return sides.stock_in_keycrm("DEMO-MUG", "main") == 37.0 and offer is not None and float(offer["price"]) == 195.0


def _new_article(sides: Sides) -> None:
    sides.in_vms(
        "POST", "articles",
        {"name": "Ліхтар", "nameUa": "Ліхтар кишеньковий", "sku": "DEMO-TORCH", "price": 320,
         "stock": {"main": 12, "shop": 4}},
    )  # fmt: skip


def _article_is_there(sides: Sides) -> bool:
    offer = sides.offer("DEMO-TORCH")
    return offer is not None and sides.stock_in_keycrm("DEMO-TORCH", "main") == 12.0


def _both(sides: Sides) -> None:
    order = sides.order_in_vms(numberOrder=_number(sides))
    assert order is not None, "the order has not reached VMS"
    sides.in_vms("PATCH", f"orders/{order['orderId']}", {"externalComment": "Забере сам"})
    sides.in_keycrm("PATCH", f"orders/{sides.kept['born']}", {"status_id": 4})


def _both_crossed(sides: Sides) -> bool:
    there = sides.order_in_vms(numberOrder=_number(sides), orderStatus=2)
    here = sides.order_in_keycrm(id=sides.kept["born"], buyer_comment="Забере сам")
    return there is not None and here is not None


def _clash(sides: Sides) -> None:
    """Both change the same comment; KeyCRM has no time for a comment, so no machine can say who was later."""
    order = sides.order_in_vms(numberOrder=_number(sides))
    assert order is not None, "the order has not reached VMS"
    sides.in_keycrm("PATCH", f"orders/{sides.kept['born']}", {"manager_comment": "Дзвонити після 18:00"})
    sides.in_vms("PATCH", f"orders/{order['orderId']}", {"descriptions": "Дзвонити до 12:00"})


def _asked(sides: Sides) -> bool:
    rows = sides.as_operator("GET", "conflicts?status=open")["items"]
    sides.kept["conflict"] = next((row for row in rows if row["field"] == "manager_comment"), None)
    return sides.kept["conflict"] is not None


def _settle(sides: Sides) -> None:
    """The person at the keyboard, or after a while the day in their place."""
    question = sides.kept["conflict"]
    if sides.patience_seconds and sides.operator is not None:
        sides.your_turn(f"{sides.operator[0]}/conflicts/{question['id']}")
        if until(lambda: _is_answered(sides, question["id"]), sides.patience_seconds) is not None:
            return
    with suppress(urllib.error.HTTPError):  # they were faster by a moment
        sides.as_operator("POST", f"conflicts/{question['id']}/resolve", {"choice": "vms", "asked": question["asked"]})


def _is_answered(sides: Sides, number: int) -> bool:
    return bool(sides.as_operator("GET", f"conflicts/{number}")["status"] != "open")


def _settled(sides: Sides) -> bool:
    """Both show one text, whichever was taken."""
    there = sides.order_in_vms(numberOrder=_number(sides))
    here = sides.order_in_keycrm(id=sides.kept["born"])
    if there is None or here is None:
        return False
    return bool(there["descriptions"]) and there["descriptions"] == here["manager_comment"]


STEPS = (
    Step("KeyCRM", "a new buyer", "orders two T-shirts in the shop",
         "VMS has the customer and order KC-… with its line",
         _born, _born_is_there),
    Step("KeyCRM", "a shop manager", "writes a comment (no webhook tells)", "VMS shows the comment",
         _comment, _commented, is_prompt=False),
    Step("KeyCRM", "a shop manager", "changes the buyer's e-mail (no webhook tells)", "VMS shows it",
         _move, _moved, is_prompt=False),
    Step("KeyCRM", "a content editor", "renames a product (no webhook tells)", "VMS's article has the name",
         _rename, _renamed, seconds=90, is_prompt=False),
    Step("VMS", "the storekeeper", "counts mugs three times, reprices them", "KeyCRM has the last count and the price",
         _count, _counted),
    Step("VMS", "the buyer of goods", "adds an article, a torch", "KeyCRM has product, offer, stock",
         _new_article, _article_is_there),
    Step("both", "two people", "change different fields of one order at once", "both changes are on both sides",
         _both, _both_crossed),
    Step("both", "two people", "change the same comment at once", "a question waits for a person",
         _clash, _asked, is_prompt=False),
    Step("the console", "you, or else the day", "say which words are right", "both sides show them",
         _settle, _settled),
    Step("KeyCRM", "a shop manager", "cancels the order", "VMS shows cancelled",
         lambda s: s.in_keycrm("PATCH", f"orders/{s.kept['born']}", {"status_id": 19}),
         lambda s: s.order_in_vms(numberOrder=_number(s), orderStatus=9) is not None),
)  # fmt: skip
