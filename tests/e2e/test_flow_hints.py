"""Webhooks and events as they really come: doubled, out of order, about our own writes, or telling nothing new."""

from __future__ import annotations

import asyncio
from typing import Any

import httpx

from tests.agreement import orders_agree
from tests.world import World

FIVE = {"webhook_duplicate_rate": 1, "webhook_duplicate_copies": 4}


async def test_five_webhooks_for_one_change_are_one_write(world: World) -> None:
    """All five are logged; a read that is on its way when they come is done once more, no oftener."""
    order, made = await world.order_on_both()
    before = await _logged(world, order)
    await world.keycrm.knobs(**FIVE)

    await world.keycrm.admin("PATCH", f"orders/{order['id']}", {"status_id": 4})

    await world.until(lambda: world.of_vms("orders", orderId=made["orderId"], orderStatus=2), "reserved in VMS")
    await world.until(lambda: _has_logged(world, order, before + 5), "five logged webhooks")
    await world.quiet()
    orders_agree(*await world.born_rows(order))
    assert await world.vms.writes() == ["updateOrder"]
    assert await world.keycrm.writes() == []
    assert (await world.keycrm.count())["getOrder"] in (1, 2)


async def test_webhooks_out_of_order_end_with_the_newest_status(world: World) -> None:
    """A webhook is a hint: whichever comes last, what KeyCRM shows then is what VMS gets."""
    order, made = await world.order_on_both()
    await world.keycrm.knobs(webhook_reorder_rate=1)

    await world.keycrm.admin("PATCH", f"orders/{order['id']}", {"status_id": 4})
    await world.keycrm.admin("PATCH", f"orders/{order['id']}", {"status_id": 8})

    await world.until(lambda: world.of_vms("orders", orderId=made["orderId"], orderStatus=4), "shipped in VMS")
    await world.until(lambda: _are_delivered(world, order, 3), "both webhooks delivered")
    await world.quiet(4)
    orders_agree(*await world.born_rows(order))
    told = [row["status"] for row in await _deliveries(world, order)]
    assert told == [200] * len(told)
    assert await world.keycrm.writes() == []


async def test_a_hint_that_tells_nothing_new_costs_no_read(world: World) -> None:
    """The same webhook again, an hour later: it is logged, and nobody calls anybody."""
    order, _ = await world.order_on_both()
    await world.keycrm.admin("PATCH", f"orders/{order['id']}", {"status_id": 4})
    await world.until(lambda: world.of_vms("orders", numberOrder=f"KC-{order['id']}", orderStatus=2), "reserved in VMS")
    await world.steady()
    before = await _logged(world, order)

    await _webhook(world, order)

    await world.until(lambda: _has_logged(world, order, before + 1), "the webhook is logged")
    await world.quiet(4)
    assert await world.keycrm.count() == await world.vms.count() == {}


async def test_a_webhook_that_lies_changes_nothing(world: World) -> None:
    """Its status is a reason to look, never a value to write."""
    order, made = await world.order_on_both()

    await _webhook(world, order, status_id=19)

    await world.until(lambda: _is_read(world), "the order is read")
    await world.quiet(4)
    shown = await world.of_vms("orders", orderId=made["orderId"])
    assert shown is not None
    assert shown["orderStatus"] == 1
    assert await world.vms.writes() == await world.keycrm.writes() == []


async def test_a_webhook_about_our_own_create_before_it_is_bound_is_attached(world: World) -> None:
    """KeyCRM tells of the order while its create is still unanswered: nothing is created back in VMS."""
    customer, _ = await world.customer_from_vms()
    hold = await world.keycrm.fault("createOrder", "hold", seconds=2)
    made = await world.vms_order(customer)
    await world.until(lambda: world.keycrm.holding(hold), "the create is held")
    order = await world.order_in_keycrm(made)
    await world.until(lambda: _are_delivered(world, order, 1), "the webhook about it")
    await world.until(lambda: world.is_known("orders", order["id"]), "the half of it")

    await world.keycrm.release(hold)

    await world.bound("orders", order["id"])
    await world.quiet(4)
    orders_agree(*await world.order_rows(made))
    assert [o["id"] for o in (await world.keycrm.state())["orders"] if o["source_uuid"] == made["orderId"]] == [
        order["id"]
    ]
    assert await world.of_vms("orders", numberOrder=f"KC-{order['id']}") is None
    assert await world.keycrm.writes() == ["createOrder"]
    assert await world.vms.writes() == []


async def test_an_event_about_our_own_create_before_it_is_bound_is_attached(world: World) -> None:
    """VMS tells of the order while its create is still unanswered: nothing is created back in KeyCRM."""
    known, _ = await world.order_on_both()
    hold = await world.vms.fault("createOrder", "hold", seconds=2)
    order = await world.keycrm_order(buyer={"id": known["buyer"]["id"]})
    await world.until(lambda: world.vms.holding(hold), "the create is held")
    made = await world.of_vms("orders", numberOrder=f"KC-{order['id']}")
    assert made is not None
    await asyncio.sleep(0.5)  # its event is there by now

    await world.vms.release(hold)

    binding = await world.bound("orders", order["id"])
    await world.quiet(4)
    assert binding["vmsId"] == made["orderId"]
    orders_agree(*await world.born_rows(order))
    assert [o["id"] for o in (await world.keycrm.state())["orders"] if o["source_uuid"] == made["orderId"]] == []
    assert await world.vms.writes() == ["createOrder"]
    assert await world.keycrm.writes() == []


async def _webhook(world: World, order: dict[str, Any], **changes: Any) -> None:
    """KeyCRM's status webhook about an order as it is now, or with something else in it."""
    shown = await world.of_keycrm("orders", id=order["id"])
    assert shown is not None
    names = ("id", "source_id", "source_uuid", "status_id", "status_changed_at", "updated_at", "created_at")
    context = {name: shown[name] for name in names} | {"payments_total": shown["payments_total"], **changes}
    body = {"event": "order.change_order_status", "context": context}
    async with httpx.AsyncClient(verify=False) as http:
        answer = await http.post(world.system.addresses.webhook("order-status-changed"), json=body)
    assert answer.status_code == 200


async def _logged(world: World, order: dict[str, Any]) -> int:
    """How many of KeyCRM's hints about an order the event log has."""
    events = (await world.binding("orders", order["id"]))["events"]
    return sum(event["eventType"].startswith("keycrm.") for event in events)


async def _has_logged(world: World, order: dict[str, Any], count: int) -> bool:
    return await _logged(world, order) >= count


async def _deliveries(world: World, order: dict[str, Any]) -> list[dict[str, Any]]:
    rows: list[dict[str, Any]] = await world.keycrm.admin("GET", "deliveries")
    return [row for row in rows if row["subject"] == f"order {order['id']}"]


async def _are_delivered(world: World, order: dict[str, Any], count: int) -> bool:
    return len(await _deliveries(world, order)) >= count


async def _is_read(world: World) -> bool:
    return (await world.keycrm.count())["getOrder"] > 0
