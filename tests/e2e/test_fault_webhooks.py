"""Webhooks from somebody who is not KeyCRM: without the secret nothing, with it one read and no more."""

from __future__ import annotations

from typing import Any

from tests.e2e.letters import arriving
from tests.world import World

FORGED = 20


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
