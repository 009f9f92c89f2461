"""Do the two systems show the same? Compared row by row, by this file's own tables, from what the sandboxes hold.

Each function fails with the name of what differs. Nothing of the sync's own code is used.
"""

from __future__ import annotations

from decimal import Decimal
from typing import Any

Row = dict[str, Any]
STATUSES = {1: {1}, 2: {4}, 3: {4}, 4: {8, 11}, 5: {12}, 9: {19}}
DELIVERY = {1: 1, 2: 2}
METHODS = {0: 1, 1: 1, 2: 2}
COLUMNS = {"м²": "necessarySquareMeters", "м": "linearMeters"}
WAREHOUSES = {"main": 1, "shop": 2}


def orders_agree(vms: Row, keycrm: Row) -> None:
    """Status, comments, lines, shipping, payments, and the sum paid."""
    assert keycrm["status_id"] in STATUSES[vms["orderStatus"]], "status"
    assert _text(keycrm["manager_comment"]) == _text(vms["descriptions"]), "manager comment"
    assert _text(keycrm["buyer_comment"]) == _text(vms["externalComment"]), "buyer comment"
    assert _lines_of_keycrm(keycrm) == _lines_of_vms(vms), "lines"
    shipping = keycrm["shipping"]
    assert shipping["tracking_code"] == vms["trackingCode"], "tracking code"
    assert shipping["delivery_service_id"] == DELIVERY.get(vms["deliveryMethodId"]), "delivery service"
    assert _day(shipping["shipping_date_actual"]) == _day(vms["dateOfShipment"]), "day of shipment"
    payments_agree(vms, keycrm)


def payments_agree(vms: Row, keycrm: Row) -> None:
    """KeyCRM has each payment of VMS's once, by its reference; VMS's sum is that of all that count in KeyCRM."""
    ours = {p["paymentId"]: p for p in vms["payments"] if not p["isCancelled"]}
    copies = [p for p in keycrm["payments"] if "VMS payment" in (p["description"] or "") and p["status"] == "paid"]
    assert sorted(p["description"].split()[-1] for p in copies) == sorted(ours), "payments"
    for copy in copies:
        payment = ours[copy["description"].split()[-1]]
        assert _money(copy["amount"]) == _money(payment["amount"]), "amount"
        assert copy["payment_method_id"] == METHODS[payment["paymentType"]], "payment method"
    paid = sum((_money(p["amount"]) for p in keycrm["payments"] if p["status"] == "paid"), Decimal(0))
    assert _money(vms["depositedAmount"]) == paid, "sum paid"


def customers_agree(customer: Row, buyer: Row) -> None:
    """Name, first phone and e-mail, first address."""
    assert buyer["full_name"] == customer["contactName"], "name"
    assert _digits(_first(buyer["phone"])) == _digits(customer["phone"]), "phone"
    assert (_first(buyer["email"]) or "").lower() == (customer["eMail"] or "").lower(), "e-mail"
    address = buyer["shipping"][0] if buyer["shipping"] else {}
    for theirs, ours in (("city", "city"), ("address", "address"), ("zip_code", "postalCode")):
        assert _text(address.get(theirs)) == _text(customer[ours]), ours


def articles_agree(article: Row, product: Row, stocks: list[Row]) -> None:
    """Name, price, and the quantity of each warehouse."""
    (offer,) = product["offers"]
    assert product["name"] == (article["nameUa"] or article["name"]), "name"
    assert offer["sku"] == article["sku"], "SKU"
    assert _money(offer["price"]) == _money(article["price"]), "price"
    shown = {row["warehouse_id"]: _money(row["quantity"]) for row in stocks if row["sku"] == article["sku"]}
    wanted = {WAREHOUSES[name]: _money(quantity) for name, quantity in article["stock"].items()}
    assert {key: shown.get(key, Decimal(0)) for key in wanted} == wanted, "stock"


def _lines_of_vms(order: Row) -> list[tuple[str, Decimal, Decimal]]:
    lines = [line for position in order["positions"] for line in position["subPositions"]]
    return sorted((order["skus"][line["subPositionId"]], _quantity(line), _money(line["price"])) for line in lines)


def _lines_of_keycrm(order: Row) -> list[tuple[str, Decimal, Decimal]]:
    return sorted((line["sku"], _money(line["quantity"]), _money(line["price"])) for line in order["products"])


def _quantity(line: Row) -> Decimal:
    return _money(line[COLUMNS.get(line["unitsOfMeasurement"], "numberOfOutputPallet")])


def _money(value: Any) -> Decimal:
    return Decimal(str(value)).quantize(Decimal("0.01"))


def _text(value: Any) -> str:
    return (value or "").strip()


def _first(values: list[str]) -> str | None:
    return values[0] if values else None


def _digits(value: str | None) -> str:
    """The last nine: a Ukrainian number with or without its country code."""
    return "".join(character for character in value or "" if character.isdigit())[-9:]


def _day(value: str | None) -> str | None:
    return value[:10] if value else None
