"""Several processes of one service at once: nobody writes twice, and together they keep to KeyCRM's limit."""

from __future__ import annotations

import asyncio
import time
from bisect import bisect_left
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from tests.e2e.load import APPLIERS, Row, all_agree, are_there, forget_limit, pairs
from tests.world import World

COPIES = ("outbound-sync-2", "outbound-sync-3", "inbound-apply-2")
ORDERS = 12
LIMIT = 60
WINDOW_SECONDS = 60.0
WATCHED_SECONDS = 64.0
PAUSE_SECONDS = 2.0


@asynccontextmanager
async def crowd(world: World, *copies: str, **settings: str) -> AsyncIterator[None]:
    """The appliers with these copies beside them; afterwards they are alone again, as every test expects them."""
    for name in copies:
        world.system.copy(name.rpartition("-")[0], name)
    await _start_again(world, (*APPLIERS, *copies), **settings)
    try:
        yield
    finally:
        for name in copies:
            await asyncio.to_thread(world.system.kill, name)
        await world.keycrm.knobs(limit_per_minute=None)
        for name in APPLIERS:  # one that still runs with a lower limit of its own would write it down again
            await asyncio.to_thread(world.system.terminate, name)
        await forget_limit(world)
        await _start_again(world, APPLIERS)


async def test_three_copies_of_a_service_write_each_change_once(world: World) -> None:
    """Three of outbound-sync and two of inbound-apply share the work, one of them dies: one write a change."""
    made = [await world.vms_order() for _ in range(ORDERS)]
    orders = [(row, await world.order_in_keycrm(row)) for row in made]
    await world.idle()
    async with crowd(world, *COPIES):
        await world.mark()

        new = await _change_all(world, orders)
        await asyncio.to_thread(world.system.kill, COPIES[0])

        await world.until(lambda: _have_crossed(world, orders, new), "every change on both sides", 60)
        await world.quiet(3)
        await all_agree(world, [*(row for row, _ in orders), *new])
        calls = [*await world.keycrm.calls(), *await world.vms.calls()]
        edits = [row for row in calls if row["operation"] in ("updateOrder", "addOrderPayment")]
        writes = Counter((row["operation"], row["path"]) for row in edits)
        assert max(writes.values()) == 1, writes
        assert (await world.keycrm.count())["createOrder"] == len(new)
        assert (await world.vms.count())["createOrder"] == 0


async def test_four_processes_keep_to_sixty_calls_in_any_sixty_seconds(world: World) -> None:
    """By KeyCRM's own log, polls and all: never more than the limit in any minute, and never a 429."""
    made = [await world.vms_order() for _ in range(ORDERS)]
    orders = [(row, await world.order_in_keycrm(row)) for row in made]
    await world.idle()
    for name in APPLIERS:
        await asyncio.to_thread(world.system.terminate, name)
    await forget_limit(world)
    await world.keycrm.knobs(limit_per_minute=LIMIT)
    await world.keycrm.mark()

    async with crowd(world, *COPIES[:2], KEYCRM_CALLS_PER_MINUTE=str(LIMIT), KEYCRM_POLL_SECONDS="5"):
        ends_at, turn = time.monotonic() + WATCHED_SECONDS, 0
        while time.monotonic() < ends_at:
            row, _ = orders[turn % ORDERS]
            await world.vms.admin("PATCH", f"orders/{row['orderId']}", {"descriptions": f"Зміна {turn}"})
            turn += 1
            await asyncio.sleep(PAUSE_SECONDS)
        calls = await world.keycrm.all_calls()

    at = sorted(row["at"] for row in calls)
    fullest = max(bisect_left(at, start + WINDOW_SECONDS) - n for n, start in enumerate(at))
    assert LIMIT * 0.6 < fullest <= LIMIT
    assert 429 not in {row["status"] for row in calls}
    await world.idle(60)
    await all_agree(world, [row for row, _ in orders])


async def _change_all(world: World, orders: list[tuple[Row, Row]]) -> list[Row]:
    """Half of the orders get a status in KeyCRM, half a status and a payment in VMS; as many new ones are made."""
    for number, (vms, keycrm) in enumerate(orders):
        if number % 2:
            await world.keycrm.admin("PATCH", f"orders/{keycrm['id']}", {"status_id": 4})
        else:
            await world.vms.admin("PATCH", f"orders/{vms['orderId']}", {"orderStatus": 2})
            await world.vms.admin("POST", f"orders/{vms['orderId']}/payments", {"amount": 90 + number})
    return [await world.vms_order() for _ in range(ORDERS)]


async def _have_crossed(world: World, orders: list[tuple[Row, Row]], new: list[Row]) -> bool:
    rows = await pairs(world, [vms for vms, _ in orders])
    is_changed = all((vms["orderStatus"], keycrm["status_id"]) == (2, 4) for vms, keycrm in rows)
    return is_changed and await are_there(world, new, ())


async def _start_again(world: World, names: tuple[str, ...], **settings: str) -> None:
    for name in names:
        await asyncio.to_thread(world.system.terminate, name)
    for name in names:
        await asyncio.to_thread(world.system.launch, name, **settings)
    for name in names:
        await asyncio.to_thread(world.system.wait, name)
