"""Buyers: made, changed, matched to orders, and merged by staff.

An order's buyer is joined to a known one only when name and phone agree, and the e-mail if one is given; else a new
buyer is made and flagged as a possible duplicate. After a merge one of the two ids is gone.
"""

from __future__ import annotations

import copy
from typing import Any

from sandbox.keycrm import loss
from sandbox.keycrm.account import Account
from sandbox.keycrm.custom_fields import custom_values
from sandbox.keycrm.errors import Refusal, missing
from sandbox.keycrm.rows import Buyer

PLAIN = ("birthday", "company_id", "manager_id")


def create(account: Account, body: dict[str, Any]) -> Buyer:
    """A new buyer; the address book joins nothing by itself."""
    buyer = Buyer(account.store.next_id("buyer"))
    _write(account, buyer, body)
    buyer.born(account.now())
    account.store.buyers[buyer.id] = buyer
    return buyer


def update(account: Account, buyer: Buyer, body: dict[str, Any]) -> None:
    """Change what the body names; a list of phones or e-mails is replaced as a whole."""
    if _write(account, buyer, body):
        buyer.touch(account.now())


def find(account: Account, buyer_id: int) -> Buyer:
    """The buyer, or 404; a merged one is not found."""
    buyer = account.store.buyers.get(buyer_id)
    if buyer is None:
        raise missing("Buyer")
    return buyer


def for_order(account: Account, contact: dict[str, Any]) -> Buyer:
    """The buyer of a new order: named by id, joined, or made."""
    if contact.get("id") is not None:
        found = account.store.buyers.get(contact["id"])
        if found is None:
            raise Refusal(422, "buyer.id is invalid", {"buyer.id": ["buyer.id is invalid"]})
        return found
    phone, email = contact.get("phone") or "", contact.get("email") or ""
    joined = _joined(account, contact.get("full_name") or "", phone, email)
    if joined is not None:
        return joined
    twin = bool(phone) and any(_has_phone(buyer, phone) for buyer in account.store.buyers.values())
    name = contact.get("full_name") or phone or email
    buyer = create(account, {"full_name": name, "phone": [phone] * bool(phone), "email": [email] * bool(email)})
    buyer.is_possible_duplicate = twin
    return buyer


def merge(account: Account, gone_id: int, kept_id: int) -> Buyer:
    """What staff do with duplicates: orders and contacts move, the merged id vanishes."""
    gone, kept = find(account, gone_id), find(account, kept_id)
    for order in account.store.orders.values():
        if order.buyer_id == gone.id:
            order.buyer_id = kept.id
    kept.phones += [phone for phone in gone.phones if phone not in kept.phones]
    kept.emails += [email for email in gone.emails if email not in kept.emails]
    kept.touch(account.now())
    del account.store.buyers[gone.id]
    return kept


def _joined(account: Account, name: str, phone: str, email: str) -> Buyer | None:
    if not phone:
        return None
    for buyer in account.store.buyers.values():
        if not _has_phone(buyer, phone):
            continue
        if account.knobs.buyer_matching == "phone":
            return buyer
        is_same_name = buyer.full_name.strip().casefold() == name.strip().casefold()
        if is_same_name and (not email or email.casefold() in [one.casefold() for one in buyer.emails]):
            return buyer
    return None


def _has_phone(buyer: Buyer, phone: str) -> bool:
    return loss.digits(phone) in [loss.digits(one) for one in buyer.phones]


def _write(account: Account, buyer: Buyer, body: dict[str, Any]) -> bool:
    """Set what the body names; True when anything changed."""
    was = copy.copy(buyer)
    knobs = account.knobs
    for name in PLAIN:
        if name in body:
            setattr(buyer, name, body[name])
    if "full_name" in body:
        buyer.full_name = loss.text(knobs, body["full_name"]) or ""
    if "note" in body:
        buyer.note = loss.text(knobs, body["note"])
    if "discount" in body:
        buyer.discount = loss.amount(knobs, body["discount"])
    if "phone" in body:
        buyer.phones = [loss.phone(knobs, phone) for phone in body["phone"] or []]
    if "email" in body:
        buyer.emails = list(body["email"] or [])
    if "shipping" in body:
        buyer.addresses = [_address(account, address) for address in body["shipping"] or []]
    buyer.custom_fields = {**buyer.custom_fields, **custom_values(account, body, "client")}
    return buyer != was


def _address(account: Account, address: dict[str, Any]) -> dict[str, Any]:
    return {name: loss.text(account.knobs, value) for name, value in address.items()}
