"""VMS's rows as its REST API shows them: ids with the rows they name beside them, cycles cut to null."""

from __future__ import annotations

from typing import Any

from sandbox.vms import directories
from sandbox.vms.answers import plain
from sandbox.vms.directories import entry
from sandbox.vms.rows import ArticleRow, CustomerRow, OrderRow
from sandbox.vms.system import Vms
from sandbox.vms.world import newest_first

_BESIDE = ("customer", "manager", "shipment_status", "delivery_method", "payment_form", "positions")


def order_json(vms: Vms, row: OrderRow) -> dict[str, Any]:
    """One order, whole."""
    order = row.columns
    customer = vms.world.customers.get(order.customer_id)
    shown = _order_columns(row) | {
        "customer": None if customer is None else _customer_columns(customer),
        "manager": entry("managerId", directories.MANAGERS, order.manager_id),
        "shipmentStatus": entry("shipmentStatusId", directories.SHIPMENT_STATUSES, order.shipment_status_id),
        "deliveryMethod": entry("deliveryMethodId", directories.DELIVERY_METHODS, order.delivery_method_id),
        "paymentForm": entry("paymentFormId", directories.PAYMENT_FORMS, order.payment_form_id),
        "positions": [position.model_dump(by_alias=True) for position in order.positions],
    }
    return _plain(vms, shown)


def order_list(vms: Vms, rows: list[OrderRow]) -> list[dict[str, Any]]:
    """Orders in a list, newest first: their columns alone, unless a knob says otherwise."""
    if vms.knobs.has_lines_in_lists:
        return [order_json(vms, row) for row in newest_first(rows)]
    beside = dict.fromkeys(("customer", "manager", "shipmentStatus", "deliveryMethod", "paymentForm"))
    return [_plain(vms, _order_columns(row) | beside | {"positions": []}) for row in newest_first(rows)]


def customer_json(vms: Vms, row: CustomerRow, orders: list[OrderRow] | None = None) -> dict[str, Any]:
    """One customer with its sums and directories; `orders` are its own, where the caller has them at hand."""
    customer = row.columns
    orders = vms.world.orders_of(customer.customer_id) if orders is None else orders
    shown = _customer_columns(row) | {
        "lastBuyDate": orders[0].columns.order_date if orders else None,
        "countOrders": len(orders),
        "sumOfAllOrders": sum(order.columns.order_sum for order in orders),
        "manager": entry("managerId", directories.MANAGERS, customer.manager_id),
        "customerStatus": entry("customerStatusId", directories.CUSTOMER_STATUSES, customer.customer_status_id),
        "customerSegment": entry("customerSegmentId", directories.CUSTOMER_SEGMENTS, customer.customer_segment_id),
        "emailDetails": [{"email": customer.e_mail, "isMain": True}] if customer.e_mail else [],
        "phoneDetails": [{"phoneNumber": customer.phone, "isMain": True}] if customer.phone else [],
    }
    return _plain(vms, shown)


def customer_list(vms: Vms, rows: list[CustomerRow]) -> list[dict[str, Any]]:
    """Customers in a list: summaries."""
    orders = vms.world.orders_by_customer()
    return [_summary(vms, row, orders.get(row.columns.customer_id, [])) for row in rows]


def _summary(vms: Vms, row: CustomerRow, orders: list[OrderRow]) -> dict[str, Any]:
    columns = _customer_columns(row)
    names = ("customerId", "companyName", "contactName", "phone", "eMail", "city")
    return _plain(
        vms,
        {name: columns[name] for name in names}
        | {"countOrders": len(orders), "sumOfAllOrders": sum(order.columns.order_sum for order in orders)},
    )


def article_json(vms: Vms, row: ArticleRow) -> dict[str, Any]:
    """One article with its rows in the accounts."""
    return _plain(vms, row.columns.model_dump(by_alias=True))


def _order_columns(row: OrderRow) -> dict[str, Any]:
    return row.columns.model_dump(by_alias=True, exclude=set(_BESIDE))


def _customer_columns(row: CustomerRow) -> dict[str, Any]:
    shown = ("customer_id", "company_name", "contact_name", "phone", "e_mail", "city", "address", "postal_code",
             "manager_id", "customer_status_id", "customer_segment_id", "last_recalculation_date")  # fmt: skip
    dumped = row.columns.model_dump(include=set(shown))
    return {str(type(row.columns).model_fields[name].alias): dumped[name] for name in shown}


def _plain(vms: Vms, value: dict[str, Any]) -> dict[str, Any]:
    shown: dict[str, Any] = plain(value, vms.clock)
    return shown
