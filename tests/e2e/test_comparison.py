"""Both sides are compared when a person asks: what the flows made is the same, and what no event told is found."""

from __future__ import annotations

from typing import Any

from tests.agreement import customers_agree, orders_agree
from tests.world import World


async def test_what_the_flows_made_is_the_same(world: World) -> None:
    """An order of each side with payments and comments, its customer, articles, stock: no difference is found."""
    born, _ = await world.order_on_both(manager_comment="Подарункова обгортка")
    made, order = await world.order_from_vms(descriptions="Подзвонити", trackingCode="20400001234567")
    await world.vms.admin("POST", f"orders/{made['orderId']}/payments", {"amount": 100, "paymentType": 1})
    await world.until(lambda: paid(world, order["id"], 1), "the payment in KeyCRM")
    await world.idle()

    await world.compared()

    orders_agree(*await world.order_rows(made))
    orders_agree(*await world.born_rows(born))
    buyer = (await world.of_keycrm("orders", id=order["id"]) or {})["buyer"]
    for records, number in (("orders", born["id"]), ("orders", order["id"]), ("customers", buyer["id"])):
        assert await standing(world, records, number) == (False, [])
    tallies = {row["subject"]: row for row in (await world.operator("GET", "comparison")).json()["subjects"]}
    assert all(row["compared"] > 0 for row in tallies.values()), tallies


async def test_a_change_that_no_event_told_is_found_and_carried(world: World) -> None:
    """VMS lists no changed customers: without the comparison this edit would never cross."""
    customer, buyer = await world.customer_from_vms()
    await world.vms.knobs(lose_events=True)
    await world.vms.admin("PATCH", f"customers/{customer['customerId']}", {"city": "Харків"})
    await world.vms.knobs(lose_events=False)
    await world.quiet(4)
    assert (await now(world, buyer))["shipping"] == []

    outcome = await world.compared()

    assert outcome["mended"] == 1
    await world.until(lambda: has_city(world, buyer, "Харків"), "the city in KeyCRM", 60)
    await world.idle()
    vms = await world.of_vms("customers", customerId=customer["customerId"])
    assert vms is not None
    customers_agree(vms, await now(world, buyer))
    told = await world.audit("customers", buyer["id"])
    assert ("inbound-apply", "found_different", None, "") in told
    assert ("outbound-sync", "updated", "city", "changed") in told


async def standing(world: World, records: str, keycrm_id: int) -> tuple[bool, list[str]]:
    """What the last comparison made of one record: whether it is suspected, and in what it differs."""
    found = (await world.binding(records, keycrm_id))["compared"]
    return found["isSuspect"], [one["field"] for one in found["fields"]]


async def now(world: World, buyer: dict[str, Any]) -> dict[str, Any]:
    """The buyer as KeyCRM has him now."""
    found = await world.of_keycrm("buyers", id=buyer["id"])
    assert found is not None
    return found


async def has_city(world: World, buyer: dict[str, Any], city: str) -> bool:
    """Whether KeyCRM's buyer lives there by now."""
    return city in [address["city"] for address in (await now(world, buyer))["shipping"]]


async def paid(world: World, number: int, count: int) -> bool:
    """Whether KeyCRM's order has so many payments."""
    order = await world.of_keycrm("orders", id=number)
    return order is not None and len(order["payments"]) == count
