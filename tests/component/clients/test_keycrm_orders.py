"""Orders and payments of KeyCRM's sandbox: found by reference, created once, walked without a gap."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import pytest
from pydantic import SecretStr

from libs.clients.keycrm import KeyCrmClient, OrderFilter
from libs.clients.keycrm.bodies import OrderCreateBody
from libs.clients.terms import Terms
from libs.runtime.errors import GoneError, OutcomeUnknown, PermanentError, TransientError, WorldUnavailable
from tests.fakes import NotedQuota
from tests.sandboxes import Sandbox

REFERENCE = "6f1c2d3e-0000-4000-8000-000000000417"
SOURCE = 3
CANARIES = ("Olena", "Testova", "0000001", "olena@example.com")


def order_body(reference: str = REFERENCE) -> OrderCreateBody:
    """An order of two mugs with everything that the flows send."""
    return {
        "source_id": SOURCE,
        "source_uuid": reference,
        "buyer": {"full_name": "Olena Testova", "phone": "+380670000001", "email": "olena@example.com"},
        "manager_comment": "з VMS",
        "ordered_at": datetime(2026, 1, 15, 9, 28, 41, tzinfo=UTC),
        "shipping": {"delivery_service_id": 1, "shipping_address_city": "Київ"},
        "products": [
            {"sku": "DEMO-MUG", "name": "Чашка керамічна", "price": Decimal("180.50"), "quantity": Decimal(2)}
        ],
    }


async def test_an_order_is_created_and_read_with_everything(
    keycrm: KeyCrmClient, terms: Terms, keycrm_sandbox: Sandbox
) -> None:
    """Buyer, lines with their offers, payments and shipping come with the one read."""
    made = await keycrm.create_order(order_body(), terms)
    order = await keycrm.get_order(made.id, terms)

    assert (order.source_id, order.source_uuid, order.status_id) == (SOURCE, REFERENCE, 1)
    assert order.ordered_at == datetime(2026, 1, 15, 9, 28, 41, tzinfo=UTC)
    assert order.products is not None
    assert order.buyer is not None
    assert order.shipping is not None
    line = order.products[0]
    assert (line.sku, line.price, line.quantity) == ("DEMO-MUG", Decimal("180.50"), Decimal(2))
    assert line.offer is not None
    assert order.buyer.phone == ("+380670000001",)
    assert order.shipping.shipping_address_city == "Київ"
    assert order.payments == ()
    assert keycrm_sandbox.operations() == ["createOrder", "getOrder"]


async def test_what_was_not_included_is_unknown(keycrm: KeyCrmClient, terms: Terms) -> None:
    """Without an include there are no lines and no payments, which does not mean that there are none."""
    made = await keycrm.create_order(order_body(), terms)
    order = await keycrm.get_order(made.id, terms, include=())

    assert (order.products, order.payments, order.buyer, order.shipping) == (None, None, None, None)


async def test_status_comment_and_tracking_are_one_put(
    keycrm: KeyCrmClient, terms: Terms, keycrm_sandbox: Sandbox
) -> None:
    """Fields that changed together are one call; a comment is emptied by null."""
    made = await keycrm.create_order(order_body(), terms)
    shipping_date = date(2026, 1, 16)
    answer = await keycrm.update_order(
        made.id,
        {
            "status_id": 11,
            "manager_comment": None,
            "shipping": {"tracking_code": "20450000000001", "shipping_date": shipping_date},
        },
        terms,
    )
    order = await keycrm.get_order(made.id, terms)

    assert answer.status_id == 11
    assert answer.shipping is None
    assert (order.status_id, order.manager_comment) == (11, None)
    assert order.shipping is not None
    assert order.shipping.tracking_code == "20450000000001"
    assert order.shipping.shipping_date is not None
    assert order.shipping.shipping_date.date() == shipping_date
    assert keycrm_sandbox.operations().count("updateOrder") == 1


async def test_a_second_tracking_code_is_refused_and_tried_once(
    keycrm: KeyCrmClient, terms: Terms, keycrm_sandbox: Sandbox
) -> None:
    """422 is permanent: one call, the field is named."""
    made = await keycrm.create_order(order_body(), terms)
    await keycrm.update_order(made.id, {"shipping": {"tracking_code": "20450000000001"}}, terms)

    with pytest.raises(PermanentError) as raised:
        await keycrm.update_order(made.id, {"shipping": {"tracking_code": "20450000000002"}}, terms)

    assert raised.value.code == "refused"
    assert "tracking_code" in (raised.value.field or "")
    assert "20450000000002" not in raised.value.reason
    assert keycrm_sandbox.operations().count("updateOrder") == 2


async def test_a_payment_is_added_and_cancelled(keycrm: KeyCrmClient, terms: Terms) -> None:
    """The answer to a create may carry no id: the order's own list does."""
    made = await keycrm.create_order(order_body(), terms)
    paid_at = datetime(2026, 1, 15, 11, 15, tzinfo=UTC)
    await keycrm.add_payment(
        made.id,
        {
            "payment_method_id": 1,
            "amount": Decimal("200.50"),
            "status": "paid",
            "description": "VMS p-1",
            "payment_date": paid_at,
        },
        terms,
    )
    payments = (await keycrm.get_order(made.id, terms)).payments or ()

    assert [(p.amount, p.status, p.description, p.payment_date) for p in payments] == [
        (Decimal("200.50"), "paid", "VMS p-1", paid_at)
    ]
    assert payments[0].id is not None
    await keycrm.update_payment(made.id, payments[0].id, {"status": "canceled"}, terms)
    order = await keycrm.get_order(made.id, terms)
    assert [payment.status for payment in order.payments or ()] == ["canceled"]


async def test_source_uuid_search_shows_only_orders_of_our_source(
    keycrm: KeyCrmClient, terms: Terms, keycrm_sandbox: Sandbox
) -> None:
    """Marketplace numbers share the field: another source's order with the same text is not ours."""
    keycrm_sandbox.admin("POST", "orders", {**_jsonable(order_body()), "source_id": 1})
    assert await keycrm.find_orders_by_source_uuid(SOURCE, REFERENCE, terms) == ()

    made = await keycrm.create_order(order_body(), terms)
    found = await keycrm.find_orders_by_source_uuid(SOURCE, REFERENCE, terms)

    assert [order.id for order in found] == [made.id]


async def test_two_orders_with_one_reference_are_both_shown(keycrm: KeyCrmClient, terms: Terms) -> None:
    """KeyCRM promises no uniqueness: several found is the caller's question."""
    first = await keycrm.create_order(order_body(), terms)
    second = await keycrm.create_order(order_body(), terms)

    found = await keycrm.find_orders_by_source_uuid(SOURCE, REFERENCE, terms)

    assert {order.id for order in found} == {first.id, second.id}


async def test_a_lost_answer_of_a_create_is_an_unknown_outcome_with_our_reference(
    keycrm: KeyCrmClient, terms: Terms, keycrm_sandbox: Sandbox, quota: NotedQuota
) -> None:
    """The order is there; the grant is settled without a status, since the call counts."""
    keycrm_sandbox.fault("createOrder", "lost_answer")

    with pytest.raises(OutcomeUnknown) as raised:
        await keycrm.create_order(order_body(), terms)

    assert raised.value.reference == REFERENCE
    assert quota.settled_statuses == [None]
    assert len(await keycrm.find_orders_by_source_uuid(SOURCE, REFERENCE, terms)) == 1
    assert keycrm_sandbox.operations().count("createOrder") == 1


@pytest.mark.parametrize("phase", ["before", "after"])
async def test_a_500_of_a_write_is_unknown_and_of_a_read_transient(
    keycrm: KeyCrmClient, terms: Terms, keycrm_sandbox: Sandbox, phase: str
) -> None:
    """Nobody can tell from the outside whether the work was done."""
    made = await keycrm.create_order(order_body(), terms)
    keycrm_sandbox.fault("updateOrder", "status", status=500, phase=phase)
    keycrm_sandbox.fault("getOrder", "status", status=500)

    with pytest.raises(OutcomeUnknown):
        await keycrm.update_order(made.id, {"status_id": 4}, terms, reference=f"order {made.id}")
    with pytest.raises(TransientError):
        await keycrm.get_order(made.id, terms)
    assert (await keycrm.get_order(made.id, terms)).status_id == (1 if phase == "before" else 4)


async def test_a_throttled_write_was_not_done(
    keycrm: KeyCrmClient, terms: Terms, keycrm_sandbox: Sandbox, quota: NotedQuota
) -> None:
    """429 is the world's, with the pause that KeyCRM asked for; the quota hears of it."""
    keycrm_sandbox.fault("createOrder", "status", status=429, retry_after=7)

    with pytest.raises(WorldUnavailable) as raised:
        await keycrm.create_order(order_body(), terms)

    assert (raised.value.partner, raised.value.retry_after_seconds) == ("keycrm", 7)
    assert [(row[1], row[4]) for row in quota.settled] == [(429, 7.0)]
    assert await keycrm.find_orders_by_source_uuid(SOURCE, REFERENCE, terms) == ()


async def test_a_refused_create_names_the_field_and_nobody(
    keycrm: KeyCrmClient, terms: Terms, keycrm_sandbox: Sandbox
) -> None:
    """An unknown source is KeyCRM's 422; the reason holds no name, phone or mail."""
    with pytest.raises(PermanentError) as raised:
        await keycrm.create_order({**order_body(), "source_id": 999}, terms)

    assert raised.value.field == "source_id"
    assert not any(canary in raised.value.reason for canary in CANARIES)
    assert keycrm_sandbox.operations() == ["createOrder"]


async def test_an_unknown_order_is_gone(keycrm: KeyCrmClient, terms: Terms) -> None:
    """404 of a read and of a write."""
    with pytest.raises(GoneError):
        await keycrm.get_order(999_999, terms)
    with pytest.raises(GoneError):
        await keycrm.update_order(999_999, {"status_id": 4}, terms)


async def test_a_wrong_path_is_not_a_vanished_order(
    keycrm: KeyCrmClient, terms: Terms, keycrm_sandbox: Sandbox, quota: NotedQuota
) -> None:
    """A base address without /v1 answers HTML: the setting is named and nothing is called gone."""
    async with KeyCrmClient(keycrm_sandbox.address, SecretStr("sandbox-key"), quota, quota.clock) as lost:
        with pytest.raises(WorldUnavailable, match="KEYCRM_BASE_URL"):
            await lost.get_order(1001, terms)


async def test_a_wrong_key_is_the_worlds(keycrm_sandbox: Sandbox, terms: Terms, quota: NotedQuota) -> None:
    """Nothing is dead-lettered because of it, and the reason names the setting, not the key."""
    async with KeyCrmClient(f"{keycrm_sandbox.address}/v1", SecretStr("canary-key"), quota, quota.clock) as client:
        with pytest.raises(WorldUnavailable, match="KEYCRM_API_KEY") as raised:
            await client.ping(terms)

    assert "canary" not in raised.value.reason


async def test_a_walk_shows_every_order_of_the_interval(
    keycrm: KeyCrmClient, terms: Terms, keycrm_sandbox: Sandbox
) -> None:
    """120 orders are three pages; each row is seen, also when one is edited out of the window meanwhile."""
    made = [
        keycrm_sandbox.admin("POST", "orders", _jsonable(order_body(f"walk-{number}")))["id"] for number in range(120)
    ]
    now = datetime.now(UTC)
    wanted = OrderFilter(updated_between=(now - timedelta(minutes=5), now + timedelta(minutes=5)))
    seen: list[int] = []

    async for page in keycrm.walk_orders(wanted, terms):
        seen.extend(order.id for order in page.rows)

    assert set(seen) == set(made)
    assert keycrm_sandbox.operations() == ["listOrders"] * 4


def _jsonable(body: OrderCreateBody) -> dict[str, object]:
    """The body for an admin call, which takes plain JSON."""
    lines = [{**line, "price": float(line["price"]), "quantity": float(line["quantity"])} for line in body["products"]]
    kept = {name: value for name, value in body.items() if name not in ("products", "ordered_at")}
    return {**kept, "products": lines}
