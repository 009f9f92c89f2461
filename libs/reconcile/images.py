"""One side's record as an image: the fields of `fields`, normalised, in that side's own terms.

Promises: what an answer did not carry (no include, no event yet) is missing, never None; nothing is guessed.
VMS's tracking code and line SKUs come only from its newest event.
"""

from __future__ import annotations

from typing import Any
from zoneinfo import ZoneInfo

from libs.contracts import keycrm, vms
from libs.contracts.events import VmsArticleEvent, VmsCustomerEvent, VmsOrderEvent
from libs.reconcile import lines, normalise
from libs.reconcile.values import Value

Values = dict[str, Value]


def of_vms_order(order: vms.Order, event: VmsOrderEvent | None, zone: ZoneInfo) -> Values:
    """VMS's order: its row, and what only its newest event tells."""
    image: Values = {
        "status": order.order_status,
        "manager_comment": normalise.text(order.descriptions),
        "buyer_comment": normalise.text(order.external_comment),
        "shipping_date": normalise.local_day(order.date_of_shipment, zone),
        "delivery_service": order.delivery_method_id,
        "deposited_amount": normalise.money(order.deposited_amount),
    }
    known = lines.of_vms(order, event)
    if known is not None:
        image["lines"] = known
    return image if event is None else {**image, **_told_alone(event)}


def of_vms_order_event(event: VmsOrderEvent, zone: ZoneInfo) -> Values:
    """VMS's order as one of its events shows it; line SKUs as far as the event names them."""
    shipped = event.date_of_shipment
    shown: dict[str, tuple[str, Value]] = {
        "status": ("order_status", event.order_status),
        "manager_comment": ("descriptions", normalise.text(event.descriptions)),
        "buyer_comment": ("external_comment", normalise.text(event.external_comment)),
        "shipping_date": ("date_of_shipment", shipped.astimezone(zone).date().isoformat() if shipped else None),
        "delivery_service": ("delivery_method_id", event.delivery_method_id),
        "deposited_amount": ("deposited_amount", normalise.money(event.deposited_amount)),
    }
    told = {name: value for name, (column, value) in shown.items() if column in event.model_fields_set}
    return {**told, **_told_alone(event)}


def of_keycrm_order(order: keycrm.Order) -> Values:
    """KeyCRM's order: its own columns where the answer had them, lines and shipping where they were included."""
    image: Values = {"status": order.status_id}
    if "manager_comment" in order.model_fields_set:
        image["manager_comment"] = normalise.text(order.manager_comment)
    if "buyer_comment" in order.model_fields_set:
        image["buyer_comment"] = normalise.text(order.buyer_comment)
    if "shipping" in order.model_fields_set:
        shipping = order.shipping or keycrm.Shipping()
        image["shipping_date"] = normalise.day(shipping.shipping_date)
        image["delivery_service"] = shipping.delivery_service_id
        image["tracking_code"] = normalise.line(shipping.tracking_code)
    known = lines.of_keycrm(order)
    return image if known is None else {**image, "lines": known}


def of_vms_customer(customer: vms.Customer | VmsCustomerEvent) -> Values:
    """VMS's customer, from its row or an event: they have the same columns."""
    shown: dict[str, tuple[str, Value]] = {
        "name": ("contact_name", normalise.line(customer.contact_name)),
        "phone": ("phone", normalise.phone(customer.phone)),
        "email": ("e_mail", normalise.email(customer.e_mail)),
        "city": ("city", normalise.line(customer.city)),
        "address": ("address", normalise.line(customer.address)),
        "postal_code": ("postal_code", normalise.line(customer.postal_code)),
    }
    is_row = isinstance(customer, vms.Customer)
    return {name: value for name, (column, value) in shown.items() if is_row or column in customer.model_fields_set}


def of_keycrm_buyer(buyer: keycrm.Buyer) -> Values:
    """KeyCRM's buyer: the first phone and e-mail, and the first address where addresses were included."""
    phones = [phone for phone in map(normalise.phone, buyer.phone) if phone]
    emails = [email for email in map(normalise.email, buyer.email) if email]
    image: Values = {
        "name": normalise.line(buyer.full_name),
        "phone": phones[0] if phones else None,
        "phones": phones,
        "email": emails[0] if emails else None,
        "emails": emails,
    }
    if buyer.shipping is None:
        return image
    first: dict[str, Any] = dict(buyer.shipping[0]) if buyer.shipping else {}
    return {
        **image,
        "city": normalise.line(first.get("city")),
        "address": normalise.line(first.get("address")),
        "postal_code": normalise.line(first.get("zip_code")),
    }


def of_vms_article(article: vms.Article | VmsArticleEvent) -> Values:
    """VMS's article: the Ukrainian name is what buyers see; the plain name where there is none."""
    if isinstance(article, VmsArticleEvent) and "name_ua" not in article.model_fields_set:
        return {}
    return {"name": normalise.line(article.name_ua) or normalise.line(article.name)}


def of_keycrm_product(product: keycrm.Product) -> Values:
    """KeyCRM's product."""
    return {"name": normalise.line(product.name)}


def _told_alone(event: VmsOrderEvent) -> Values:
    """What VMS tells by its events alone, as far as this one does."""
    told: Values = {}
    if "tracking_code" in event.model_fields_set:
        told["tracking_code"] = normalise.line(event.tracking_code)
    if "payments" in event.model_fields_set:
        told["payments_total"] = _payments_total(event)
    return told


def _payments_total(event: VmsOrderEvent) -> str:
    return normalise.money(
        sum((p.amount for p in event.payments if not p.is_cancelled), start=event.deposited_amount * 0)
    )
