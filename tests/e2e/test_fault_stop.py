"""SIGTERM and SIGKILL in the middle of work: processes end in time, what they had in hand is done by the next start.

A row that somebody died on is no row "in work" for ever: its lease runs out.
"""

from __future__ import annotations

import asyncio
import contextlib
import time

import asyncpg
import httpx

from sandbox.system import SERVICES
from tests.e2e.load import APPLIERS, Row, all_agree, pairs
from tests.world import FAST, World

STOP_SECONDS = 10.0
LEASE_SECONDS = float(FAST["SYNC_LEASE_SECONDS"])
START_SECONDS = 25.0  # the processes, on a machine that has much else to do
# Calls that outlast the time that work in hand is given after SIGTERM: it is handed back, not finished.
LONG_CALLS = {"KEYCRM_TIMEOUT_SECONDS": "9", "VMS_TIMEOUT_SECONDS": "9", "SYNC_LEASE_SECONDS": "12"}


async def test_sigterm_in_mid_work_hands_it_back_within_ten_seconds(world: World) -> None:
    """Both appliers with a write in hand, done and not answered: they end, no row stays leased, one write each."""
    (first, first_order), (second, _) = await _two_orders(world)
    for name in APPLIERS:
        await asyncio.to_thread(world.system.terminate, name)
        await asyncio.to_thread(world.system.restart, name, **LONG_CALLS)
    await world.mark()
    held = [await side.fault("updateOrder", "hold", seconds=60) for side in (world.keycrm, world.vms)]
    await world.keycrm.admin("PATCH", f"orders/{first_order['id']}", {"status_id": 4})
    await world.vms.admin("PATCH", f"orders/{second['orderId']}", {"orderStatus": 2})
    await world.until(lambda: _are_held(world, held), "a write in hand of each")

    took = await asyncio.gather(*(_stopped(world, name) for name in APPLIERS))

    assert max(took) < STOP_SECONDS, took
    assert await _leased(world) == 0
    for name in APPLIERS:
        await asyncio.to_thread(world.system.restart, name)
    await _are_reserved(world, first, second)
    assert (await world.keycrm.writes(), await world.vms.writes()) == (["updateOrder"], ["updateOrder"])


async def test_what_a_killed_service_had_in_hand_is_done_within_the_lease(world: World) -> None:
    """kill -9 while they read: until the lease is over nobody may touch the rows, then the next start does the work."""
    (first, first_order), (second, _) = await _two_orders(world)
    held = [await side.fault("getOrder", "hold", seconds=60) for side in (world.keycrm, world.vms)]
    await world.keycrm.admin("PATCH", f"orders/{first_order['id']}", {"status_id": 4})
    await world.vms.admin("PATCH", f"orders/{second['orderId']}", {"orderStatus": 2})
    await world.until(lambda: _are_held(world, held), "a read in hand of each")

    killed_at = time.monotonic()
    for name in APPLIERS:
        await asyncio.to_thread(world.system.kill, name)
    assert await _leased(world) == 2
    for name in APPLIERS:
        await asyncio.to_thread(world.system.launch, name)

    await _are_reserved(world, first, second)
    assert time.monotonic() - killed_at < LEASE_SECONDS + START_SECONDS
    assert (await world.keycrm.writes(), await world.vms.writes()) == (["updateOrder"], ["updateOrder"])
    await world.quiet(3)


async def test_every_service_ends_within_ten_seconds_of_sigterm(world: World) -> None:
    """All five at once, a person waiting at the console; they come back and work."""
    made, _ = await world.order_from_vms()
    await world.vms.fault("getOrder", "hold", seconds=60)
    waiting = asyncio.create_task(_asked(world, made))
    await world.until(lambda: _leased(world), "the order in hand")

    took = await asyncio.gather(*(_stopped(world, name) for name in SERVICES))

    assert max(took) < STOP_SECONDS, dict(zip(SERVICES, took, strict=True))
    assert await waiting != 200
    await world.vms.admin("DELETE", "faults")
    for name in SERVICES:
        await asyncio.to_thread(world.system.launch, name)
    for name in SERVICES:
        await asyncio.to_thread(world.system.wait, name)
    await world.order_from_vms()


async def test_a_console_killed_while_a_person_waits_loses_no_request(world: World) -> None:
    """The order was asked to be synced and the console died: it is synced all the same."""
    made, _ = await world.order_from_vms()
    await world.vms.knobs(emit=False)
    await world.vms.admin("PATCH", f"orders/{made['orderId']}", {"orderStatus": 2})
    number = await world.vms.fault("getOrder", "hold", seconds=60)
    waiting = asyncio.create_task(_asked(world, made))
    await world.until(lambda: world.vms.holding(number), "the order in hand")

    await asyncio.to_thread(world.system.kill, "console")

    assert await waiting is None
    await world.vms.release(number)
    await world.order_in_keycrm(made, status_id=4)
    await asyncio.to_thread(world.system.restart, "console")
    await world.vms.knobs(emit=True)
    await world.quiet(3)
    assert await world.keycrm.writes() == ["updateOrder"]


async def _two_orders(world: World) -> list[tuple[Row, Row]]:
    orders = [await world.order_from_vms(), await world.order_from_vms()]
    await world.steady()
    return orders


async def _are_reserved(world: World, *made: Row) -> None:
    async def are_reserved() -> bool:
        rows = await pairs(world, made)
        return all((vms["orderStatus"], keycrm["status_id"]) == (2, 4) for vms, keycrm in rows)

    await world.until(are_reserved, "both reserved on both sides", 40)
    await world.idle(40)
    await all_agree(world, made)


async def _are_held(world: World, held: list[int]) -> bool:
    return await world.keycrm.holding(held[0]) and await world.vms.holding(held[1])


async def _stopped(world: World, name: str) -> float:
    """How many seconds a service takes to end."""
    began = time.monotonic()
    await asyncio.to_thread(world.system.terminate, name)
    return time.monotonic() - began


async def _leased(world: World) -> int:
    """How many rows are in somebody's hand."""
    connection = await asyncpg.connect(world.system.database_url)
    try:
        return int(await connection.fetchval("SELECT count(*) FROM work_item WHERE lease_token IS NOT NULL"))
    finally:
        await connection.close()


async def _asked(world: World, made: Row) -> int | None:
    """A person asks for an order to be synced and waits; the status of the answer, None where none came."""
    with contextlib.suppress(httpx.TransportError):
        answer = await world.operator("POST", f"sync/orders/{made['orderId']}", params={"wait": "15"})
        return answer.status_code
    return None
