"""`/api/Orders`: what VMS's documentation lists, with its traps: ten newest only, full replace, no SKU, local times."""

from __future__ import annotations

import uuid

from starlette.requests import Request
from starlette.responses import Response

from sandbox.vms import directories
from sandbox.vms.answers import foreign_key, json_answer, not_found
from sandbox.vms.binding import body_of, date_of, guid_of, int_of, note_wiped
from sandbox.vms.bodies import EMPTY_GUID, ORDER_WRITABLE, OrderBody
from sandbox.vms.changes import order_change, tell_order
from sandbox.vms.columns import dotnet_wall
from sandbox.vms.loss import lose
from sandbox.vms.rows import OrderRow
from sandbox.vms.shown import order_json, order_list
from sandbox.vms.system import Vms
from sandbox.vms.world import newest_first

NEWEST = 10


async def list_orders(vms: Vms, request: Request) -> Response:
    """The newest ten by order date."""
    return json_answer(order_list(vms, newest_first(list(vms.world.orders.values()))[:NEWEST]))


async def get_order(vms: Vms, request: Request) -> Response:
    """One order."""
    return json_answer(order_json(vms, named(vms, request)))


async def orders_by_customer(vms: Vms, request: Request) -> Response:
    """A customer's orders; none for a customer that is not there."""
    customer_id = int_of(request, "customerId", vms.breaches)
    return json_answer(order_list(vms, vms.world.orders_of(customer_id)))


async def orders_by_date(vms: Vms, request: Request) -> Response:
    """By order date, both ends included."""
    start, end = date_of(request, "startDate", vms.breaches), date_of(request, "endDate", vms.breaches)
    rows = [row for row in vms.world.orders.values() if start <= vms.clock.wall(row.columns.order_date) <= end]
    return json_answer(order_list(vms, rows))


async def orders_by_status(vms: Vms, request: Request) -> Response:
    """By status byte."""
    status = int_of(request, "status", vms.breaches, limit=255)
    rows = [row for row in vms.world.orders.values() if row.columns.order_status == status]
    return json_answer(order_list(vms, rows))


async def create_order(vms: Vms, request: Request) -> Response:
    """A new order with its lines; id, order date and change time are the server's."""
    body = await body_of(request, OrderBody, vms.breaches)
    check_order(vms, body)
    now = vms.clock.now()
    body.order_id, body.order_date, body.last_date_change = str(uuid.uuid4()), now, now
    keep_times(vms, body)
    give_ids(body)
    lose(body, vms.knobs)
    row = OrderRow(body, changed_at=now)
    vms.world.orders[body.order_id] = row
    tell_order(vms, row, None, ["created"])
    location = {"Location": f"{request.base_url}api/Orders/{body.order_id}"}
    return json_answer(order_json(vms, row), 201, location)


async def update_order(vms: Vms, request: Request) -> Response:
    """Replace every writable field; lines, customer and the rest stay as they are."""
    row = named(vms, request)
    body = await body_of(request, OrderBody, vms.breaches)
    if body.order_id not in (EMPTY_GUID, row.columns.order_id):
        vms.breaches.add(request, "orderId: is not the order of the path; VMS goes by the path")
    note_wiped(request, body, row.columns, ORDER_WRITABLE, vms.breaches)
    check_directories(body)
    keep_times(vms, body)
    lose(body, vms.knobs)
    with order_change(vms, row, by=None):
        for name in ORDER_WRITABLE:
            setattr(row.columns, name, getattr(body, name))
    return json_answer(order_json(vms, row))


async def delete_order(vms: Vms, request: Request) -> Response:
    """Gone without an event."""
    del vms.world.orders[named(vms, request).columns.order_id]
    return Response(status_code=204)


def named(vms: Vms, request: Request) -> OrderRow:
    """The order of the path."""
    order_id = guid_of(request, "id", vms.breaches)
    row = vms.world.orders.get(order_id)
    if row is None:
        raise not_found("Order", order_id)
    return row


def check_order(vms: Vms, order: OrderBody) -> None:
    """Refuse ids of rows that do not exist."""
    if order.customer_id not in vms.world.customers:
        raise foreign_key("Orders", "CustomerId")
    if order.manager_id is not None and order.manager_id not in directories.MANAGERS:
        raise foreign_key("Orders", "ManagerId")
    check_directories(order)


def check_directories(order: OrderBody) -> None:
    """Refuse ids that a writable field names and no directory has."""
    if order.shipment_status_id not in directories.SHIPMENT_STATUSES:
        raise foreign_key("Orders", "ShipmentStatusId")
    if order.delivery_method_id not in directories.DELIVERY_METHODS:
        raise foreign_key("Orders", "DeliveryMethodId")
    if order.payment_form_id is not None and order.payment_form_id not in directories.PAYMENT_FORMS:
        raise foreign_key("Orders", "PaymentFormId")


def keep_times(vms: Vms, order: OrderBody) -> None:
    """Offsets of the writable times are lost here, as in SQL Server."""
    for name in ("date_of_payment", "date_of_shipment"):
        value = getattr(order, name)
        setattr(order, name, None if value is None else dotnet_wall(value, vms.clock.wall))


def give_ids(order: OrderBody) -> None:
    """New ids where none were sent; positions and lines belong to this order."""
    for place, position in enumerate(order.positions, 1):
        position.order_id = order.order_id
        position.order = None
        position.position_id = _id(position.position_id)
        position.number_position = position.number_position or place
        for line in position.sub_positions:
            line.position = None
            line.sub_position_id = _id(line.sub_position_id)


def _id(wanted: str) -> str:
    return str(uuid.uuid4()) if wanted == EMPTY_GUID else wanted
