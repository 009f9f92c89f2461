"""inbound-apply's polls of KeyCRM: more rows than a page, rows that come and go meanwhile, rows that tell nothing."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import pytest

from inbound_apply.poll import Polls
from inbound_apply.settings import Settings
from libs.clients.terms import Terms
from libs.contracts.types import Lane
from libs.flow import facts
from libs.flow.flow import Flow
from libs.flow.opening import StartAt
from libs.flow.reach import Reach
from libs.reconcile import contents
from libs.runtime.errors import SyncError
from tests.fakes import ManualClock
from tests.sandboxes import Sandbox

MANY = 2_100
AHEAD = 30.0
"""So far ahead of what the test made is the clock: it lies in the poll's interval."""


@pytest.fixture
def later(clock: ManualClock) -> ManualClock:
    """The clock, far enough on that what the test made is in the poll's interval."""
    clock.advance(AHEAD)
    return clock


async def test_more_than_two_thousand_changed_orders_are_all_found(
    polls: Polls, keycrm: Sandbox, flow: Flow, later: ManualClock
) -> None:
    """Page by page, each once: none is skipped, and the watermark stands where the interval ended."""
    numbers = await _many(keycrm, later, MANY)

    await polls.orders()

    assert await _due(flow) == numbers
    assert keycrm.operations().count("listOrders") == MANY // 50 + 1
    assert await _watermark(flow) == later.now - timedelta(seconds=2)


async def test_a_page_has_as_many_rows_as_is_set(
    flow: Flow, settings: Settings, keycrm: Sandbox, later: ManualClock
) -> None:
    """`SYNC_BATCH_SIZE`: seven orders, three a page; the first page is read twice, as in every walk."""
    numbers = await _many(keycrm, later, 7)
    small = settings.model_copy(update={"sync_batch_size": 3})

    await Polls(flow, small, StartAt(flow, small.sync_start_at), Reach(flow)).orders()

    assert await _due(flow) == numbers
    assert keycrm.operations().count("listOrders") == 4


async def test_rows_inserted_and_changed_during_the_walk_skip_none(
    polls: Polls, keycrm: Sandbox, flow: Flow, later: ManualClock
) -> None:
    """Pages shift while they are walked; every row that was there when the walk began is found."""
    numbers = await _many(keycrm, later, 230)
    stop = asyncio.Event()

    async def people() -> int:
        made = 0
        async with httpx.AsyncClient(base_url=keycrm.address) as http:
            while not stop.is_set():
                await http.post("/_admin/orders", json=_body(made))
                row = sorted(numbers)[made % 230]
                await http.patch(f"/_admin/orders/{row}", json={"manager_comment": f"{made}"})
                made += 1
        return made

    busy = asyncio.create_task(people())
    try:
        await polls.orders()
    finally:
        stop.set()
    assert await busy > 3

    assert numbers <= await _due(flow)


async def test_a_row_that_tells_nothing_new_is_not_marked(
    polls: Polls, keycrm: Sandbox, flow: Flow, later: ManualClock
) -> None:
    """Rule 17 asks for the same rows again and again; what was read of them once costs no second read (16)."""
    numbers = await _many(keycrm, later, 3)
    await polls.orders()
    await _read(flow, numbers)

    later.advance(1)
    await polls.orders()
    assert await _due(flow) == set()

    changed = min(numbers)
    keycrm.admin("PATCH", f"orders/{changed}", {"buyer_comment": "Без передзвону"})
    later.advance(5)
    await polls.orders()
    assert await _due(flow) == {changed}


async def test_a_walk_that_fails_moves_no_watermark(
    polls: Polls, keycrm: Sandbox, flow: Flow, later: ManualClock
) -> None:
    """Half of the rows were seen: none is marked, and the next poll asks for the same interval."""
    numbers = await _many(keycrm, later, 120)
    keycrm.fault("listOrders", "status", status=500, times=3)

    with pytest.raises(SyncError):
        await polls.orders()
    assert await _watermark(flow) is None
    keycrm.admin("DELETE", "faults")

    await polls.orders()
    assert await _due(flow) == numbers


async def test_a_status_that_moved_no_change_time_is_found_by_the_sweep(
    polls: Polls, keycrm: Sandbox, flow: Flow, later: ManualClock
) -> None:
    """Some accounts' status changes do not move updated_at: the sweep by age reads the rows themselves."""
    (number,) = await _many(keycrm, later, 1)
    keycrm.knobs(updated_at_follows=["payment", "line", "shipping", "comment"])
    later.advance(600)
    keycrm.admin("PATCH", f"orders/{number}", {"status_id": 4})

    await polls.orders()
    assert await _due(flow) == {number}
    async with flow.database.transaction() as conn:
        await conn.execute("UPDATE work_item SET due_vms = NULL")
    await polls.recent_orders()

    assert await _due(flow) == {number}


async def test_buyers_that_were_there_before_the_start_are_left_alone(
    polls: Polls, keycrm: Sandbox, flow: Flow, later: ManualClock
) -> None:
    """An old buyer who changes has no pair and gets none; a new one does."""
    buyer = keycrm.admin("POST", "buyers", {"full_name": "Ірина Нова"})

    await polls.buyers()

    async with flow.database.connection() as conn:
        found = await conn.fetch("SELECT keycrm_id FROM binding WHERE entity = 'customer'")
    assert [row["keycrm_id"] for row in found] == [buyer["id"]]


def _body(number: int) -> dict[str, Any]:
    return {"source_id": 1, "manager_comment": f"{number}", "products": [{"name": "Послуга", "price": 1}]}


async def _many(keycrm: Sandbox, clock: ManualClock, count: int) -> set[int]:
    """Make so many orders, all before the clock's time, however long it takes; answers their ids."""
    async with httpx.AsyncClient(base_url=keycrm.address, timeout=30) as http:
        numbers: set[int] = set()
        for first in range(0, count, 50):
            answers = await asyncio.gather(
                *(http.post("/_admin/orders", json=_body(n)) for n in range(first, min(first + 50, count)))
            )
            numbers |= {answer.json()["id"] for answer in answers}
    assert len(numbers) == count
    clock.now = max(clock.now, datetime.now(UTC) + timedelta(seconds=AHEAD))
    return numbers


async def _due(flow: Flow) -> set[int]:
    async with flow.database.connection() as conn:
        rows = await conn.fetch(
            "SELECT keycrm_id FROM binding JOIN work_item ON binding_id = id WHERE due_vms IS NOT NULL"
        )
    return {row["keycrm_id"] for row in rows}


async def _read(flow: Flow, numbers: set[int]) -> None:
    """As a worker reads them and finishes."""
    for number in numbers:
        order = await flow.keycrm.get_order(number, Terms(Lane.ORDER))
        async with flow.database.transaction() as conn:
            hint = facts.remembered(contents.of_order(order))
            await conn.execute("UPDATE binding SET hint = $1 WHERE keycrm_id = $2", hint, number)
            await conn.execute("UPDATE work_item SET due_vms = NULL")


async def _watermark(flow: Flow) -> Any:
    async with flow.database.connection() as conn:
        return await conn.fetchval("SELECT at FROM watermark WHERE name = 'keycrm.orders'")
