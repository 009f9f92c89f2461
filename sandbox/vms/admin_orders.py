"""What a person does with orders in VMS: enters them with SKUs, edits, ships, takes payments."""

from __future__ import annotations

import uuid
from typing import Any

from starlette.requests import Request
from starlette.routing import BaseRoute

from sandbox.admin import Refused, admin_route, model_of
from sandbox.vms import directories
from sandbox.vms.bodies import OrderBody, Position, SubPosition
from sandbox.vms.changes import order_change, tell_order
from sandbox.vms.directories import quantity_column
from sandbox.vms.edits import LineEdit, OrderEdit, OrderWanted, PaymentEdit, PaymentWanted
from sandbox.vms.loss import lose
from sandbox.vms.payloads import sku_of
from sandbox.vms.rows import OrderRow, Payment
from sandbox.vms.shown import order_json
from sandbox.vms.system import Vms

_COLUMNS = ("number_order", "customer_id", "order_status", "payment_type", "descriptions", "external_comment",
            "date_of_shipment", "delivery_method_id", "shipment_status_id", "deposited_amount")  # fmt: skip


class AdminOrders:
    """The admin calls about orders."""

    def __init__(self, vms: Vms) -> None:
        self._vms = vms

    def routes(self) -> list[BaseRoute]:
        """All of them."""
        return [
            admin_route("/orders", self._create, "POST", 201),
            admin_route("/orders/{id}", self._edit, "PATCH"),
            admin_route("/orders/{id}/payments", self._pay, "POST", 201),
            admin_route("/orders/{id}/payments/{payment_id}", self._edit_payment, "PATCH"),
        ]

    async def _create(self, request: Request) -> Any:
        vms, wanted = self._vms, await model_of(request, OrderWanted)
        now = vms.clock.now()
        number = wanted.number_order or f"VMS-{vms.world.next_id('number'):06d}"
        columns = OrderBody(
            order_id=str(uuid.uuid4()),
            number_order=number,
            order_date=now,
            order_status=wanted.order_status,
            is_active=True,
        )
        row = OrderRow(columns, changed_at=now)
        self._write(row, wanted)
        columns.last_date_change = now
        columns.order_date = vms.clock.instant(wanted.order_date) if wanted.order_date else now
        vms.world.orders[columns.order_id] = row
        tell_order(vms, row, wanted.changed_by, ["created"])
        return order_state(vms, row)

    async def _edit(self, request: Request) -> Any:
        row, edit = self._named(request), await model_of(request, OrderEdit)
        if "number_order" in edit.model_fields_set and edit.number_order is None:
            raise Refused(422, "numberOrder: must not be null")
        with order_change(self._vms, row, edit.changed_by):
            self._write(row, edit)
        return order_state(self._vms, row)

    def _write(self, row: OrderRow, edit: OrderEdit) -> None:
        values = edit.sent(*_COLUMNS)
        if values.get("number_order", row) is None:
            values.pop("number_order")
        self._check(values)
        if values.get("date_of_shipment") is not None and edit.date_of_shipment is not None:
            values["date_of_shipment"] = self._vms.clock.wall(edit.date_of_shipment)
        for name, value in values.items():
            setattr(row.columns, name, value)
        if "tracking_code" in edit.model_fields_set:
            row.tracking_code = edit.tracking_code
        if "lines" in edit.model_fields_set:
            self._write_lines(row, edit.lines)
        lose(row.columns, self._vms.knobs)

    def _check(self, values: dict[str, object]) -> None:
        if "customer_id" in values and values["customer_id"] not in self._vms.world.customers:
            raise Refused(422, "customerId: no such customer")
        if values.get("delivery_method_id", 7) not in directories.DELIVERY_METHODS:
            raise Refused(422, "deliveryMethodId: no such delivery method")
        if values.get("shipment_status_id", 1) not in directories.SHIPMENT_STATUSES:
            raise Refused(422, "shipmentStatusId: no such shipment status")

    def _write_lines(self, row: OrderRow, edits: list[LineEdit]) -> None:
        known = {line.sub_position_id: line for line in row.lines()}
        by_sku = {sku_of(line, row): line.sub_position_id for line in row.lines()}
        lines, skus = [], {}
        for edit in edits:
            line_id = edit.sub_position_id if edit.sub_position_id in known else by_sku.get(edit.sku)
            line = self._line(edit, line_id or str(uuid.uuid4()))
            skus[line.sub_position_id] = edit.sku
            lines.append(line)
        place = row.columns.positions[0].position_id if row.columns.positions else str(uuid.uuid4())
        row.columns.positions = [
            Position(position_id=place, order_id=row.columns.order_id, number_position=1, sub_positions=lines)
        ]
        row.skus = skus
        row.columns.order_sum = round(sum(line.total_cost_by_discount for line in lines), 2)

    def _line(self, edit: LineEdit, line_id: str) -> SubPosition:
        article = self._vms.world.article_by_sku(edit.sku) if edit.sku else None
        unit = edit.unit or (article.unit if article else None) or "шт"
        price = edit.price if edit.price is not None else (article.price if article else None) or 0.0
        total = round(price * edit.quantity, 2)
        line = SubPosition(
            sub_position_id=line_id,
            breed_name=edit.name or (article.columns.name if article else None) or edit.sku or "-",
            units_of_measurement=unit,
            price=price,
            cost=price,
            discount=edit.discount,
            total_cost=total,
            total_cost_by_discount=round(total * (1 - edit.discount / 100), 2),
            sales_currency=edit.currency,
        )
        setattr(line, quantity_column(unit), edit.quantity)
        return line

    async def _pay(self, request: Request) -> Any:
        vms, row, wanted = self._vms, self._named(request), await model_of(request, PaymentWanted)
        paid_at = vms.clock.instant(wanted.paid_at) if wanted.paid_at else vms.clock.now()
        payment = Payment(f"P-{vms.world.next_id('payment')}", wanted.amount, paid_at, wanted.payment_type)
        with order_change(vms, row, wanted.changed_by, "payment-received"):
            row.payments.append(payment)
            row.columns.deposited_amount += payment.amount
            row.columns.date_of_payment = vms.clock.wall(paid_at)
            row.columns.payment_type = payment.payment_type
        return {"paymentId": payment.payment_id, "order": order_state(vms, row)}

    async def _edit_payment(self, request: Request) -> Any:
        row, edit = self._named(request), await model_of(request, PaymentEdit)
        payment = next((p for p in row.payments if p.payment_id == request.path_params["payment_id"]), None)
        if payment is None:
            raise Refused(404, "no such payment")
        with order_change(self._vms, row, edit.changed_by):
            if payment.is_cancelled != edit.is_cancelled:
                row.columns.deposited_amount += -payment.amount if edit.is_cancelled else payment.amount
            payment.is_cancelled = edit.is_cancelled
        return order_state(self._vms, row)

    def _named(self, request: Request) -> OrderRow:
        row = self._vms.world.orders.get(str(request.path_params["id"]).lower())
        if row is None:
            raise Refused(404, "no such order")
        return row


def order_state(vms: Vms, row: OrderRow) -> dict[str, Any]:
    """An order as the REST API shows it, with what only the events tell."""
    payments = [
        {
            "paymentId": payment.payment_id,
            "amount": payment.amount,
            "paidAt": payment.paid_at.isoformat(),
            "paymentType": payment.payment_type,
            "isCancelled": payment.is_cancelled,
        }
        for payment in row.payments
    ]
    skus = {line.sub_position_id: sku_of(line, row) for line in row.lines()}
    return order_json(vms, row) | {
        "trackingCode": row.tracking_code,
        "payments": payments,
        "skus": skus,
        "changedAt": row.changed_at.isoformat(),
    }
