"""outbound-sync's sweep of VMS's orders: what no event told is found, what is known costs nothing."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any
from urllib.parse import parse_qs
from zoneinfo import ZoneInfo

import pytest

from libs.contracts.types import Entity, Lane, Side
from libs.flow.flow import Flow
from libs.runtime.errors import SyncError
from libs.state import marks
from libs.state.marks import Mark, VmsEvent
from outbound_sync.poll import Sweep
from tests.fakes import ManualClock
from tests.sandboxes import Sandbox


async def test_an_order_that_no_event_told_of_becomes_a_half_that_is_due(
    sweep: Sweep, vms: Sandbox, flow: Flow
) -> None:
    """Towards KeyCRM, in the slowest lane; the next sweep finds it due already and adds nothing."""
    order = _order(vms)

    assert await sweep.orders() == 1

    (row,) = await _rows(flow)
    assert (row["vms_id"], row["keycrm_id"], row["lane"]) == (order["orderId"], None, Lane.RECONCILE)
    assert row["due_keycrm"] is not None
    assert row["due_vms"] is None


async def test_an_order_whose_event_has_come_is_not_marked(sweep: Sweep, vms: Sandbox, flow: Flow) -> None:
    """VMS's own clock on both: the row has not changed since the event."""
    await _told(flow, _order(vms))

    assert await sweep.orders() == 0


async def test_a_change_whose_event_was_lost_makes_the_order_due(sweep: Sweep, vms: Sandbox, flow: Flow) -> None:
    """The row's lastDateChange is newer than the one the last event named."""
    order = _order(vms)
    await _told(flow, order)
    await _finished(flow)

    vms.admin("PATCH", f"orders/{order['orderId']}", {"orderStatus": 2})

    assert await sweep.orders() == 1
    assert [row["due_keycrm"] is not None for row in await _rows(flow)] == [True]


async def test_an_order_that_was_looked_at_since_is_not_marked(
    sweep: Sweep, vms: Sandbox, flow: Flow, clock: ManualClock
) -> None:
    """Even without any event, a worker's look is enough once VMS's clock can no longer hide a later change."""
    _order(vms)
    assert await sweep.orders() == 1
    clock.advance(3600)
    async with flow.database.transaction() as conn:
        await conn.execute("UPDATE binding SET seen_vms_at = $1", clock.now)

    assert await sweep.orders() == 0


async def test_an_order_older_than_the_start_stays_unknown(sweep: Sweep, vms: Sandbox, flow: Flow) -> None:
    """It would never be made in KeyCRM, so no binding is made of it either."""
    _order(vms, orderDate=(datetime.now() - timedelta(days=2)).isoformat(timespec="seconds"))  # noqa: DTZ005

    assert await sweep.orders() == 0
    assert await _rows(flow) == []


async def test_thirty_days_are_asked_for_in_vms_own_wall_clock(sweep: Sweep, vms: Sandbox, clock: ManualClock) -> None:
    """One call, for the days that can still matter."""
    await sweep.orders()

    (call,) = [call for call in vms.calls() if call["operation"] == "ordersByDate"]
    asked = parse_qs(call["query"])
    first = (clock.now - timedelta(days=30)).astimezone(ZoneInfo("Europe/Kyiv"))
    assert asked["startDate"] == [first.replace(tzinfo=None, microsecond=0).isoformat()]
    assert asked["endDate"] > asked["startDate"]


async def test_while_vms_is_away_nothing_is_marked_and_the_next_sweep_finds_all(
    sweep: Sweep, vms: Sandbox, flow: Flow
) -> None:
    """A sweep holds nothing that a failure could lose."""
    _order(vms)
    vms.fault("ordersByDate", "down")

    with pytest.raises(SyncError):
        await sweep.orders()

    assert await _rows(flow) == []
    assert await sweep.orders() == 1


def _order(vms: Sandbox, **changes: Any) -> dict[str, Any]:
    customer = vms.admin(
        "POST", "customers", {"companyName": "Крамниця", "contactName": "Олена Тестова", "phone": "+380670000001"}
    )
    body = {"customerId": customer["customerId"], "lines": [{"sku": "DEMO-MUG", "quantity": 1, "price": 180.5}]}
    made: dict[str, Any] = vms.admin("POST", "orders", {**body, **changes})
    return made


async def _told(flow: Flow, order: dict[str, Any]) -> None:
    """As outbound-sync keeps an event of the order."""
    now = flow.clock()
    event = VmsEvent("event-1", now, {"lastDateChange": order["lastDateChange"]}, {})
    async with flow.database.transaction() as conn:
        await marks.mark(
            conn, [Mark(Entity.ORDER, Side.VMS, order["orderId"], (Side.KEYCRM,), Lane.ORDER, event=event)], now
        )


async def _finished(flow: Flow) -> None:
    async with flow.database.transaction() as conn:
        await conn.execute("UPDATE work_item SET due_keycrm = NULL")


async def _rows(flow: Flow) -> list[Any]:
    async with flow.database.connection() as conn:
        return list(await conn.fetch("SELECT * FROM binding JOIN work_item ON binding_id = id ORDER BY id"))
