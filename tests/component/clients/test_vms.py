"""The client of VMS against its sandbox: whole entities, every fate, one call for each method."""

from __future__ import annotations

from decimal import Decimal
from uuid import UUID

import pytest
from pydantic import SecretStr
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from libs.clients.terms import Terms
from libs.clients.vms import VmsClient
from libs.clients.vms.bodies import CustomerBody, OrderCreateBody
from libs.contracts.types import Lane
from libs.runtime.errors import GoneError, LeaseLost, OutcomeUnknown, PermanentError, TransientError, WorldUnavailable
from tests.fakes import ManualClock, lease
from tests.sandboxes import Sandbox
from tests.serving import serving

CUSTOMER: CustomerBody = {
    "company_name": "Тестова крамниця",
    "contact_name": "Олена Тестова",
    "phone": "+380670000001",
    "e_mail": "olena@example.com",
    "city": "Київ",
}


def order_body(customer_id: int) -> OrderCreateBody:
    """An order of two mugs."""
    return {
        "customer_id": customer_id,
        "number_order": "KC-10417",
        "order_status": 1,
        "order_sum": Decimal("361.00"),
        "external_comment": "Зателефонувати",
        "positions": [
            {
                "number_position": 1,
                "sub_positions": [
                    {
                        "breed_name": "Чашка керамічна",
                        "price": Decimal("180.50"),
                        "number_of_output_pallet": Decimal(2),
                        "description_pos": "DEMO-MUG",
                        "units_of_measurement": "шт",
                    }
                ],
            }
        ],
    }


async def test_an_order_is_created_and_read_with_its_lines(vms: VmsClient, terms: Terms, vms_sandbox: Sandbox) -> None:
    """What was sent is what is read; VMS gave it its id."""
    customer = await vms.create_customer(CUSTOMER, terms)
    made = await vms.create_order(order_body(customer.customer_id), terms)

    order = (await vms.get_order(made.order_id, terms)).entity

    assert UUID(order.order_id)
    assert (order.number_order, order.order_status, order.order_sum) == ("KC-10417", 1, Decimal(361))
    assert order.positions is not None
    line = order.positions[0].sub_positions[0]
    assert (line.description_pos, line.price, line.number_of_output_pallet) == (
        "DEMO-MUG",
        Decimal("180.5"),
        Decimal(2),
    )
    assert vms_sandbox.operations() == ["createCustomer", "createOrder", "getOrder"]


async def test_full_replace_put_wipes_nothing_that_was_not_sent(
    vms: VmsClient, terms: Terms, vms_sandbox: Sandbox
) -> None:
    """Read-modify-write keeps every other field: only what was changed, and VMS's own times, differ afterwards."""
    customer = await vms.create_customer(CUSTOMER, terms)
    made = await vms.create_order(order_body(customer.customer_id), terms)
    vms_sandbox.admin("PATCH", f"orders/{made.order_id}", {"descriptions": "сам", "deliveryMethodId": 2})
    before = await vms.get_order(made.order_id, terms)

    put = await vms.put_order(before, {"order_status": 4, "date_of_shipment": "2026-01-16T10:00:00"}, terms)
    after = await vms.get_order(made.order_id, terms)

    assert put.order_status == 4
    changed = {name for name in after.raw if after.raw[name] != before.raw[name]}
    assert changed == {"orderStatus", "dateOfShipment", "lastDateChange", "customer"}
    customers = [{**dict(order.raw["customer"]), "lastRecalculationDate": None} for order in (before, after)]
    assert customers[0] == customers[1]


async def test_a_customer_is_written_whole(vms: VmsClient, terms: Terms) -> None:
    """One changed column, all others as they were."""
    made = await vms.create_customer(CUSTOMER, terms)
    before = await vms.get_customer(made.customer_id, terms)

    await vms.put_customer(before, {"phone": "+380670000002"}, terms)
    after = (await vms.get_customer(made.customer_id, terms)).entity

    assert after.phone == "+380670000002"
    assert after.model_copy(update={"phone": before.entity.phone}).model_dump(include=set(CUSTOMER)) == CUSTOMER


async def test_an_article_is_renamed_and_keeps_its_accounting_rows(vms: VmsClient, terms: Terms) -> None:
    """The SKU's row survives the PUT."""
    found = await vms.search_articles("Чашка", terms)
    before = await vms.get_article(found[0].article_id, terms)

    await vms.put_article(before, {"name": "Чашка синя", "name_en": "Blue mug"}, terms)
    after = (await vms.get_article(found[0].article_id, terms)).entity

    assert (after.name, after.name_en) == ("Чашка синя", "Blue mug")
    assert after.link_accountings == before.entity.link_accountings
    assert after.link_accountings


async def test_searches_and_lists_answer_what_matches(vms: VmsClient, terms: Terms) -> None:
    """A customer by a part of its phone, its orders, the orders of a day; lists show no lines."""
    customer = await vms.create_customer(CUSTOMER, terms)
    made = await vms.create_order(order_body(customer.customer_id), terms)
    day = (made.order_date or "")[:10]

    assert [found.customer_id for found in await vms.search_customers("670000001", terms)] == [customer.customer_id]
    assert await vms.search_customers("nobody", terms) == ()
    orders = await vms.orders_of_customer(customer.customer_id, terms)
    assert [(order.order_id, order.positions) for order in orders] == [(made.order_id, None)]
    found = await vms.orders_by_date_range(f"{day}T00:00:00", f"{day}T23:59:59", terms)
    assert [order.order_id for order in found] == [made.order_id]


async def test_what_vms_does_not_have_is_gone(vms: VmsClient, terms: Terms) -> None:
    """404 of each entity."""
    with pytest.raises(GoneError):
        await vms.get_order("00000000-0000-4000-8000-000000000000", terms)
    with pytest.raises(GoneError):
        await vms.get_customer(999, terms)
    with pytest.raises(GoneError):
        await vms.get_article(999, terms)


async def test_a_refused_body_names_the_field_and_no_value(vms: VmsClient, terms: Terms, vms_sandbox: Sandbox) -> None:
    """ASP.NET's validation problem; the sandbox counts the request as a breach, as it must."""
    body: CustomerBody = {**CUSTOMER, "e_mail": "canary-no-mail"}

    with pytest.raises(PermanentError) as raised:
        await vms.create_customer(body, terms)

    assert (raised.value.code, (raised.value.field or "").lower()) == ("refused", "email")
    assert "canary" not in raised.value.reason
    vms_sandbox.admin("DELETE", "breaches")


async def test_a_lost_answer_of_a_create_is_an_unknown_outcome(
    vms: VmsClient, terms: Terms, vms_sandbox: Sandbox
) -> None:
    """The order was made; the reference is the number it is looked up by."""
    customer = await vms.create_customer(CUSTOMER, terms)
    vms_sandbox.fault("createOrder", "lost_answer")

    with pytest.raises(OutcomeUnknown) as raised:
        await vms.create_order(order_body(customer.customer_id), terms)

    assert raised.value.reference == "KC-10417"
    orders = await vms.orders_of_customer(customer.customer_id, terms)
    assert [order.number_order for order in orders] == ["KC-10417"]
    assert vms_sandbox.operations().count("createOrder") == 1


async def test_a_500_after_a_write_that_happened_is_an_unknown_outcome(
    vms: VmsClient, terms: Terms, vms_sandbox: Sandbox
) -> None:
    """VMS may answer 500 although the row was written."""
    vms_sandbox.fault("createCustomer", "status", status=500, phase="after")

    with pytest.raises(OutcomeUnknown):
        await vms.create_customer(CUSTOMER, terms)

    assert len(await vms.search_customers("Тестова", terms)) == 1


async def test_a_hung_write_ends_at_its_limit_with_an_unknown_outcome(
    vms: VmsClient, terms: Terms, vms_sandbox: Sandbox
) -> None:
    """Two seconds, not the partner's ten."""
    vms_sandbox.fault("createCustomer", "hang", seconds=10)

    with pytest.raises(OutcomeUnknown):
        await vms.create_customer(CUSTOMER, terms)


async def test_reads_that_fail_are_transient_or_the_worlds(vms: VmsClient, terms: Terms, vms_sandbox: Sandbox) -> None:
    """500 may be this entity; a gateway's 503 is the world."""
    vms_sandbox.fault("getArticle", "status", status=500)
    with pytest.raises(TransientError):
        await vms.get_article(1, terms)
    vms_sandbox.fault("getArticle", "status", status=503, retry_after=7)
    with pytest.raises(WorldUnavailable) as raised:
        await vms.get_article(1, terms)

    assert (raised.value.partner, raised.value.retry_after_seconds) == ("vms", 7)


async def test_a_create_answered_without_a_body_is_read_from_its_location(clock: ManualClock, terms: Terms) -> None:
    """201 with nothing but `Location` is enough; 201 without either is an unknown outcome."""
    row = {"customerId": 7, "companyName": "Тестова крамниця", "contactName": "Олена Тестова"}
    locations = ["http://elsewhere/api/Customers/7", ""]

    async def create(request: Request) -> Response:
        return Response(status_code=201, headers={"Location": locations.pop(0)})

    async def read(request: Request) -> Response:
        return JSONResponse(row)

    app = Starlette(
        routes=[Route("/api/Customers", create, methods=["POST"]), Route("/api/Customers/7", read, methods=["GET"])]
    )
    async with serving(app) as address, VmsClient(address, clock) as client:
        assert (await client.create_customer(CUSTOMER, terms)).customer_id == 7
        with pytest.raises(OutcomeUnknown):
            await client.create_customer(CUSTOMER, terms)


async def test_the_token_is_sent_where_one_is_set(vms_sandbox: Sandbox, clock: ManualClock, terms: Terms) -> None:
    """A proxy in front wants it; without it the world is unavailable and the setting is named."""
    vms_sandbox.knobs(token="proxy-token")

    async with VmsClient(vms_sandbox.address, clock, token=SecretStr("proxy-token")) as client:
        assert (await client.get_article(1, terms)).entity.article_id == 1
    async with VmsClient(vms_sandbox.address, clock) as client:
        with pytest.raises(WorldUnavailable, match="VMS_API_TOKEN"):
            await client.get_article(1, terms)


async def test_health_is_asked_of_vms_itself(vms: VmsClient, terms: Terms, vms_sandbox: Sandbox) -> None:
    """The probe passes while it is up and tells when it is not."""
    await vms.health(terms)
    vms_sandbox.fault("health", "status", status=503)
    with pytest.raises(WorldUnavailable):
        await vms.health(terms)


async def test_no_call_starts_that_could_outlive_its_lease(
    vms: VmsClient, vms_sandbox: Sandbox, clock: ManualClock
) -> None:
    """With too little of the lease left, VMS never sees the request."""
    with pytest.raises(LeaseLost):
        await vms.get_article(1, Terms(Lane.ORDER, lease(clock, 1.5)))

    assert vms_sandbox.operations() == []
