"""VMS → KeyCRM: thousands of stock changes in few calls; a SKU that KeyCRM does not take is refused alone."""

from __future__ import annotations

from typing import Any

import pytest_asyncio

from tests.world import World

MANY = 120
WAREHOUSES = {"main": 1, "shop": 2}


@pytest_asyncio.fixture(scope="module")
async def skus(running_world: World) -> list[str]:
    """So many articles that both sides have, each with stock in two warehouses."""
    world, name = running_world, running_world.name()
    await world.fresh()
    found = [f"L-{name}-{number:03}" for number in range(MANY)]
    for sku in found:
        body = {"name": f"Виріб {sku}", "sku": sku, "price": 10, "stock": {"main": 1, "shop": 1}}
        await world.vms.admin("POST", "articles", body)
    await world.until(lambda: has(world, {(sku, warehouse): 1.0 for sku in found for warehouse in (1, 2)}), "all", 90)
    await world.idle()
    return found


async def test_thousands_of_changes_are_few_calls(skus: list[str], world: World) -> None:
    """Each change is an event of its own; what comes within a second goes together, a call for each warehouse."""
    for quantity in range(2, 12):
        rows = [
            {"sku": sku, "warehouse": warehouse, "quantity": quantity + number % 7}
            for number, sku in enumerate(skus)
            for warehouse in WAREHOUSES
        ]
        await world.vms.admin("PUT", "levels", {"stock": rows, "price": []})

    wanted = {
        (sku, warehouse): float(11 + number % 7) for number, sku in enumerate(skus) for warehouse in WAREHOUSES.values()
    }
    await world.until(lambda: has(world, wanted), "VMS's last figures in KeyCRM", 60)
    await world.quiet()

    assert await has(world, wanted)
    calls = await world.keycrm.count()
    assert set(calls) == {"setStocks"}
    assert 2 <= calls["setStocks"] <= 30, "calls for 2,400 changes of 240 levels"
    assert await world.vms.count() == {}


async def test_a_bad_sku_in_a_batch_is_refused_alone(skus: list[str], world: World) -> None:
    """Its batch is refused, then it by itself, and the rest goes; the bad one is a dead letter that names it."""
    bad = skus[40]
    product = await world.of_keycrm("products", sku=bad)
    assert product is not None
    await world.keycrm.admin("PATCH", f"products/{product['id']}", {"sku": f"{bad}-renamed"})
    await world.vms.knobs(emit=False)
    rows = [{"sku": sku, "warehouse": "main", "quantity": 8} for sku in skus]
    await world.vms.admin("PUT", "levels", {"stock": rows, "price": []})
    await world.mark()

    await world.vms.knobs(emit=True)
    await world.until(lambda: has(world, {(sku, 1): 8.0 for sku in skus if sku != bad}), "all but the bad one", 60)
    await world.quiet()

    calls = await world.keycrm.calls()
    assert {row["operation"] for row in calls} == {"setStocks"}
    assert [row["status"] for row in calls if row["status"] != 202] == [422, 422]
    assert len(calls) <= 6, "Kafka may bring the changes in a few batches"
    (letter,) = await refused(world, bad)
    assert (letter["reason"], letter["code"]) == ("permanent", "refused")


async def has(world: World, wanted: dict[tuple[str, int], float]) -> bool:
    """Whether KeyCRM shows all these figures, by SKU and warehouse."""
    rows = (await world.keycrm.state())["stocks"]
    shown = {(row["sku"], row["warehouse_id"]): float(row["quantity"]) for row in rows}
    return all(shown.get(key) == value for key, value in wanted.items())


async def refused(world: World, sku: str) -> list[dict[str, Any]]:
    """The dead letters about a SKU."""
    answer = await world.operator("GET", "dead-letters")
    assert answer.is_success, answer.text
    return [row for row in answer.json()["items"] if f"SKU {sku}:" in row["error"]]
