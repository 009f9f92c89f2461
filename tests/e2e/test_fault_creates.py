"""Creates whose answers are lost, late or told by somebody else first: one record each, whatever happens."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import pytest_asyncio

from tests import agreement
from tests.e2e.load import all_agree, are_there
from tests.sides import Side
from tests.world import World

ORDERS = 30
PEOPLE = 10
SEED = 1
"""Of thirty draws at one in ten this one loses five."""
LAG_SECONDS = 5.0


async def test_one_create_in_ten_without_an_answer_makes_one_order_each(world: World) -> None:
    """Thirty orders each way, with new customers; one create in ten is done and its answer cut off."""
    lost = [
        (side, await side.fault([order, person], "lost_answer", rate=0.1, seed=SEED, times=None))
        for side, order, person in (
            (world.keycrm, "createOrder", "createBuyer"),
            (world.vms, "createOrder", "createCustomer"),
        )
    ]
    customers = [await world.vms_customer() for _ in range(PEOPLE)]
    buyers = [await new_buyer(world) for _ in range(PEOPLE)]
    made = [await world.vms_order(customers[n % PEOPLE]) for n in range(ORDERS)]
    born = [await world.keycrm_order(buyer={"id": buyers[n % PEOPLE]["id"]}) for n in range(ORDERS)]

    await world.until(lambda: are_there(world, made, born), "every order on both sides", 120)
    await world.idle(60)

    for side, number in lost:
        assert (await side.admin("GET", f"faults/{number}"))["hits"] >= 2
    await all_agree(world, made, born)
    phones = [row["phone"] for row in customers] + [row["phone"][0] for row in buyers]
    assert await people(world, *phones) == dict.fromkeys(phones, (1, 1))
    await world.quiet(3)


@pytest_asyncio.fixture
async def lagging(world: World) -> AsyncIterator[World]:
    """KeyCRM's search lags and no webhook comes; the appliers are told of the lag."""
    await world.keycrm.admin("DELETE", "hooks")
    for name in ("inbound-apply", "outbound-sync"):
        await asyncio.to_thread(world.system.terminate, name)
        await asyncio.to_thread(world.system.restart, name, SYNC_SEARCH_LAG_SECONDS=str(LAG_SECONDS + 2))
    await world.keycrm.knobs(search_lag_seconds=LAG_SECONDS)
    yield world
    await world.fresh()
    for name in ("inbound-apply", "outbound-sync"):
        await asyncio.to_thread(world.system.terminate, name)
        await asyncio.to_thread(world.system.restart, name)


async def test_a_lost_answer_and_a_search_that_lags_make_one_order(lagging: World) -> None:
    """The first looks for our reference show nothing though the order is there: it is not made again."""
    world, customer = lagging, await lagging.vms_customer()
    await world.until(lambda: people_are(world, customer["phone"], 1), "the buyer in KeyCRM")
    await world.steady()
    await world.keycrm.fault("createOrder", "lost_answer")

    made = await world.vms_order(customer)

    await world.until(lambda: is_bound(world, made), "the order's pair", 60)
    await world.quiet(3)
    assert await world.keycrm.writes() == ["createOrder"]
    agreement.orders_agree(*await world.order_rows(made))


async def test_a_create_that_never_happened_is_made_after_two_empty_looks(world: World) -> None:
    """The request is lost on its way, in both directions: two looks find nothing, then it is made, once."""
    customer, buyer = await world.vms_customer(), await new_buyer(world)
    await world.until(lambda: people_are(world, customer["phone"], 1), "the buyer in KeyCRM")
    await world.until(lambda: people_are(world, buyer["phone"][0], 1), "the customer in VMS")
    await world.steady()
    for side in (world.keycrm, world.vms):
        await side.fault("createOrder", "hang", seconds=10, phase="before")

    made = await world.vms_order(customer)
    born = await world.keycrm_order(buyer={"id": buyer["id"]})

    await world.until(lambda: are_there(world, [made], [born]), "both orders", 60)
    await world.quiet(3)
    for side in (world.keycrm, world.vms):
        outcomes = [row["outcome"] for row in await side.calls() if row["operation"] == "createOrder"]
        assert outcomes == ["refused", "done"]
    assert await looks_between(world.keycrm, "listOrders") >= 2
    assert await looks_between(world.vms, "ordersByCustomer") >= 2
    agreement.orders_agree(*await world.order_rows(made))
    agreement.orders_agree(*await world.born_rows(born))


async def test_a_webhook_about_our_own_create_before_it_is_bound_is_attached(world: World) -> None:
    """KeyCRM tells inbound-apply while outbound-sync still waits for the answer: VMS gets no second order."""
    customer = await world.vms_customer()
    await world.until(lambda: people_are(world, customer["phone"], 1), "the buyer in KeyCRM")
    await world.steady()
    held = await world.keycrm.fault("createOrder", "hold", seconds=30)

    made = await world.vms_order(customer)
    await world.until(lambda: has_read(world.keycrm, "getOrder"), "the new order read by inbound-apply")
    await world.keycrm.release(held)

    await world.until(lambda: is_bound(world, made), "the order's pair", 40)
    await world.quiet(5)
    assert (await world.keycrm.writes(), await world.vms.writes()) == (["createOrder"], [])
    agreement.orders_agree(*await world.order_rows(made))


async def test_a_vms_event_about_our_own_create_before_it_is_bound_is_attached(world: World) -> None:
    """VMS tells outbound-sync while inbound-apply still waits for the answer: KeyCRM gets no second order."""
    buyer = await new_buyer(world)
    await world.until(lambda: people_are(world, buyer["phone"][0], 1), "the customer in VMS")
    await world.steady()
    held = await world.vms.fault("createOrder", "hold", seconds=30)

    born = await world.keycrm_order(buyer={"id": buyer["id"]})
    await world.until(lambda: has_read(world.vms, "getOrder"), "the new order read by outbound-sync")
    await world.vms.release(held)

    await world.bound("orders", born["id"])
    await world.quiet(5)
    assert (await world.keycrm.writes(), await world.vms.writes()) == ([], ["createOrder"])
    agreement.orders_agree(*await world.born_rows(born))


async def new_buyer(world: World) -> dict[str, Any]:
    """A buyer made by hand in KeyCRM."""
    name = world.name()
    body = {"full_name": f"Марія Пробна {name}", "phone": [world.phone()], "email": [f"maria.{name}@example.com"]}
    made: dict[str, Any] = await world.keycrm.admin("POST", "buyers", body)
    return made


async def people(world: World, *phones: str) -> dict[str, tuple[int, int]]:
    """How many have each of these phones: buyers in KeyCRM, customers in VMS."""
    buyers, customers = (await world.keycrm.state())["buyers"], (await world.vms.state())["customers"]
    return {
        phone: (sum(phone in row["phone"] for row in buyers), sum(row["phone"] == phone for row in customers))
        for phone in phones
    }


async def people_are(world: World, phone: str, number: int) -> bool:
    """Whether each side has so many with this phone."""
    return await people(world, phone) == {phone: (number, number)}


async def is_bound(world: World, made: dict[str, Any]) -> bool:
    """Whether an order made in VMS has its pair on our books."""
    answer = await world.operator("GET", f"bindings/orders/{made['orderId']}", params={"side": "vms"})
    found = answer.json() if answer.is_success else {}
    return bool(found.get("vmsId") and found.get("keycrmId"))


async def has_read(side: Side, operation: str) -> bool:
    """Whether it has been called."""
    return (await side.count())[operation] > 0


async def looks_between(side: Side, operation: str) -> int:
    """How often it was called between the first create and the last."""
    calls = await side.calls()
    creates = [n for n, row in enumerate(calls) if row["operation"] == "createOrder"]
    return sum(row["operation"] == operation for row in calls[creates[0] : creates[-1]])
