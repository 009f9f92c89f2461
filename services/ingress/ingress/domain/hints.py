"""What a verified webhook says: which order, buyer, product or offer may have changed. A hint, never a value to write.

Promises: reads KeyCRM's `{event, context}`, the warehouse's own `{event, data}` and the bare array of stock rows; an
event's name decides over a path it contradicts. What cannot be understood is told with a reason, never guessed; a
field besides the id that cannot be read is left out, since the entity is read anyway. No personal data passes.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from decimal import Decimal, InvalidOperation
from functools import lru_cache
from typing import Any

import orjson

from ingress.domain.verify import Hook, VerifiedWebhook
from libs.contracts.topics import KEYCRM_BUYER, KEYCRM_CATALOGUE, KEYCRM_ORDER

_BIGGEST_ID = 2**63 - 1
_BIGGEST_NUMBER = 10**14
_LONGEST_EVENT = 80
_FOUR_PLACES = Decimal("0.0001")
_SEPARATORS = re.compile(r"[._\s-]+")
_NAME = re.compile(r"^[\w.-]{1,80}$", re.ASCII)
_GUID = re.compile(r"^[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}\Z", re.ASCII | re.IGNORECASE)

# Of an event's name: which path it means. KeyCRM's own triggers, then the names of the paths themselves.
_HOOK_OF_EVENT = {
    "order-change-order-status": Hook.ORDER_STATUS_CHANGED,
    "order-change-payment-status": Hook.PAYMENT_UPDATED,
    **{hook.value: hook for hook in Hook if hook is not Hook.ANY},
}
_ENTITY_OF_HOOK = {hook: hook.value.partition("-")[0] for hook in Hook}
# A payment is part of an order: both are told as an order.
_ENTITY_OF_HOOK |= {Hook.PAYMENT_CREATED: "order", Hook.PAYMENT_UPDATED: "order"}
_KIND_OF_HOOK = {
    Hook.ORDER_CREATED: "created",
    Hook.ORDER_UPDATED: "updated",
    Hook.ORDER_STATUS_CHANGED: "status-changed",
    Hook.PAYMENT_CREATED: "payment-created",
    Hook.PAYMENT_UPDATED: "payment-updated",
    Hook.BUYER_CREATED: "created",
    Hook.BUYER_UPDATED: "updated",
}
_PAYMENT_HOOKS = (Hook.PAYMENT_CREATED, Hook.PAYMENT_UPDATED)
# Columns that an order's row has and a payment's has not.
_ORDER_COLUMNS = ("status_id", "payment_status", "payments_total")


# The two that every webhook makes are not frozen: that makes them three times as dear.
@dataclass(slots=True)
class Hint:
    """One record to publish: its topic, key, event type and body, without the absent fields."""

    topic: str
    key: str
    type: str
    body: Mapping[str, Any] = field(repr=False)


@dataclass(frozen=True, slots=True)
class Unknown:
    """Well-formed and not understood: `reason` is a dead letter's, `error` names the field and never its value."""

    reason: str
    error: str


@dataclass(slots=True)
class Reading:
    """What a body says; with neither hints nor something unknown it is not for us (a pipeline card, an empty array)."""

    hints: tuple[Hint, ...] = ()
    unknown: Unknown | None = None


class NotJson(ValueError):
    """The body is no JSON at all."""


class BadWarehouse(ValueError):
    """The parameter `warehouse` is no warehouse's id."""


def understand(webhook: VerifiedWebhook) -> Reading:
    """Read the body.

    Raises:
        NotJson: it is no JSON.
        BadWarehouse: the stock of which warehouse, cannot be told.
    """
    warehouse = _warehouse(webhook.warehouse)
    try:
        document = orjson.loads(webhook.body)
    except orjson.JSONDecodeError:
        raise NotJson from None
    if isinstance(document, list):
        return _stock(document, warehouse)
    if not isinstance(document, dict):
        return _malformed("the body is neither an object nor an array")
    event = document.get("event")
    if isinstance(event, str) and event.lower().startswith("lead."):
        return Reading()
    hook = _hook(webhook.hook, event)
    if hook is Hook.ANY:
        return _unknown_event(event)
    payload = document.get("context", document.get("data"))
    if hook is Hook.STOCK_CHANGED:
        return _stock(payload if isinstance(payload, list) else [payload], warehouse)
    if not isinstance(payload, dict):
        return _malformed("field 'context' (or 'data') must be an object")
    return _entity(hook, payload)


def _warehouse(text: bytes | None) -> int | None:
    if text is None:
        return None
    found = _id(text.decode(errors="replace"))
    if found is None:
        raise BadWarehouse
    return found


def _hook(of_path: Hook, event: Any) -> Hook:
    """The path's, unless the event names another entity."""
    of_event = _meant(event) if isinstance(event, str) and len(event) <= _LONGEST_EVENT else Hook.ANY
    if of_path is Hook.ANY:
        return of_event
    if of_event is Hook.ANY or _ENTITY_OF_HOOK[of_event] == _ENTITY_OF_HOOK[of_path]:
        return of_path
    return of_event


@lru_cache(maxsize=64)
def _meant(event: str) -> Hook:
    return _HOOK_OF_EVENT.get(_SEPARATORS.sub("-", event.strip().lower()), Hook.ANY)


def _entity(hook: Hook, row: Mapping[str, Any]) -> Reading:
    entity = _ENTITY_OF_HOOK[hook]
    if hook in _PAYMENT_HOOKS and not any(column in row for column in _ORDER_COLUMNS):
        order_id = _id(row.get("order_id")) or _id(row.get("destination_id"))
        if order_id is None:
            return _malformed("field 'order_id' of the payment must be KeyCRM's id of its order")
        return _order(hook, order_id, {})
    found = _id(row.get("id"))
    if found is None:
        return _malformed(f"field 'id' of the {entity} must be KeyCRM's id, a positive whole number")
    if entity == "order":
        return _order(hook, found, row)
    return _buyer(hook, found, row) if entity == "buyer" else _product(found, row)


def _order(hook: Hook, order_id: int, row: Mapping[str, Any]) -> Reading:
    kind = _KIND_OF_HOOK[hook]
    body: dict[str, Any] = {"orderId": order_id, "kind": kind}
    for name, column, read in _ORDER_FIELDS:
        value = row.get(column)
        if value is not None and (said := read(value)) is not None:
            body[name] = said
    return Reading((Hint(KEYCRM_ORDER.name, str(order_id), f"keycrm.order.{kind}", body),))


def _buyer(hook: Hook, buyer_id: int, row: Mapping[str, Any]) -> Reading:
    kind = _KIND_OF_HOOK[hook]
    body = {"buyerId": buyer_id, "kind": kind, "updatedAt": _instant(row.get("updated_at"))}
    return Reading((_hint(KEYCRM_BUYER.name, buyer_id, f"keycrm.buyer.{kind}", body),))


def _product(product_id: int, row: Mapping[str, Any]) -> Reading:
    body = {"productId": product_id, "kind": "updated", "updatedAt": _instant(row.get("updated_at"))}
    return Reading((_hint(KEYCRM_CATALOGUE.name, product_id, "keycrm.product.updated", body),))


def _stock(rows: list[Any], warehouse: int | None) -> Reading:
    """One record a row; rows that cannot be read are told, the others are published all the same."""
    hints: list[Hint] = []
    unknown: Unknown | None = None
    for number, row in enumerate(rows):
        wrong = _wrong_field(row)
        if wrong is None:
            hints.append(_stock_hint(row, warehouse))
        elif unknown is None:
            unknown = Unknown("malformed", f"row {number} of the stock array: {wrong}")
    return Reading(tuple(hints), unknown)


def _wrong_field(row: Any) -> str | None:
    if not isinstance(row, dict):
        return "it is no object"
    if _id(row.get("offer_id")) is None:
        return "field 'offer_id' must be KeyCRM's id of the offer"
    for name in ("in_stock", "in_reserve"):
        if _number(row.get(name)) is None:
            return f"field '{name}' must be a number"
    return None


def _stock_hint(row: Mapping[str, Any], warehouse: int | None) -> Hint:
    sku = row.get("sku")
    body = {
        "offerId": _id(row["offer_id"]),
        "sku": sku if isinstance(sku, str) else None,
        "inStock": _number(row["in_stock"]),
        "inReserve": _number(row["in_reserve"]),
        "warehouse": warehouse,
    }
    return _hint(KEYCRM_CATALOGUE.name, int(row["offer_id"]), "keycrm.stock.changed", body)


def _hint(topic: str, key: int, type_: str, body: Mapping[str, Any]) -> Hint:
    return Hint(topic, str(key), type_, {name: value for name, value in body.items() if value is not None})


def _malformed(error: str) -> Reading:
    return Reading(unknown=Unknown("malformed", error))


def _unknown_event(event: Any) -> Reading:
    """A name is told only if it looks like one."""
    if not isinstance(event, str):
        return _malformed("field 'event' must be a text")
    name = f" {event}" if _NAME.match(event) else ""
    return Reading(unknown=Unknown("unknown_type", f"field 'event': no such event is known{name}"))


def _id(value: Any) -> int | None:
    if isinstance(value, str) and value.isascii() and value.isdigit() and len(value) < 20:
        value = int(value)
    if isinstance(value, int) and not isinstance(value, bool) and 0 < value <= _BIGGEST_ID:
        return value
    return None


def _guid(value: Any) -> str | None:
    """A GUID in lower case; what other sources put there (a number, a text) is not for us."""
    return value.lower() if isinstance(value, str) and _GUID.match(value) else None


def _number(value: Any) -> str | None:
    """A decimal of at most four places, as text; KeyCRM sends numbers and texts."""
    if isinstance(value, bool) or not isinstance(value, (int, float, str)):
        return None
    # The usual cases, without a Decimal: a whole number, and one whose shortest text has no exponent, no fifth place.
    if isinstance(value, int) and -_BIGGEST_NUMBER < value < _BIGGEST_NUMBER:
        return str(value)
    if isinstance(value, float) and value == round(value, 4) and -_BIGGEST_NUMBER < value < _BIGGEST_NUMBER:
        return repr(value).removesuffix(".0")
    try:
        number = Decimal(str(value))
    except InvalidOperation:
        return None
    if not number.is_finite() or abs(number) >= _BIGGEST_NUMBER:
        return None
    return format(number.quantize(_FOUR_PLACES).normalize() + 0, "f")


def _instant(value: Any) -> str | None:
    """KeyCRM's two spellings, both UTC, as RFC 3339."""
    if not isinstance(value, str):
        return None
    try:
        moment = datetime.fromisoformat(value)
    except ValueError:
        return None
    if value[4:5] == "-" and value[7:8] == "-" and value[10:11] == "T" and value[-1] == "Z":
        return value
    return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).isoformat()


# What `_order` takes along: its name, KeyCRM's column, and how it is read.
_ORDER_FIELDS = (
    ("statusId", "status_id", _id),
    ("paymentsTotal", "payments_total", _number),
    ("updatedAt", "updated_at", _instant),
    ("statusChangedAt", "status_changed_at", _instant),
    ("sourceUuid", "source_uuid", _guid),
    ("parentId", "parent_id", _id),
)
