"""The bodies of customers and articles: shaped as the clients send them.

Promises: a list that KeyCRM holds keeps what we do not write; a name that a PUT cannot do without is sent as it stands.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from libs.contracts import keycrm, vms
from libs.contracts.events import VmsArticleEvent
from libs.reconcile import normalise
from libs.reconcile.pairs import Pairs
from libs.reconcile.values import Write

Body = dict[str, Any]
Writes = Mapping[str, Write]
_VMS_CUSTOMER = {
    "name": "contact_name",
    "phone": "phone",
    "email": "e_mail",
    "city": "city",
    "address": "address",
    "postal_code": "postal_code",
}
_ADDRESS = {"city": "city", "address": "address", "postal_code": "zip_code"}
_ADDRESS_COLUMNS = (
    "address", "additional_address", "city", "region", "zip_code", "country", "recipient_full_name", "recipient_phone",
)  # fmt: skip
NAME_LIMIT = 255


def keycrm_buyer(writes: Writes, held: keycrm.Buyer | None) -> Body:
    """POST /buyer, or PUT /buyer/{id} with the rest of its lists kept."""
    name = writes["name"].value if "name" in writes else held.full_name if held is not None else None
    body: Body = {"full_name": name}
    if "phone" in writes:
        rest = held.phone[1:] if held is not None else ()
        body["phone"] = _list(writes["phone"].value, [text for text in rest if text], normalise.phone)
    if "email" in writes:
        rest = held.email[1:] if held is not None else ()
        body["email"] = _list(writes["email"].value, [text for text in rest if text], normalise.email)
    changed = {column: writes[name].value for name, column in _ADDRESS.items() if name in writes}
    if any(value is not None for value in changed.values()) or (changed and held is not None):
        body["shipping"] = _addresses(changed, held)
    return body


def vms_customer(writes: Writes, company_name: str | None) -> Body:
    """POST /api/Customers. companyName is set here once: the company's name, or the person's."""
    body = vms_customer_changes(writes)
    return {**body, "company_name": normalise.line(company_name, NAME_LIMIT) or body.get("contact_name")}


def vms_customer_changes(writes: Writes) -> Body:
    """PUT /api/Customers/{id}: the columns that changed."""
    return {column: writes[name].value for name, column in _VMS_CUSTOMER.items() if name in writes}


def keycrm_product(event: VmsArticleEvent, writes: Writes, pairs: Pairs) -> Body:
    """POST /products: KeyCRM makes the one offer with the SKU and the price."""
    body: Body = {"name": writes["name"].value, "currency_code": event.currency}
    sku = normalise.line(event.sku)
    if sku is not None:
        body["sku"] = sku
    if event.price is not None:
        body["price"] = event.price
    unit = pairs.units.to_keycrm.get(event.unit or "")
    return {**body, "unit_type": unit} if unit else body


def keycrm_product_changes(writes: Writes) -> Body:
    """PUT /products/{id}."""
    return {"name": writes["name"].value} if "name" in writes else {}


def vms_article_changes(writes: Writes, held: vms.Article) -> Body:
    """PUT /api/Articles/{id}: the name that buyers see, in the column that it was read from."""
    if "name" not in writes:
        return {}
    return {"name_ua" if normalise.line(held.name_ua) else "name": writes["name"].value}


def _list(first: Any, rest: list[str], spell: Any) -> list[str]:
    """The new first value before the rest of the list; without one the rest moves up."""
    return [*([first] if first is not None else []), *(text for text in rest if spell(text) != first)]


def _addresses(changed: Mapping[str, Any], held: keycrm.Buyer | None) -> list[Body]:
    known = [dict(row) for row in (held.shipping or ())] if held is not None else []
    first = {**(known[0] if known else {}), **changed}
    rows = [first, *known[1:]]
    return [
        {name: row[name] for name in _ADDRESS_COLUMNS if row.get(name) is not None or name in changed} for row in rows
    ]
