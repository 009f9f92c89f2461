"""Buyers, staff and custom fields on the wire."""

from __future__ import annotations

from typing import Any

from sandbox.keycrm.account import Account
from sandbox.keycrm.rows import Buyer
from sandbox.keycrm.store import Store
from sandbox.keycrm.wire import iso

INCLUDES = ["manager", "shipping", "company", "loyalty", "custom_fields", "customFields"]


def buyer_shape(account: Account, buyer: Buyer, include: set[str] | None = None) -> dict[str, Any]:
    """A buyer of the address book, with lists of phones and e-mails."""
    store, asked = account.store, include or set()
    shape = {
        "id": buyer.id,
        "full_name": buyer.full_name,
        "birthday": buyer.birthday,
        "email": _contacts(account, buyer.emails),
        "phone": _contacts(account, buyer.phones),
        "note": buyer.note,
        "created_at": iso(buyer.created_at),
        "updated_at": iso(buyer.updated_at),
    }
    shapes: dict[str, Any] = {
        "manager": lambda: manager_shape(store, buyer.manager_id),
        "shipping": lambda: [dict(address) for address in buyer.addresses],
        "company": lambda: None,
        "loyalty": list,
        "custom_fields": lambda: custom_field_shapes(store, buyer.custom_fields),
    }
    return {**shape, **{name: make() for name, make in shapes.items() if name in asked}}


def _contacts(account: Account, values: list[str]) -> list[str] | str:
    """A list; some records of real accounts show a bare text instead."""
    if account.knobs.buyer_contacts == "text" and len(values) == 1:
        return values[0]
    return list(values)


def order_buyer_shape(store: Store, buyer_id: int | None) -> dict[str, Any] | None:
    """The buyer inside an order: phone and e-mail are single texts here."""
    buyer = store.buyers.get(buyer_id or 0)
    if buyer is None:
        return None
    return {
        "id": buyer.id,
        "full_name": buyer.full_name,
        "email": buyer.emails[0] if buyer.emails else None,
        "phone": buyer.phones[0] if buyer.phones else None,
        "company_id": buyer.company_id,
        "manager_id": buyer.manager_id,
    }


def manager_shape(store: Store, user_id: int | None) -> dict[str, Any] | None:
    """A member of the staff."""
    return store.users.get(user_id or 0)


def custom_field_shapes(store: Store, values: dict[str, Any]) -> list[dict[str, Any]]:
    """The filled custom fields."""
    kept = ("id", "uuid", "name", "type")
    fields = store.custom_fields
    return [{**{name: fields[uuid][name] for name in kept}, "value": value} for uuid, value in values.items()]
