"""KeyCRM throttles or breaks, VMS goes away: work waits, no attempt is counted, nothing is given up, all is done after.

Load goes on while a partner is away: changes on both sides, new orders on both sides.
"""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import AsyncIterator
from typing import Any

import asyncpg
import pytest_asyncio

from tests import agreement
from tests.e2e.letters import arriving
from tests.sides import Side
from tests.world import World

AWAY_SECONDS = 20.0
ORDERS = 3
APPLIERS = ("inbound-apply", "outbound-sync")


@pytest_asyncio.fixture
async def unthrottled(world: World) -> AsyncIterator[World]:
    """The world; what a 429 taught the budget is forgotten afterwards."""
    yield world
    connection = await asyncpg.connect(world.system.database_url)
    await connection.execute("UPDATE quota_state SET limit_now = 6000, frozen_until = NULL")
    await connection.execute("DELETE FROM quota_grant")
    await connection.close()


class Load:
    """Orders on both sides, changed and made while a partner is away."""

    def __init__(self, world: World) -> None:
        self._world = world
        self.bound: list[tuple[dict[str, Any], dict[str, Any]]] = []
        self.made: list[dict[str, Any]] = []
        self.born: list[dict[str, Any]] = []
        self._read = {name: len(logged(world, name)) for name in APPLIERS}

    async def begin(self) -> None:
        """Orders that both sides have."""
        made = [await self._world.vms_order() for _ in range(2 * ORDERS)]
        self.bound = [(row, await self._world.order_in_keycrm(row)) for row in made]
        await self._world.steady()

    async def go_on(self) -> None:
        """Each side changes its own half of the orders, and each has new ones."""
        world = self._world
        for number, (vms, keycrm) in enumerate(self.bound):
            if number % 2:
                await world.vms.admin("PATCH", f"orders/{vms['orderId']}", {"orderStatus": 2})
                await world.vms.admin("POST", f"orders/{vms['orderId']}/payments", {"amount": 50 + number})
            else:
                await world.keycrm.admin("PATCH", f"orders/{keycrm['id']}", {"status_id": 4})
                await world.keycrm.admin("POST", f"orders/{keycrm['id']}/payments", {"amount": 70 + number})
        for _ in range(ORDERS):
            self.made.append(await world.vms_order())
            self.born.append(await world.keycrm_order())

    async def arrives(self) -> None:
        """Everything is on both sides, once, and the same."""
        await self._world.until(self._are_there, "every new order on both sides", 120)
        await self._world.idle(90)
        for vms, _ in self.bound:
            shown = await self._world.order_rows(vms)
            agreement.orders_agree(*shown)
            assert shown[0]["orderStatus"] == 2
            assert shown[0]["depositedAmount"] > 0
        for row in self.made:
            agreement.orders_agree(*await self._world.order_rows(row))
        for row in self.born:
            agreement.orders_agree(*await self._world.born_rows(row))

    async def _are_there(self) -> bool:
        keycrm = {row["source_uuid"] for row in (await self._world.keycrm.state())["orders"]}
        vms = {row["numberOrder"] for row in (await self._world.vms.state())["orders"]}
        is_made = {row["orderId"] for row in self.made} <= keycrm
        return is_made and {f"KC-{row['id']}" for row in self.born} <= vms

    def attempts(self) -> list[int]:
        """The numbers of the attempts at which items waited for a partner since the load began."""
        return [row["attempt"] for row in self.told("item.waits")]

    def told(self, event: str) -> list[dict[str, Any]]:
        """What the appliers logged of one event since the load began."""
        rows = [row for name in APPLIERS for row in logged(self._world, name)[self._read[name] :]]
        return [row for row in rows if row["event"] == event]


async def test_a_429_is_obeyed_and_costs_nothing_but_time(unthrottled: World) -> None:
    """While KeyCRM says when to come again nobody calls it; then all is done, at the first attempt."""
    world, load = unthrottled, Load(unthrottled)
    await load.begin()
    async with arriving(world.system.servers.kafka_bootstrap) as letters:
        await world.keycrm.fault("*", "status", status=429, retry_after=4, times=1)
        await load.go_on()
        await load.arrives()
        await letters.take(0)

    calls = (await world.keycrm.admin("GET", "calls?after=0"))["calls"]
    (refused,) = [row["at"] for row in calls if row["status"] == 429]
    # Calls that were on their way already may still arrive.
    assert not [row for row in calls if refused + 1 < row["at"] < refused + 3.9]
    assert set(load.attempts()) <= {1}
    assert not load.told("item.given_up")


async def test_keycrm_answering_500_under_load_loses_nothing(world: World) -> None:
    """Every call fails for a while: nothing is given up, nothing is made or paid twice."""
    await _outage(world, world.keycrm, "status", status=500, times=None)


async def test_keycrm_down_under_load_loses_nothing(world: World) -> None:
    """Every connection is cut for a while."""
    await _outage(world, world.keycrm, "down", times=None)


async def test_vms_down_under_load_loses_nothing(world: World) -> None:
    """Every connection is cut for a while; its events still come."""
    await _outage(world, world.vms, "down", times=None)


async def test_vms_hanging_under_load_loses_nothing(world: World) -> None:
    """No call is answered for a while, though some are done."""
    await _outage(world, world.vms, "hang", seconds=30, phase="after", times=None)


async def _outage(world: World, side: Side, kind: str, **more: Any) -> None:
    load = Load(world)
    await load.begin()
    async with arriving(world.system.servers.kafka_bootstrap) as letters:
        number = await side.fault("*", kind, **more)
        began = time.monotonic()
        await load.go_on()
        while time.monotonic() < began + AWAY_SECONDS:
            await asyncio.sleep(2)
            assert await _is_ready(world), "a partner that is away makes no service unready"
        await side.admin("DELETE", f"faults/{number}")
        await load.arrives()
        await letters.take(0)
    assert not load.told("item.given_up")
    await world.quiet(3)


async def _is_ready(world: World) -> bool:
    answers = [await world.http.get(f"{world.system.addresses.services[name]}/health/ready") for name in APPLIERS]
    return all(answer.status_code == 200 for answer in answers)


def logged(world: World, name: str) -> list[dict[str, Any]]:
    """A service's log."""
    lines = world.system.log(name).read_text(errors="replace").splitlines()
    return [json.loads(line) for line in lines if line.startswith("{")]
