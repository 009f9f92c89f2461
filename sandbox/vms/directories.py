"""VMS's small look-up tables. No endpoint lists them; a row that names none of their ids is refused by the database."""

from __future__ import annotations

from typing import Any

MANAGERS = {1: "Warehouse manager", 2: "Sales manager"}
SHIPMENT_STATUSES = {1: "Not shipped", 2: "Partly shipped", 3: "Shipped"}
DELIVERY_METHODS = {
    1: "Parcel", 2: "Pick-up", 3: "Courier", 4: "Own transport", 5: "Freight", 6: "Post", 7: "Not chosen",
}  # fmt: skip
PAYMENT_FORMS = {1: "Cash", 2: "Cashless", 3: "Card"}
CUSTOMER_STATUSES = {1: "Active", 2: "Sleeping", 3: "Closed"}
CUSTOMER_SEGMENTS = {1: "Wholesale", 2: "Dealer", 3: "Designer", 4: "Builder", 5: "Retail"}
WAREHOUSES = {"main": "Main", "shop": "Shop"}
# What the bare status byte means in this deployment; the API never says it.
ORDER_STATUSES = {1: "new", 2: "reserved", 3: "being packed", 4: "shipped", 5: "completed", 9: "cancelled"}

# Units with a quantity column of their own; every other unit counts in numberOfOutputPallet.
SQUARE_METRES = ("м²", "м2", "m2", "кв.м")
METRES = ("м", "m", "м.п.", "пог.м")


def entry(key: str, table: dict[int, str], row_id: int | None) -> dict[str, Any] | None:
    """One row as a read shows it beside the id, for example `{"managerId": 1, "name": …}`."""
    return None if row_id not in table else {key: row_id, "name": table[row_id]}


def quantity_column(unit: str) -> str:
    """Which column of a line holds the quantity in this unit."""
    if unit in SQUARE_METRES:
        return "necessary_square_meters"
    return "linear_meters" if unit in METRES else "number_of_output_pallet"
