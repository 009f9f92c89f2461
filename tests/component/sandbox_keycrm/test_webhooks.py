"""Webhooks as KeyCRM sends them: which change fires which, their exact shape, and how badly they may travel."""

from __future__ import annotations

import time
from typing import Any

import pytest

from tests.sandbox_keycrm import KeyCrmSide, Receiver, order_body

# The names of the order's row as a trigger sends it, of the samples that receivers have published.
CONTEXT = {
    "id",
    "source_uuid",
    "global_source_uuid",
    "status_on_source",
    "source_id",
    "client_id",
    "grand_total",
    "total_discount",
    "margin_sum",
    "expenses_sum",
    "discount_amount",
    "discount_percent",
    "shipping_price",
    "taxes",
    "register_id",
    "fiscal_result",
    "fiscal_status",
    "shipping_type_id",
    "manager_id",
    "status_group_id",
    "status_id",
    "closed_from",
    "status_changed_at",
    "status_expired_at",
    "parent_id",
    "manager_comment",
    "client_comment",
    "discount_data",
    "is_gift",
    "promocode",
    "wrap_price",
    "gift_wrap",
    "payment_status",
    "gift_message",
    "last_synced_at",
    "created_at",
    "updated_at",
    "closed_at",
    "deleted_at",
    "ordered_at",
    "source_updated_at",
    "payments_total",
    "products_total",
    "is_expired",
    "has_reserves",
}


async def test_the_context_is_the_orders_row_and_nothing_else(keycrm: KeyCrmSide, receiver: Receiver) -> None:
    """Unsigned JSON with exactly the known names: no lines, buyer, shipping, payments or tags."""
    await keycrm.hook("order-status", f"{receiver.address}/api/keycrm/webhook/t/secret-canary")
    await keycrm.create_order(source_uuid="A-1", buyer_comment="Подзвоніть", shipping_price=60)

    (body,) = await receiver.wait(1)

    assert (body["event"], set(body)) == ("order.change_order_status", {"event", "context"})
    assert set(body["context"]) == CONTEXT
    context = body["context"]
    assert (context["client_comment"], context["shipping_price"], context["grand_total"]) == (
        "Подзвоніть",
        "60.00",
        421,
    )
    assert (context["status_id"], context["client_id"]) == (1, 5001)
    assert not [name for name in receiver.headers[0] if "sign" in name or "auth" in name]
    (row,) = await keycrm.admin("GET", "/deliveries")
    assert (row["attempt"], row["status"], row["subject"]) == (1, 200, "order 1001")
    assert "secret-canary" not in str(row)
    assert "secret-canary" not in str(await keycrm.admin("GET", "/hooks"))


async def test_only_status_and_payment_status_fire(keycrm: KeyCrmSide, receiver: Receiver) -> None:
    """Comments, lines, tracking codes and a second part payment fire nothing."""
    order_id = (await keycrm.create_order())["id"]
    await keycrm.hook("order-status", receiver.address)
    await keycrm.hook("payment-status", receiver.address)
    change = {"manager_comment": "A", "shipping": {"tracking_code": "T1"}, "status_id": 1}
    await keycrm.put(f"/order/{order_id}", change)
    await keycrm.put(f"/order/{order_id}", {"products": [{"sku": "DEMO-MUG", "comment": "подарунок"}]})
    await keycrm.post(f"/order/{order_id}/payment", {"payment_method_id": 1, "amount": 100})
    await keycrm.post(f"/order/{order_id}/payment", {"payment_method_id": 1, "amount": 100})
    await keycrm.put(f"/order/{order_id}", {"status_id": 4})

    await receiver.wait(2)
    bodies = await receiver.settle()

    seen = sorted((body["event"], body["context"]["payment_status"]) for body in bodies)
    assert seen == [("order.change_order_status", "part_paid"), ("order.change_payment_status", "part_paid")]


async def test_a_person_fires_what_the_api_may_not(keycrm: KeyCrmSide, receiver: Receiver) -> None:
    """The knob plays an account whose triggers overlook the API; a person's edit fires all the same."""
    await keycrm.turn(trigger_on_api_change=False)
    await keycrm.hook("order-status", receiver.address)
    order_id = (await keycrm.create_order())["id"]
    await keycrm.put(f"/order/{order_id}", {"status_id": 4})
    await keycrm.admin("PATCH", f"/orders/{order_id}", {"status_id": 11})

    await receiver.wait(1)

    assert [body["context"]["status_id"] for body in await receiver.settle()] == [11]


async def test_a_new_order_can_be_silent(keycrm: KeyCrmSide, receiver: Receiver) -> None:
    """By knob only a change of status fires, not the first status."""
    await keycrm.turn(trigger_on_create=False)
    await keycrm.hook("order-status", receiver.address)
    await keycrm.create_order()

    assert await receiver.settle() == []


async def test_stock_hooks_get_a_bare_array_of_their_warehouses_sums(keycrm: KeyCrmSide, receiver: Receiver) -> None:
    """A write comes back as an echo; an unchanged figure and another warehouse's do not; a reserve is told too."""
    await keycrm.hook("stock", f"{receiver.address}/one", [1])
    await keycrm.hook("stock", f"{receiver.address}/all")
    items = [{"sku": "DEMO-MUG", "quantity": 7}, {"sku": "DEMO-TILE", "quantity": 120.5}]
    await keycrm.put("/offers/stocks", {"warehouse_id": 1, "stocks": items})
    await receiver.wait(2)
    one = {"offer_id": 303, "sku": "DEMO-MUG", "in_stock": 7, "in_reserve": 0}
    assert sorted(receiver.bodies, key=str) == sorted([[one], [one | {"in_stock": 19}]], key=str)

    await keycrm.admin("PUT", "/stocks", {"warehouse_id": 2, "sku": "DEMO-MUG", "quantity": 13})
    assert (await receiver.wait(3))[2] == [one | {"in_stock": 20}]

    order = await keycrm.create_order()
    await keycrm.put(f"/order/{order['id']}", {"status_id": 4})
    await receiver.wait(5)
    bodies = await receiver.settle()
    assert [body[0]["in_reserve"] for body in bodies[3:]] == [2, 2]


async def test_the_stock_echo_of_the_api_can_be_off(keycrm: KeyCrmSide, receiver: Receiver) -> None:
    """By knob only what the API did not write is told."""
    await keycrm.turn(stock_echo=False)
    await keycrm.hook("stock", receiver.address)
    await keycrm.put("/offers/stocks", {"warehouse_id": 1, "stocks": [{"sku": "DEMO-MUG", "quantity": 7}]})
    await keycrm.admin("PUT", "/stocks", {"warehouse_id": 1, "sku": "DEMO-MUG", "quantity": 8})

    await receiver.wait(1)

    assert [body[0]["in_stock"] for body in await receiver.settle()] == [20]


async def test_many_stock_rows_come_in_parts(keycrm: KeyCrmSide, receiver: Receiver) -> None:
    """One write of five offers, two rows a webhook: three webhooks, each offer once."""
    await keycrm.turn(stock_webhook_rows=2)
    await keycrm.hook("stock", receiver.address)
    items = [{"id": offer, "quantity": 1} for offer in range(301, 306)]
    await keycrm.put("/offers/stocks", {"warehouse_id": 1, "stocks": items})

    bodies = await receiver.wait(3)

    assert sorted(len(body) for body in bodies) == [1, 2, 2]
    assert sorted(row["offer_id"] for body in bodies for row in body) == [301, 302, 303, 304, 305]


@pytest.mark.parametrize(
    ("statuses", "seen"),
    [([500, 503], [500, 503, 200]), ([202], [202, 200]), ([500] * 5, [500, 500, 500]), ([], [200])],
)
async def test_three_attempts_and_only_200_is_a_success(
    keycrm: KeyCrmSide, receiver: Receiver, statuses: list[int], seen: list[int]
) -> None:
    """It is sent again until 200 is answered, three times at most, with the same body."""
    receiver.statuses = list(statuses)
    await keycrm.hook("order-status", receiver.address)
    await keycrm.create_order()

    await receiver.wait(len(seen))
    bodies = await receiver.settle()

    assert bodies == [bodies[0]] * len(seen)
    assert [row["status"] for row in await keycrm.admin("GET", "/deliveries")] == seen


async def test_a_receiver_that_is_down_is_tried_three_times(keycrm: KeyCrmSide, receiver: Receiver) -> None:
    """Each attempt tells its error, and the order is made all the same."""
    await keycrm.hook("order-status", "http://127.0.0.1:1/")
    await keycrm.create_order()

    await receiver.settle()

    rows = await keycrm.admin("GET", "/deliveries")
    assert [(row["attempt"], row["status"], row["error"]) for row in rows] == [
        (attempt, None, "ConnectError") for attempt in (1, 2, 3)
    ]


async def test_success_codes_and_attempts_are_knobs(keycrm: KeyCrmSide, receiver: Receiver) -> None:
    """An account that takes 202 as well sends once."""
    receiver.statuses = [202, 202]
    await keycrm.turn(webhook_success_codes=[200, 202], webhook_attempts=1)
    await keycrm.hook("order-status", receiver.address)
    await keycrm.create_order()

    await receiver.wait(1)

    assert len(await receiver.settle()) == 1


async def test_a_webhook_can_come_five_times(keycrm: KeyCrmSide, receiver: Receiver) -> None:
    """Rate 1 and four copies: the same body five times, each a delivery of its own."""
    await keycrm.turn(webhook_duplicate_rate=1, webhook_duplicate_copies=4)
    await keycrm.hook("order-status", receiver.address)
    await keycrm.create_order()

    bodies = await receiver.wait(5)

    assert bodies == [bodies[0]] * 5
    assert len({row["delivery"] for row in await keycrm.admin("GET", "/deliveries")}) == 5


async def test_webhooks_can_come_late_and_in_disorder(keycrm: KeyCrmSide, receiver: Receiver) -> None:
    """A drawn one waits for the hook's next; the later state then arrives first."""
    order_id = (await keycrm.create_order())["id"]
    await keycrm.hook("order-status", receiver.address)
    await keycrm.turn(webhook_reorder_rate=1)
    await keycrm.put(f"/order/{order_id}", {"status_id": 4})
    await keycrm.turn(webhook_reorder_rate=0, webhook_delay_rate=1, webhook_delay_seconds=0.2)
    changed_at = time.monotonic()
    await keycrm.put(f"/order/{order_id}", {"status_id": 11})

    bodies = await receiver.wait(2)

    assert [body["context"]["status_id"] for body in bodies] == [11, 4]
    assert receiver.arrivals[0] - changed_at >= 0.2
    assert receiver.arrivals[1] - receiver.arrivals[0] < 1


async def test_a_late_update_fires_when_it_takes_effect(keycrm: KeyCrmSide, receiver: Receiver) -> None:
    """The webhook carries the new status, not the old one of the 202."""
    order_id = (await keycrm.create_order())["id"]
    await keycrm.hook("order-status", receiver.address)
    await keycrm.turn(update_delay_seconds=0.4)
    await keycrm.put(f"/order/{order_id}", {"status_id": 4})
    assert await receiver.settle() == []

    assert [body["context"]["status_id"] for body in await receiver.wait(1)] == [4]


async def test_a_lead_and_other_kinds_do_not_mix(keycrm: KeyCrmSide, receiver: Receiver) -> None:
    """A card's webhook reaches the lead hook only."""
    await keycrm.hook("order-status", f"{receiver.address}/order")
    await keycrm.hook("lead", f"{receiver.address}/lead")
    await keycrm.admin("POST", "/leads", {})

    await receiver.wait(1)
    (body,) = await receiver.settle()

    assert (body["event"], "status_id" in body["context"]) == ("lead.change_lead_status", True)


async def test_removed_hooks_and_a_reset_are_silent(keycrm: KeyCrmSide, receiver: Receiver) -> None:
    """What was on its way is forgotten by a reset, and no hook is left."""
    await keycrm.turn(webhook_delay_rate=1, webhook_delay_seconds=0.1)
    await keycrm.hook("order-status", receiver.address)
    await keycrm.create_order()
    await keycrm.admin("POST", "/reset")
    await keycrm.admin("POST", "/orders", order_body())

    assert await receiver.settle() == []
    assert await keycrm.admin("GET", "/hooks") == []


@pytest.mark.parametrize(
    "hook", [{"kind": "order-created", "url": "http://127.0.0.1/"}, {"kind": "stock", "url": "ftp"}, {"kind": "lead"}]
)
async def test_a_wrong_hook_is_refused_by_name(keycrm: KeyCrmSide, hook: dict[str, Any]) -> None:
    """A hook that could never fire is not taken."""
    response = await keycrm.http.post("/_admin/hooks", json=hook)

    assert response.status_code == 422
    assert response.json()["message"].split(":")[0] in ("kind", "url")
