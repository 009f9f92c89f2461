"""Every key of ours as the words that shop and warehouse staff use for it.

Promises: whatever is asked is answered: a key that only a newer release knows is told as it stands, its underscores
as spaces. The names of the two systems are the same in every language.
"""

from __future__ import annotations

from collections.abc import Mapping

from libs.contracts.types import Side
from libs.wording import catalogue
from libs.wording.catalogue import N_
from libs.wording.languages import Language

ENTITIES: Mapping[str, str] = {
    "order": N_("Order"), "customer": N_("Customer"), "article": N_("Article"), "system": N_("The sync"),
}  # fmt: skip
SIDES: Mapping[str, str] = {Side.VMS.value: "VMS", Side.KEYCRM.value: "KeyCRM"}
FIELDS: Mapping[str, str] = {
    "status": N_("status"), "manager_comment": N_("manager's comment"), "buyer_comment": N_("buyer's comment"),
    "shipping_date": N_("shipping date"), "delivery_service": N_("delivery service"),
    "tracking_code": N_("tracking code"), "lines": N_("order lines"), "deposited_amount": N_("paid amount"),
    "payments": N_("payments"), "payment": N_("payment"), "name": N_("name"), "phone": N_("phone"),
    "email": N_("e-mail"), "city": N_("city"), "address": N_("address"), "postal_code": N_("postal code"),
    "identity": N_("which record is the same"), "buyer": N_("buyer"), "source_id": N_("order source"),
    "warehouse": N_("warehouse"), "quantity": N_("quantity"), "stock": N_("stock"), "price": N_("price"),
    "sku": N_("SKU"), "number": N_("number"),
}  # fmt: skip
_NUMBERED = ("payment", "stock", "price")
_FIELDS_OF: Mapping[tuple[str, str], str] = {("article", "name"): N_("article name")}
SERVICES: Mapping[str, str] = {
    "ingress": N_("webhook intake"), "inbound-apply": N_("writing to VMS"), "outbound-sync": N_("writing to KeyCRM"),
    "notifier": N_("news"), "console": N_("console"),
}  # fmt: skip
LANES: Mapping[str, str] = {
    "interactive": N_("asked for by a person"), "order": N_("orders"), "stock": N_("stock levels"),
    "customer": N_("customers"), "catalogue": N_("catalogue"), "reconcile": N_("cross-check"),
}  # fmt: skip
FLOWS: Mapping[str, str] = {
    "order.to_vms": N_("orders to VMS"), "order.to_keycrm": N_("orders to KeyCRM"),
    "customer.to_vms": N_("customers to VMS"), "customer.to_keycrm": N_("customers to KeyCRM"),
    "article.to_vms": N_("articles to VMS"), "article.to_keycrm": N_("articles to KeyCRM"),
    "stock.to_keycrm": N_("stock to KeyCRM"), "price.to_keycrm": N_("prices to KeyCRM"),
}  # fmt: skip
ROLES: Mapping[str, str] = {"viewer": N_("viewer"), "operator": N_("operator"), "admin": N_("administrator")}
SYNC = ("sync", "inbound-apply", "outbound-sync")


def entity(key: str, language: Language) -> str:
    """Order, customer, article, or the sync as a whole."""
    return _said(ENTITIES, key, language)


def field_name(key: str, language: Language, of: str | None = None) -> str:
    """A field, of this entity where two entities call it differently; a payment or a level is told with which."""
    kind, _, which = key.partition(" ")
    if which and kind in _NUMBERED:
        return f"{_said(FIELDS, kind, language)} {which}"
    special = _FIELDS_OF.get((of or "", key))
    return catalogue.of(language).gettext(special) if special else _said(FIELDS, key, language)


def side(key: str) -> str:
    """VMS or KeyCRM."""
    return SIDES.get(key, key)


def service(key: str, language: Language) -> str:
    """What a service is there for."""
    return _said(SERVICES, key, language)


def lane(key: str, language: Language) -> str:
    """Whose turn it is when calls are short."""
    return _said(LANES, key, language)


def flow(key: str, language: Language) -> str:
    """What goes where."""
    return _said(FLOWS, key, language)


def role(key: str, language: Language) -> str:
    """What a person may do."""
    return _said(ROLES, key, language)


def actor(key: str, language: Language) -> str:
    """Who did it: the sync itself, the console, or a person by the name he signed in with."""
    if key in SYNC:
        return catalogue.of(language).gettext(N_("the sync"))
    if key in SERVICES:
        return service(key, language)
    kind, colon, digest = key.partition(":")
    return f"{role(kind, language)} {digest}" if colon and kind in ROLES else key


def is_person(key: str) -> bool:
    """Whether an actor's key is the name of a person: no part of the sync, and no token without a name."""
    kind, colon, _ = key.partition(":")
    return key not in SYNC and key not in SERVICES and not (colon and kind in ROLES)


def listed(keys: tuple[str, ...] | list[str], language: Language, of: str | None = None) -> str:
    """Fields, one after the other."""
    return ", ".join(field_name(key, language, of) for key in keys)


def _said(table: Mapping[str, str], key: str, language: Language) -> str:
    msgid = table.get(key)
    return catalogue.of(language).gettext(msgid) if msgid else key.replace("_", " ")
