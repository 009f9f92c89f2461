"""Webhooks that come five times, in the wrong order, or from somebody who is not KeyCRM."""

from __future__ import annotations

from typing import Any

from tests import agreement
from tests.e2e.letters import arriving
from tests.world import World

FORGED = 20


async def test_a_webhook_delivered_five_times_is_one_write(world: World) -> None:
    """Five deliveries of one change: VMS is written once and KeyCRM not at all."""
    made, order = await world.order_from_vms()
    await world.keycrm.knobs(webhook_duplicate_rate=1, webhook_duplicate_copies=4)

    await world.keycrm.admin("PATCH", f"orders/{order['id']}", {"status_id": 4})

    await world.until(lambda: world.of_vms("orders", orderId=made["orderId"], orderStatus=2), "reserved in VMS")
    await world.quiet(5)
    _, *of_the_change = await deliveries(world, order)
    assert [row["status"] for row in of_the_change] == [200] * 5
    assert (await world.vms.writes(), await world.keycrm.writes()) == (["updateOrder"], [])
    agreement.orders_agree(*await world.order_rows(made))


async def test_webhooks_in_the_wrong_order_end_at_the_newest_state(world: World) -> None:
    """The first change's webhook arrives after the second's: VMS shows the second and never goes back."""
    made, order = await world.order_from_vms()
    await world.keycrm.knobs(webhook_reorder_rate=1)
    await world.keycrm.admin("PATCH", f"orders/{order['id']}", {"status_id": 4})
    await world.keycrm.knobs(webhook_reorder_rate=0)

    await world.keycrm.admin("PATCH", f"orders/{order['id']}", {"status_id": 8})

    await world.until(lambda: world.of_vms("orders", orderId=made["orderId"], orderStatus=4), "shipped in VMS")
    await world.until(lambda: deliveries(world, order, 3), "the create's webhook and both of the changes")
    await world.quiet(5)
    vms, keycrm = await world.order_rows(made)
    assert (vms["orderStatus"], keycrm["status_id"]) == (4, 8)
    assert set(await world.vms.writes()) == {"updateOrder"}
    assert await world.keycrm.writes() == []
    agreement.orders_agree(vms, keycrm)


async def test_a_webhook_with_a_wrong_secret_is_refused_and_nothing_happens(world: World) -> None:
    """401 with a problem body, and not one call on either side."""
    _, order = await world.order_from_vms()
    url = world.system.addresses.webhook("order-status-changed")

    answers = [
        await world.http.post(address, json=forged(order["id"], 19))
        for address in (url.rpartition("/")[0] + "/wrong-secret-0001", url.rpartition("/t/")[0], f"{url}x")
    ]

    assert [answer.status_code for answer in answers] == [401] * 3
    assert {answer.headers["content-type"] for answer in answers} == {"application/problem+json"}
    await world.quiet(3)
    assert (await world.keycrm.calls(), await world.vms.calls()) == ([], [])


async def test_a_forged_webhook_with_the_right_secret_costs_one_read_and_writes_nothing(world: World) -> None:
    """Invented order ids and a stale status: each is looked at once, nothing is written, kept or tried again."""
    made, order = await world.order_from_vms()
    invented = [990_000_000 + int(world.name()[-6:]) * 100 + number for number in range(FORGED)]
    url = world.system.addresses.webhook("order-status-changed")

    async with arriving(world.system.servers.kafka_bootstrap) as letters:
        for number in invented:
            assert (await world.http.post(url, json=forged(number, 19))).status_code == 200
        assert (await world.http.post(url, json=forged(order["id"], 19))).status_code == 200
        await world.until(lambda: reads(world, FORGED + 1), "every forged webhook looked at")
        await world.quiet(5)
        await letters.take(0)

    calls = await world.keycrm.count()
    assert calls == {"getOrder": FORGED + 1}
    assert (await world.keycrm.writes(), await world.vms.writes()) == ([], [])
    assert not [
        row for row in (await world.vms.state())["orders"] if row["numberOrder"] in map("KC-{}".format, invented)
    ]
    vms, keycrm = await world.order_rows(made)
    assert (vms["orderStatus"], keycrm["status_id"]) == (1, 1)


def forged(order_id: int, status_id: int) -> dict[str, Any]:
    """A webhook that KeyCRM never sent."""
    return {"event": "order.change_order_status", "context": {"id": order_id, "status_id": status_id}}


async def reads(world: World, number: int) -> bool:
    """Whether KeyCRM's orders have been read so often."""
    return (await world.keycrm.count())["getOrder"] >= number


async def deliveries(world: World, order: dict[str, Any], number: int = 1) -> list[dict[str, Any]]:
    """The attempts to deliver an order's webhooks, once there are so many."""
    rows = [row for row in await world.keycrm.admin("GET", "deliveries") if row["subject"] == f"order {order['id']}"]
    return rows if len(rows) >= number else []
