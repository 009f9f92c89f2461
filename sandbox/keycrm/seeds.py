"""What an account holds when it starts: a small shop's dictionaries and, with `shop`, five goods in two warehouses."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from decimal import Decimal
from typing import Any, Literal

from sandbox.keycrm.rows import Offer, Product, Stock
from sandbox.keycrm.store import Entry, Store

Seed = Literal["shop", "empty"]

# id, name, alias, group, is_closing_order
STATUSES = (
    (1, "New", "new", 1, False),
    (4, "Reserved", "reserved", 2, False),
    (8, "Handed to delivery", "delivered_to_delivery", 4, False),
    (11, "In transit", "in_transit", 4, False),
    (12, "Completed", "completed", 5, True),
    (19, "Canceled", "canceled", 6, True),
)
# sku, name, price, unit_type, stock in warehouse 1, stock in warehouse 2
GOODS = (
    ("DEMO-TSHIRT-M", "Футболка біла M", "450.00", "шт", "20", "5"),
    ("DEMO-TSHIRT-L", "Футболка біла L", "450.00", "шт", "15", "3"),
    ("DEMO-MUG", "Чашка керамічна", "180.50", "шт", "40", "12"),
    ("DEMO-TILE", "Плитка світла", "620.00", "м²", "120.5", "0"),
    ("DEMO-CABLE", "Кабель мідний", "35.75", "м", "1000", "250"),
)


def seeded(seed: Seed, now: datetime) -> Store:
    """A new store."""
    store = Store()
    _dictionaries(store)
    if seed == "shop":
        for goods in GOODS:
            _goods(store, goods, now)
    return store


def _dictionaries(store: Store) -> None:
    for id_, name, alias, group, is_closing in STATUSES:
        store.statuses[id_] = {
            "id": id_,
            "name": name,
            "alias": alias,
            "is_active": True,
            "group_id": group,
            "is_closing_order": is_closing,
            "is_reserved": id_ in (1, 12, 19),
            "expiration_period": None,
        }
    store.sources = _keyed(
        [
            {"id": 1, "name": "Other", "alias": "other", "driver": "other", "currency_code": "UAH"},
            {"id": 3, "name": "Shop", "alias": "shop", "driver": "other", "currency_code": "UAH"},
        ]
    )
    store.payment_methods = _named({1: "Cash", 2: "Bank transfer"}, is_active=True)
    store.delivery_services = _named({1: "Parcel", 2: "Pick-up"}, source_name=None)
    store.line_statuses = _named({1: "New", 2: "Packed"}, is_active=True)
    store.expense_types = _named({1: "dictionaries.expense_type.delivery"}, is_active=True, by_order=True)
    store.tags = _named({1: "Urgent", 2: "Check the address"}, color="#d9534f")
    store.users = _keyed([_user(4, "Olena", "Testova"), _user(5, "Petro", "Probnyi")])
    store.custom_fields = {
        "OR_1001": _custom_field(1001, "OR_1001", "Warehouse order number", "order"),
        "CT_1002": _custom_field(1002, "CT_1002", "Customer number", "client"),
    }
    store.warehouses = _named({1: "Main", 2: "Shop"}, is_active=True)
    # A reserve needs a warehouse; source 1 has no default one, so its orders reserve nothing.
    store.source_warehouse = {3: 1}


def _goods(store: Store, goods: tuple[str, ...], now: datetime) -> None:
    sku, name, price, unit, main, shop = goods
    product = Product(store.next_id("product"), name=name, unit_type=unit)
    offer = Offer(store.next_id("offer"), product_id=product.id, sku=sku, price=Decimal(price))
    product.born(now)
    offer.born(now)
    store.products[product.id] = product
    store.add_offer(offer)
    store.stocks[(offer.id, 1)] = Stock(Decimal(main))
    store.stocks[(offer.id, 2)] = Stock(Decimal(shop))


def _named(names: dict[int, str], **rest: Any) -> dict[int, Entry]:
    return {
        id_: {"id": id_, "name": name, "alias": name.lower().replace(" ", "_"), **rest} for id_, name in names.items()
    }


def _keyed(entries: Iterable[Entry]) -> dict[int, Entry]:
    return {entry["id"]: entry for entry in entries}


def _user(id_: int, first: str, last: str) -> Entry:
    return {
        "id": id_,
        "first_name": first,
        "last_name": last,
        "full_name": f"{first} {last}",
        "username": first.lower(),
        "email": f"{first.lower()}@shop.example",
        "phone": None,
        "role_id": 2,
        "status": "active",
    }


def _custom_field(id_: int, uuid: str, name: str, model: str) -> Entry:
    return {"id": id_, "uuid": uuid, "name": name, "model": model, "type": "text", "required": False, "position": id_}
