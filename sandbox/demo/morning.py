"""The morning: goods are announced, a customer orders in the warehouse's own shop, the order goes its way."""

from __future__ import annotations

from sandbox.demo.side import Sides
from sandbox.demo.steps import Step

PHONE = "067 000 00 01"
NAME = "Олена Тестова-Приклад"


def _announce(sides: Sides) -> None:
    """Counts every article again first, so that no figure in KeyCRM is right by chance."""
    rows = sides.in_vms("GET", "state")["articles"]
    counted = [
        {"sku": row["sku"], "warehouse": name, "quantity": float(quantity) + 1}
        for row in rows
        for name, quantity in row["stock"].items()
    ]
    sides.in_vms("PUT", "levels", {"stock": counted})
    sides.in_vms("POST", "events/announce", {"entities": ["article"]})


def _goods_agree(sides: Sides) -> bool:
    articles = sides.in_vms("GET", "state")["articles"]
    return all(
        sides.stock_in_keycrm(row["sku"], name) == float(quantity)
        for row in articles
        for name, quantity in row["stock"].items()
    )


def _customer(sides: Sides) -> None:
    sides.kept["customer"] = sides.in_vms(
        "POST", "customers",
        {"companyName": "Олена Тестова", "contactName": "Олена Тестова", "phone": PHONE, "eMail": "olena@example.com",
         "city": "Львів"},
    )  # fmt: skip


def _corrected(sides: Sides) -> None:
    path = f"customers/{sides.kept['customer']['customerId']}"
    sides.in_vms("PATCH", path, {"contactName": NAME})


def _order(sides: Sides) -> None:
    sides.kept["order"] = sides.in_vms(
        "POST", "orders",
        {"customerId": sides.kept["customer"]["customerId"], "numberOrder": "V-1001",
         "lines": [{"sku": "DEMO-MUG", "quantity": 2, "price": 180.5},
                   {"sku": "DEMO-TILE", "quantity": 3.5, "price": 620}]},
    )["orderId"]  # fmt: skip


def _order_is_there(sides: Sides) -> bool:
    order = sides.order_in_keycrm(source_uuid=sides.kept["order"])
    return order is not None and {(line["sku"], float(line["quantity"])) for line in order["products"]} == {
        ("DEMO-MUG", 2.0), ("DEMO-TILE", 3.5),
    }  # fmt: skip


def _keycrm_id(sides: Sides) -> int:
    order = sides.order_in_keycrm(source_uuid=sides.kept["order"])
    assert order is not None, "the order has not reached KeyCRM"
    return int(order["id"])


def _status(sides: Sides, status_id: int) -> None:
    sides.in_keycrm("PATCH", f"orders/{_keycrm_id(sides)}", {"status_id": status_id})


def _transport(sides: Sides) -> None:
    _status(sides, 11)
    _status(sides, 12)


def _paid(sides: Sides) -> None:
    sides.in_vms("POST", f"orders/{sides.kept['order']}/payments", {"amount": 1000, "paymentType": 2})


def _payments(sides: Sides) -> list[float]:
    order = sides.order_in_keycrm(source_uuid=sides.kept["order"])
    return sorted(float(p["amount"]) for p in order["payments"]) if order else []


def _second_payment(sides: Sides) -> None:
    path = f"orders/{_keycrm_id(sides)}/payments"
    sides.in_keycrm("POST", path, {"amount": 1531, "payment_method_id": 1, "status": "paid"})


def _deposited(sides: Sides) -> bool:
    row = sides.order_in_vms(orderId=sides.kept["order"])
    return row is not None and round(float(row["depositedAmount"]), 2) == 2531.0


def _shipped(sides: Sides) -> None:
    sides.in_vms(
        "PATCH", f"orders/{sides.kept['order']}",
        {"orderStatus": 4, "trackingCode": "20450000000001", "deliveryMethodId": 1},
    )  # fmt: skip


def _tracked(sides: Sides) -> bool:
    order = sides.order_in_keycrm(source_uuid=sides.kept["order"])
    return bool(order and order["status_id"] == 8 and order["shipping"]["tracking_code"] == "20450000000001")


def _vms_status(sides: Sides, status: int) -> bool:
    return sides.order_in_vms(orderId=sides.kept["order"], orderStatus=status) is not None


STEPS = (
    Step("VMS", "the warehouse", "counts its goods and announces five articles",
         "KeyCRM has the same stock in both warehouses",
         _announce, _goods_agree, seconds=150, is_prompt=False),
    Step("VMS", "a clerk", "enters a customer, Олена Тестова", "KeyCRM has her as a buyer",
         _customer, lambda s: s.buyer(PHONE) is not None),
    Step("VMS", "a clerk", "corrects her name", "KeyCRM's buyer has the new name",
         _corrected, lambda s: (s.buyer(PHONE) or {}).get("full_name") == NAME),
    Step("VMS", "a clerk", "enters her order: two mugs, 3.5 m² of tiles", "KeyCRM has one order with both lines by SKU",
         _order, _order_is_there),
    Step("KeyCRM", "a shop manager", "sets the order to reserved", "VMS shows reserved",
         lambda s: _status(s, 4), lambda s: _vms_status(s, 2)),
    Step("VMS", "the cashier", "takes 1,000 by bank transfer", "KeyCRM has the payment, once",
         _paid, lambda s: _payments(s) == [1000.0]),
    Step("KeyCRM", "a shop manager", "adds the rest, 1,531, in cash", "VMS's paid sum is 2,531",
         _second_payment, _deposited),
    Step("VMS", "the storekeeper", "ships it, tracking code 20450000000001", "KeyCRM shows handed over, with the code",
         _shipped, _tracked),
    Step("KeyCRM", "the carrier's robot", "moves it to in transit, then completed", "VMS shows completed",
         _transport, lambda s: _vms_status(s, 5)),
)  # fmt: skip
