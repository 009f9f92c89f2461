"""What KeyCRM refuses about an order, before anything of it is done. A refused call changes nothing."""

from __future__ import annotations

from typing import Any

from sandbox.keycrm.account import Account
from sandbox.keycrm.errors import Refusal, invalid, wrong
from sandbox.keycrm.rows import Line, Order
from sandbox.keycrm.store import known


def check_create(account: Account, body: dict[str, Any]) -> None:
    """Refuse a new order whose ids name nothing."""
    store = account.store
    unknown = [] if known(store.sources, body.get("source_id")) else ["source_id"]
    if body.get("manager_id") is not None and not known(store.users, body["manager_id"]):
        unknown.append("manager_id")
    unknown += [f"tags.{n}" for n, tag in enumerate(body.get("tags") or []) if not known(store.tags, tag)]
    for n, payment in enumerate(body.get("payments") or []):
        unknown += [f"payments.{n}.{field}" for field in unknown_method(account, payment)]
    unknown += _unknown_shipping(account, body.get("shipping") or {})
    if unknown:
        raise invalid(*unknown)
    _check_uuid(account, body)


def check_update(account: Account, order: Order, body: dict[str, Any]) -> None:
    """Refuse an update whose ids name nothing, and a second tracking code."""
    shipping = body.get("shipping") or {}
    unknown = _unknown_shipping(account, shipping)
    if "status_id" in body and not known(account.store.statuses, body["status_id"]):
        unknown.append("status_id")
    for n, item in enumerate(body.get("products") or []):
        if item.get("product_status_id") and not known(account.store.line_statuses, item["product_status_id"]):
            unknown.append(f"products.{n}.product_status_id")
        if account.knobs.unknown_line_in_update == "refused" and line_of(order, item) is None:
            unknown.append(f"products.{n}.{'id' if 'id' in item else 'sku'}")
    if unknown:
        raise invalid(*unknown)
    _check_tracking(account, order, shipping)


def unknown_method(account: Account, payment: dict[str, Any]) -> list[str]:
    """The field by which a payment names a method that the account does not have."""
    methods = account.store.payment_methods
    if "payment_method_id" in payment:
        return [] if known(methods, payment["payment_method_id"]) else ["payment_method_id"]
    names = [method["name"] for method in methods.values()]
    return [] if payment.get("payment_method") in names else ["payment_method"]


def line_of(order: Order, item: dict[str, Any]) -> Line | None:
    """The line that an update names, by id or else by SKU."""
    if "id" in item:
        return next((line for line in order.lines if line.id == item["id"]), None)
    return next((line for line in order.lines if line.sku is not None and line.sku == item.get("sku")), None)


def _unknown_shipping(account: Account, shipping: dict[str, Any]) -> list[str]:
    service = shipping.get("delivery_service_id")
    if service is not None and not known(account.store.delivery_services, service):
        return ["shipping.delivery_service_id"]
    # A branch belongs to its carrier.
    return ["shipping.warehouse_ref"] if shipping.get("warehouse_ref") and service is None else []


def _check_uuid(account: Account, body: dict[str, Any]) -> None:
    """Nobody promises that `source_uuid` is unique; the knob plays an account where it is, per source."""
    if account.knobs.duplicate_source_uuid == "accepted" or body.get("source_uuid") is None:
        return
    own = (body["source_id"], body["source_uuid"])
    if any((order.source_id, order.source_uuid) == own for order in account.store.orders.values()):
        raise wrong("source_uuid", "The source_uuid has already been taken.")


def _check_tracking(account: Account, order: Order, shipping: dict[str, Any]) -> None:
    if not shipping.get("tracking_code") or not order.shipping.get("tracking_code"):
        return
    text = "The tracking code has already been set."
    if account.knobs.second_tracking_code == "422":
        raise wrong("shipping.tracking_code", text)
    if account.knobs.second_tracking_code == "400":
        raise Refusal(400, text)
