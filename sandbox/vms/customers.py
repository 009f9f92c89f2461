"""`/api/Customers`: all of them, one, search by substring, create, full replace."""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import Response

from sandbox.vms import directories
from sandbox.vms.answers import foreign_key, json_answer, not_found
from sandbox.vms.binding import body_of, int_of, note_wiped, search_term_of
from sandbox.vms.bodies import CUSTOMER_WRITABLE, CustomerCreate, CustomerUpdate
from sandbox.vms.changes import tell_customer
from sandbox.vms.loss import lose
from sandbox.vms.rows import CustomerRow
from sandbox.vms.shown import customer_json, customer_list, order_list
from sandbox.vms.system import Vms


async def list_customers(vms: Vms, request: Request) -> Response:
    """Summaries of all."""
    return json_answer(customer_list(vms, list(vms.world.customers.values())))


async def get_customer(vms: Vms, request: Request) -> Response:
    """One customer."""
    return json_answer(customer_json(vms, named(vms, request)))


async def search_customers(vms: Vms, request: Request) -> Response:
    """Substring over company, contact, phone and e-mail, as stored; upper and lower case are alike."""
    term = search_term_of(request, vms.breaches).casefold()
    return json_answer(customer_list(vms, [row for row in vms.world.customers.values() if _matches(row, term)]))


def _matches(row: CustomerRow, term: str) -> bool:
    customer = row.columns
    texts = (customer.company_name, customer.contact_name, customer.phone, customer.e_mail)
    return any(term in text.casefold() for text in texts if text)


async def customer_orders(vms: Vms, request: Request) -> Response:
    """A customer's orders; none for a customer that is not there."""
    return json_answer(order_list(vms, vms.world.orders_of(int_of(request, "id", vms.breaches))))


async def create_customer(vms: Vms, request: Request) -> Response:
    """A new customer."""
    body = await body_of(request, CustomerCreate, vms.breaches)
    check_customer(body)
    row = keep_customer(vms, body)
    tell_customer(vms, row, None, "created")
    location = {"Location": f"{request.base_url}api/Customers/{row.columns.customer_id}"}
    return json_answer(customer_json(vms, row), 201, location)


async def update_customer(vms: Vms, request: Request) -> Response:
    """Replace every writable field."""
    row = named(vms, request)
    body = await body_of(request, CustomerUpdate, vms.breaches)
    note_wiped(request, body, row.columns, CUSTOMER_WRITABLE, vms.breaches)
    check_customer(body)
    lose(body, vms.knobs)
    for name in CUSTOMER_WRITABLE:
        setattr(row.columns, name, getattr(body, name))
    tell_customer(vms, row, None, "updated")
    return json_answer(customer_json(vms, row))


async def delete_customer(vms: Vms, request: Request) -> Response:
    """Gone without an event; refused while it has orders."""
    customer_id = named(vms, request).columns.customer_id
    if vms.world.orders_of(customer_id):
        raise foreign_key("Orders", "CustomerId")
    del vms.world.customers[customer_id]
    return Response(status_code=204)


def named(vms: Vms, request: Request) -> CustomerRow:
    """The customer of the path."""
    customer_id = int_of(request, "id", vms.breaches)
    row = vms.world.customers.get(customer_id)
    if row is None:
        raise not_found("Customer", customer_id)
    return row


def keep_customer(vms: Vms, columns: CustomerUpdate) -> CustomerRow:
    """Keep a customer under a new id."""
    lose(columns, vms.knobs)
    columns.customer_id = vms.world.next_id("customer")
    row = CustomerRow(columns, changed_at=vms.clock.now())
    vms.world.customers[columns.customer_id] = row
    return row


def check_customer(customer: CustomerUpdate) -> None:
    """Refuse ids that no directory has."""
    if customer.customer_status_id not in directories.CUSTOMER_STATUSES:
        raise foreign_key("Customers", "CustomerStatusId")
    if customer.customer_segment_id not in directories.CUSTOMER_SEGMENTS:
        raise foreign_key("Customers", "CustomerSegmentId")
    if customer.manager_id is not None and customer.manager_id not in directories.MANAGERS:
        raise foreign_key("Customers", "ManagerId")
