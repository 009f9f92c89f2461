"""Orders on the wire: the row's own columns, the associations that `include` names, and the webhook's context."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from sandbox.keycrm.account import Account
from sandbox.keycrm.rows import Line, Money, Order
from sandbox.keycrm.wire import iso, number, spaced, text
from sandbox.keycrm.wire_catalogue import offer_shape
from sandbox.keycrm.wire_people import custom_field_shapes, manager_shape, order_buyer_shape

INCLUDES = [
    "buyer",
    "products",
    "products.offer",
    "manager",
    "tags",
    "status",
    "marketing",
    "payments",
    "shipping",
    "shipping.lastHistory",
    "shipping.deliveryService",
    "expenses",
    "custom_fields",
    "customFields",
    "assigned",
    "attachments",
    "attachments.file",
]
SHIPPING = (
    "delivery_service_id",
    "tracking_code",
    "shipping_address_city",
    "shipping_address_country",
    "shipping_address_region",
    "shipping_address_zip",
    "shipping_secondary_line",
    "shipping_receive_point",
    "recipient_full_name",
    "recipient_phone",
)


def order_shape(account: Account, order: Order, include: set[str] | None = None) -> dict[str, Any]:
    """The order as REST shows it; without an include only its own columns."""
    return {**_columns(account, order), **_associations(account, order, include or set())}


def _columns(account: Account, order: Order) -> dict[str, Any]:
    knobs = account.knobs
    return {
        "id": order.id,
        "parent_id": order.parent_id,
        "source_uuid": order.source_uuid,
        "global_source_uuid": None,
        "status_on_source": None,
        "source_id": order.source_id,
        "client_id": order.buyer_id,
        "manager_id": order.manager_id,
        **_status(account, order),
        **_totals(account, order),
        "promocode": order.promocode,
        "shipping_price": text(knobs, order.shipping_price),
        "wrap_price": text(knobs, order.wrap_price),
        "taxes": text(knobs, order.taxes),
        "manager_comment": order.manager_comment,
        "buyer_comment": order.buyer_comment,
        "gift_message": order.gift_message,
        "is_gift": order.is_gift,
        "last_synced_at": None,
        "created_at": iso(order.created_at),
        "ordered_at": iso(order.ordered_at),
        "updated_at": iso(order.updated_at),
        "closed_at": spaced(order.closed_at),
    }


def _status(account: Account, order: Order) -> dict[str, Any]:
    status = account.store.statuses[order.status_id]
    seconds = status["expiration_period"]
    expires_at = None if seconds is None else order.status_changed_at + timedelta(seconds=seconds)
    return {
        "status_id": order.status_id,
        "status_group_id": status["group_id"],
        "status_changed_at": iso(order.status_changed_at),
        "status_expired_at": iso(expires_at),
        "is_expired": expires_at is not None and expires_at < account.now(),
        "has_reserves": any(kind == "reserve" for kind, *_ in order.stock_moves),
    }


def _totals(account: Account, order: Order) -> dict[str, Any]:
    knobs = account.knobs
    cost = sum((line.purchased_price or 0) * line.quantity for line in order.lines)
    expenses = sum(expense.amount for expense in order.expenses if expense.status != "canceled")
    lines = sum((line.price - line.price_sold) * line.quantity for line in order.lines)
    amounts = {
        "grand_total": order.grand_total,
        "products_total": order.products_total,
        "payments_total": order.payments_total,
        "margin_sum": order.grand_total - (order.shipping_price or 0) - cost - expenses,
        "total_discount": order.order_discount + lines,
        "expenses_sum": order.order_discount * 0 + expenses,
        "discount_amount": order.discount_amount,
        "discount_percent": order.discount_percent,
    }
    shown = {name: number(knobs, value) for name, value in amounts.items()}
    return {**shown, "payment_status": order.payment_status}


def _associations(account: Account, order: Order, include: set[str]) -> dict[str, Any]:
    store = account.store
    shapes: dict[str, Any] = {
        "buyer": lambda: order_buyer_shape(store, order.buyer_id),
        "products": lambda: [line_shape(account, line, "products.offer" in include) for line in order.lines],
        "payments": lambda: [payment_shape(account, payment) for payment in order.payments],
        "expenses": lambda: [expense_shape(account, expense) for expense in order.expenses],
        "shipping": lambda: _shipping_shape(order),
        "tags": lambda: [store.tags[tag] for tag in order.tags],
        "status": lambda: store.statuses[order.status_id],
        "manager": lambda: manager_shape(store, order.manager_id),
        "assigned": list,
        "attachments": list,
        "marketing": lambda: order.marketing or None,
        "custom_fields": lambda: custom_field_shapes(store, order.custom_fields),
    }
    asked = {name.partition(".")[0] for name in include}
    return {name: shape() for name, shape in shapes.items() if name in asked}


def line_shape(account: Account, line: Line, has_offer: bool) -> dict[str, Any]:
    """One line."""
    knobs, store = account.knobs, account.store
    offer = store.offers.get(line.offer_id or 0)
    warehouse = store.warehouses.get(line.warehouse_id or 0)
    shape = {
        "id": line.id,
        "name": line.name,
        "sku": line.sku,
        "price": number(knobs, line.price),
        "price_sold": number(knobs, line.price_sold),
        "purchased_price": number(knobs, line.purchased_price),
        "discount_percent": number(knobs, line.discount_percent),
        "discount_amount": number(knobs, line.discount_amount),
        "total_discount": number(knobs, line.price - line.price_sold),
        "quantity": number(knobs, line.quantity),
        "unit_type": line.unit_type,
        "upsale": False,
        "comment": line.comment,
        "product_status_id": line.product_status_id,
        "picture": {"thumbnail": line.picture} if line.picture else None,
        "properties": line.properties,
        "shipment_type": "warehouse" if warehouse else None,
        "warehouse": warehouse,
    }
    return {**shape, "offer": offer and offer_shape(account, offer)} if has_offer else shape


def payment_shape(account: Account, payment: Money) -> dict[str, Any]:
    """One payment."""
    shape = _money_shape(account, payment)
    return {
        **shape,
        "payment_method_id": payment.kind_id,
        "actual_amount": text(account.knobs, payment.amount),
        "source_currency": shape["actual_currency"],
        "is_expense": False,
        "bill_id": None,
        "fiscal_result": [],
    }


def expense_shape(account: Account, expense: Money) -> dict[str, Any]:
    """One expense."""
    return {**_money_shape(account, expense), "expense_type_id": expense.kind_id}


def _money_shape(account: Account, money: Money) -> dict[str, Any]:
    source = account.store.orders[money.order_id].source_id
    return {
        "id": money.id,
        "destination_id": money.order_id,
        "amount": number(account.knobs, money.amount),
        "actual_currency": account.store.sources[source]["currency_code"],
        "transaction_uuid": None,
        "description": money.description,
        "status": money.status,
        "payment_date": spaced(money.payment_date),
        "created_at": iso(money.created_at),
        "updated_at": iso(money.updated_at),
    }


def _shipping_shape(order: Order) -> dict[str, Any]:
    own = {name: order.shipping.get(name) for name in SHIPPING}
    return {
        **own,
        "shipping_status": None,
        "shipping_address_country_code": None,
        "shipping_date_actual": iso(order.shipping.get("shipping_date")),
        "address_payload": {"warehouse_ref": order.shipping.get("warehouse_ref")},
        "shipping_preferred_method": order.shipping.get("shipping_service"),
    }


def webhook_context(account: Account, order: Order) -> dict[str, Any]:
    """The order row as a trigger sends it: no lines, buyer, shipping, payments or tags, and two names of its own."""
    row = _columns(account, order)
    row["client_comment"] = row.pop("buyer_comment")
    return {
        **row,
        "register_id": None,
        "fiscal_result": [],
        "fiscal_status": None,
        "shipping_type_id": None,
        "closed_from": None,
        "discount_data": {"individual": {"discount": 0}},
        "gift_wrap": order.gift_wrap,
        "deleted_at": None,
        "source_updated_at": None,
    }
