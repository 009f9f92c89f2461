"""KeyCRM throttles or breaks, VMS goes away: work waits, no attempt is counted, nothing is given up, all is done after.

Load goes on while a partner is away: changes on both sides, new orders on both sides.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator
from typing import Any

import pytest_asyncio

from tests.e2e.load import APPLIERS, Load, forget_limit, statuses
from tests.sides import Side
from tests.world import World

AWAY_SECONDS = 10.0
LONG_AWAY_SECONDS = 20.0


@pytest_asyncio.fixture
async def unthrottled(world: World) -> AsyncIterator[World]:
    """The world; what a 429 taught the budget is forgotten afterwards."""
    yield world
    await forget_limit(world)


async def test_a_429_is_obeyed_and_costs_nothing_but_time(unthrottled: World) -> None:
    """While KeyCRM says when to come again nobody calls it; then all is done, at the first attempt."""
    world, load = unthrottled, Load(unthrottled)
    await load.begin()
    number = await world.keycrm.fault("*", "status", status=429, retry_after=4)
    await load.go_on()
    await load.arrives()

    calls = (await world.keycrm.admin("GET", "calls?after=0"))["calls"]
    (refused,) = [row["at"] for row in calls if row["fault"] == number]
    # Calls that were on their way already may still arrive.
    assert not [row for row in calls if refused + 1 < row["at"] < refused + 3.9]
    assert {row["attempt"] for row in load.told("item.waits")} <= {1}
    assert "transient" not in {row["fate"] for row in load.told("item.postponed")}


async def test_keycrm_answering_500_under_load_loses_nothing(world: World) -> None:
    """Every call fails for a while: nothing is given up, nothing is made or paid twice."""
    await _outage(world, world.keycrm, AWAY_SECONDS, "status", status=500)


async def test_keycrm_down_under_load_loses_nothing(world: World) -> None:
    """Every connection is cut for a while."""
    await _outage(world, world.keycrm, AWAY_SECONDS, "down")


async def test_vms_down_under_load_loses_nothing(world: World) -> None:
    """Every connection is cut for a while; its events still come."""
    await _outage(world, world.vms, LONG_AWAY_SECONDS, "down")


async def test_vms_hanging_under_load_loses_nothing(world: World) -> None:
    """No call is answered for a while, though some are done."""
    await _outage(world, world.vms, AWAY_SECONDS, "hang", seconds=30, phase="after")


async def test_a_record_that_vms_leaves_unanswered_becomes_a_letter_and_others_go_on(world: World) -> None:
    """VMS fails at one order's PUT every time and answers all else: five tries, then a person; a replay carries it."""
    made, order = await world.order_from_vms()
    other, its_order = await world.order_from_vms()
    number = await world.vms.fault("updateOrder", "status", status=500, times=5)
    await world.keycrm.admin("PATCH", f"orders/{order['id']}", {"status_id": 4})
    letter = await world.until(lambda: world.letter("orders", order["id"]), "the dead letter", seconds=120)

    assert (letter["reason"], letter["code"], letter["field"]) == ("permanent", "unanswered", "status")
    assert "VMS's log" in letter["error"]
    assert (await world.vms.writes()).count("updateOrder") == 5
    await world.vms.admin("DELETE", f"faults/{number}")
    await world.keycrm.admin("PATCH", f"orders/{its_order['id']}", {"status_id": 4})
    await world.until(lambda: world.of_vms("orders", orderId=other["orderId"], orderStatus=2), "another's status")
    answer = await world.operator("POST", f"dead-letters/{letter['id']}/replay")
    assert answer.json()["outcome"] == "marked", answer.text
    await world.until(lambda: world.of_vms("orders", orderId=made["orderId"], orderStatus=2), "the status")


async def _outage(world: World, side: Side, away_seconds: float, kind: str, **more: Any) -> None:
    load = Load(world)
    await load.begin()
    number = await side.fault("*", kind, times=None, **more)
    ends_at = time.monotonic() + away_seconds
    await load.go_on()
    while time.monotonic() < ends_at:
        await asyncio.sleep(2)
        assert await statuses(world, "/health/ready", *APPLIERS) == [200, 200], "a partner makes no service unready"
    await side.admin("DELETE", f"faults/{number}")
    await load.arrives()
    await world.quiet(3)
