"""The JSON bodies of VMS's domain events: the whole entity after the change, times with an offset,
amounts to four places.

Written here by hand from the description of the topics, not from the readers' models: a misreading that both sides
share would stay unseen.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sandbox.vms.answers import number
from sandbox.vms.bodies import SubPosition
from sandbox.vms.clock import Clock
from sandbox.vms.directories import quantity_column
from sandbox.vms.rows import ArticleRow, CustomerRow, OrderRow, Payment


def order_payload(row: OrderRow, by: str, clock: Clock) -> dict[str, Any]:
    """An order with every line and its SKU, all payments, the tracking code."""
    order = row.columns
    return {
        "orderId": order.order_id,
        "changedAt": _instant(row.changed_at, clock),
        "lastDateChange": clock.text(order.last_date_change),
        "changedBy": by,
        "numberOrder": order.number_order,
        "customerId": order.customer_id,
        "orderDate": _instant(order.order_date, clock),
        "orderStatus": order.order_status,
        "paymentType": order.payment_type,
        "depositedAmount": _amount(order.deposited_amount),
        "dateOfPayment": _instant(order.date_of_payment, clock),
        "dateOfShipment": _instant(order.date_of_shipment, clock),
        "deliveryMethodId": order.delivery_method_id,
        "shipmentStatusId": order.shipment_status_id,
        "trackingCode": row.tracking_code,
        "descriptions": order.descriptions,
        "externalComment": order.external_comment,
        "lines": [_line(line, row) for line in row.lines()],
        "payments": [_payment(payment, clock) for payment in row.payments],
    }


def sku_of(line: SubPosition, row: OrderRow) -> str | None:
    """A line's SKU: what a person chose, else what a caller of the API put into descriptionPos."""
    return row.skus.get(line.sub_position_id) or line.description_pos or None


def quantity_of(line: SubPosition) -> float:
    """A line's quantity, out of its unit's column."""
    return float(getattr(line, quantity_column(line.units_of_measurement)))


def _line(line: SubPosition, row: OrderRow) -> dict[str, Any]:
    return {
        "subPositionId": line.sub_position_id,
        "sku": sku_of(line, row),
        "name": line.breed_name,
        "quantity": _amount(quantity_of(line)),
        "unit": line.units_of_measurement,
        "price": _amount(line.price),
        "discount": _amount(line.discount),
        "currency": line.sales_currency,
    }


def _payment(payment: Payment, clock: Clock) -> dict[str, Any]:
    return {
        "paymentId": payment.payment_id,
        "amount": _amount(payment.amount),
        "paidAt": _instant(payment.paid_at, clock),
        "paymentType": payment.payment_type,
        "isCancelled": payment.is_cancelled,
    }


def customer_payload(row: CustomerRow, by: str, clock: Clock) -> dict[str, Any]:
    """A customer."""
    customer = row.columns
    return {
        "customerId": customer.customer_id,
        "changedAt": _instant(row.changed_at, clock),
        "changedBy": by,
        "companyName": customer.company_name,
        "contactName": customer.contact_name,
        "phone": customer.phone,
        "eMail": customer.e_mail,
        "city": customer.city,
        "address": customer.address,
        "postalCode": customer.postal_code,
    }


def article_payload(row: ArticleRow, by: str, clock: Clock) -> dict[str, Any]:
    """An article with SKU, price and the stock of every warehouse."""
    article = row.columns
    return {
        "articleId": article.article_id,
        "changedAt": _instant(row.changed_at, clock),
        "changedBy": by,
        "sku": row.sku,
        "name": article.name,
        "nameUa": article.name_ua,
        "nameEn": article.name_en,
        "unit": row.unit,
        "price": None if row.price is None else _amount(row.price),
        "priceChangedAt": _instant(row.price_changed_at, clock),
        "currency": row.currency,
        "stock": [
            {
                "warehouse": warehouse,
                "quantity": _amount(stock.quantity),
                "changedAt": _instant(stock.changed_at, clock),
            }
            for warehouse, stock in row.stock.items()
        ],
    }


def _instant(moment: datetime | None, clock: Clock) -> str | None:
    return None if moment is None else clock.instant(moment).isoformat()


def _amount(value: float) -> float | int:
    return number(round(float(value), 4))
