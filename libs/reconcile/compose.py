"""The bodies of writes, out of decided values: shaped as the clients send them (Decimal, datetime, date inside).

Promises: a body holds what was decided and what its call cannot do without, nothing else; an absent key is not sent.
Customers and articles are in `compose_cards`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

from libs.contracts import keycrm
from libs.contracts.events import VmsOrderEvent
from libs.contracts.types import Side
from libs.reconcile import ledger as payments
from libs.reconcile import lines, normalise
from libs.reconcile.identities import vms_number
from libs.reconcile.ledger import Ledger, Payment
from libs.reconcile.pair_rows import SNAKE_COLUMNS
from libs.reconcile.pairs import Pairs
from libs.reconcile.payments import FIELD, newest
from libs.reconcile.values import Image, Refusal, Value, Write

Body = dict[str, Any]
Writes = Mapping[str, Write]
_HUNDRED = Decimal(100)


def keycrm_order(
    event: VmsOrderEvent, source_id: int, writes: Writes, buyer: Image, paid: Sequence[Payment], pairs: Pairs
) -> Body | Refusal:
    """POST /order: what a VMS order becomes. `buyer` is the bound buyer's image (with its `id`), as KeyCRM has it."""
    bodies = [keycrm_payment(payment, pairs) for payment in paid]
    for body in bodies:
        if isinstance(body, Refusal):
            return body
    shipping = _shipping(writes)
    return {
        "source_id": source_id,
        "source_uuid": event.order_id,
        "buyer": _buyer(buyer),
        "ordered_at": event.order_date,
        **_columns(writes, {"manager_comment": "manager_comment", "buyer_comment": "buyer_comment"}),
        **({"shipping": shipping} if shipping else {}),
        "products": [_new_line(line) for line in lines.rows(_value(writes, "lines"))],
        **({"payments": bodies} if bodies else {}),
    }


def keycrm_order_changes(writes: Writes) -> Body:
    """PUT /order/{id}: the columns that changed, lines that changed, shipping as far as it changed."""
    names = {"status": "status_id", "manager_comment": "manager_comment", "buyer_comment": "buyer_comment"}
    body = _columns(writes, names)
    shipping = _shipping(writes)
    if shipping:
        body["shipping"] = shipping
    if "lines" in writes:
        write = writes["lines"]
        body["products"] = [_line_change(line, old) for line, old in lines.changes(write.value, write.was)]
    return body


def keycrm_payment(payment: Payment, pairs: Pairs) -> Body | Refusal:
    """POST /order/{id}/payment: a payment of VMS's, with our reference in its description."""
    method = pairs.payment_methods.to_keycrm.get(payment.method) if payment.method is not None else None
    if method is None:
        text = f"payments: VMS's paymentType {payment.method} has no pair: add a row to [[payment_methods]]"
        return Refusal("payments", "no_pair", f"{text} of SYNC_PAIRS_FILE")
    return {
        "payment_method_id": method,
        "amount": Decimal(payment.amount),
        "status": "paid",
        "description": payments.reference(payment.ref),
        **({"payment_date": payment.paid_at} if payment.paid_at is not None else {}),
    }


def vms_order(
    order: keycrm.Order, customer_id: int, writes: Writes, ledger: Ledger, pairs: Pairs, zone: ZoneInfo
) -> Body:
    """POST /api/Orders: what a KeyCRM order becomes. Its lines' SKUs go into descriptionPos."""
    currency = pairs.currencies.get(order.source_id or 0, "UAH")
    subs = [_sub_position(line, currency, pairs) for line in lines.rows(_value(writes, "lines"))]
    net = sum((sub["total_cost_by_discount"] for sub in subs), Decimal(0))
    return {
        "customer_id": customer_id,
        "number_order": vms_number(order.id),
        "is_active": True,
        "order_sum": order.grand_total if "grand_total" in order.model_fields_set else net,
        **vms_order_changes(writes, ledger, pairs, zone),
        "positions": [{"number_position": 1, "sub_positions": subs}] if subs else [],
    }


def vms_order_changes(writes: Writes, ledger: Ledger | None, pairs: Pairs, zone: ZoneInfo) -> Body:
    """PUT /api/Orders/{guid}: the columns that changed; with a new sum paid, when and how it was last paid."""
    names = {"status": "order_status", "manager_comment": "descriptions", "buyer_comment": "external_comment"}
    body = _columns(writes, names)
    if FIELD in writes:
        body["deposited_amount"] = Decimal(str(writes[FIELD].value))
        last = newest(ledger) if ledger is not None else None
        if last is not None and last.paid_at is not None:
            body["date_of_payment"] = normalise.to_local(last.paid_at, zone)
        elif ledger is not None and all(row.is_cancelled for row in ledger.rows):
            body["date_of_payment"] = None  # nothing is paid any more
        method = _vms_method(last, pairs)
        if method is not None:
            body["payment_type"] = method
    return body


def _columns(writes: Writes, names: Mapping[str, str]) -> Body:
    return {column: writes[name].value for name, column in names.items() if name in writes}


def _value(writes: Writes, name: str) -> Value:
    return writes[name].value if name in writes else None


def _buyer(buyer: Image) -> Body:
    """The bound buyer's own contacts: KeyCRM then finds it again instead of making another."""
    names = {"id": "id", "name": "full_name", "phone": "phone", "email": "email"}
    return {column: buyer[name] for name, column in names.items() if buyer.get(name) is not None}


def _shipping(writes: Writes) -> Body:
    names = {"delivery_service": "delivery_service_id", "tracking_code": "tracking_code"}
    body = {column: value for column, value in _columns(writes, names).items() if value is not None}
    if "delivery_service" in writes and writes["delivery_service"].was is not None:
        body["delivery_service_id"] = writes["delivery_service"].value
    if "shipping_date" in writes:
        day = writes["shipping_date"].value
        if day is not None or writes["shipping_date"].was is not None:
            body["shipping_date"] = date.fromisoformat(str(day)) if day is not None else None
    return body


def _new_line(line: lines.Line) -> Body:
    body: Body = {
        "name": line["name"],
        "price": Decimal(line["price"]),
        "quantity": Decimal(line["quantity"]),
        "discount_percent": Decimal(line["discount"]),
    }
    if line["sku"]:
        body["sku"] = line["sku"]
    if line["unit"]:
        body["unit_type"] = line["unit"]
    return body


def _line_change(line: lines.Line, old: lines.Line) -> Body:
    body: Body = {"id": line["id"]} if line.get("id") is not None else {"sku": line["sku"]}
    body |= {"price": Decimal(line["price"]), "quantity": Decimal(line["quantity"])}
    if line["discount"] != old["discount"]:
        body |= {"discount_percent": Decimal(line["discount"]), "discount_amount": None}
    return body


def _sub_position(line: lines.Line, currency: str, pairs: Pairs) -> Body:
    price, quantity = Decimal(line["price"]), Decimal(line["quantity"])
    total = normalise.cents(str(price * quantity))
    net = normalise.cents(str(total * (_HUNDRED - Decimal(line["discount"])) / _HUNDRED))
    return {
        "breed_name": normalise.cut(line["name"], 255) or line["sku"] or "-",
        SNAKE_COLUMNS[pairs.unit_columns[line["unit"]]]: quantity,
        "units_of_measurement": line["unit"],
        "price": price,
        "cost": price,
        "total_cost": total,
        "discount": Decimal(line["discount"]),
        "total_cost_by_discount": net,
        "sales_currency": currency,
        "description_pos": line["sku"],
    }


def _vms_method(payment: Payment | None, pairs: Pairs) -> int | None:
    if payment is None or payment.method is None:
        return None
    return payment.method if payment.origin is Side.VMS else pairs.payment_methods.to_vms.get(payment.method)
