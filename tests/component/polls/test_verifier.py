"""The verifier on both running sandbox systems: what is the same costs little, what differs is found, looked at twice
and mended, and who asks for a comparison learns what came of it.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from inbound_apply.comparing.portions import Portions
from inbound_apply.comparing.verifier import Verifier
from inbound_apply.settings import Settings
from libs.contracts.types import Entity
from libs.flow.flow import Flow
from libs.flow.opening import StartAt
from libs.state import comparison_passes, operations
from libs.state.causes import Cause
from libs.state.comparison_passes import REST
from libs.state.tallies import Subject
from tests.component.polls.bound import (
    ask,
    audited,
    bind,
    customer_on_both,
    due,
    keycrm_order,
    tally_of,
    unlike,
    vms_id_of,
    vms_order,
    worked,
)
from tests.fakes import ManualClock
from tests.sandboxes import Sandbox

PAUSE = 60.0
LOOKED = 31.0
"""Until a suspect is looked at again."""


@pytest.fixture
def verifier(flow: Flow, settings: Settings) -> Verifier:
    """One with a pause of a minute."""
    return _verifier(flow, settings)


def _verifier(flow: Flow, settings: Settings, pause: float = PAUSE) -> Verifier:
    start_at = StartAt(flow, settings.sync_start_at)
    portions = Portions(flow, settings.asked_sources, start_at, settings.sync_batch_size)
    return Verifier(flow, portions, pause, settings.sync_stock_settle_seconds)


async def _ticks(verifier: Verifier, clock: ManualClock, times: int = 1, seconds: float = PAUSE) -> None:
    for _ in range(times):
        clock.advance(seconds)
        await verifier.tick()


async def test_customers_that_are_the_same_cost_one_call_for_fifty(
    verifier: Verifier, flow: Flow, vms: Sandbox, keycrm: Sandbox, clock: ManualClock
) -> None:
    """Seventy people: two portions, two calls to KeyCRM, none of them suspected."""
    for n in range(70):
        await customer_on_both(flow, vms, keycrm, n)

    await _ticks(verifier, clock, 2)

    assert keycrm.operations().count("listBuyers") == 2
    assert "getBuyer" not in keycrm.operations()
    tally = await tally_of(flow, clock, Subject.CUSTOMER)
    assert (tally.known, tally.compared, tally.suspects, tally.differs) == (70, 70, 0, 0)


async def test_nothing_is_asked_before_the_first_pause_is_over(
    verifier: Verifier, flow: Flow, vms: Sandbox, keycrm: Sandbox, clock: ManualClock
) -> None:
    """A start costs no call; and a pass that is over rests."""
    await customer_on_both(flow, vms, keycrm)
    await _ticks(verifier, clock, seconds=PAUSE - 1)
    assert keycrm.operations() == []

    await _ticks(verifier, clock, seconds=1)
    assert keycrm.operations().count("listBuyers") == 1
    await _ticks(verifier, clock, 10)
    assert keycrm.operations().count("listBuyers") == 1
    await _ticks(verifier, clock, seconds=REST.total_seconds())
    assert keycrm.operations().count("listBuyers") == 2


async def test_an_edit_that_no_event_told_is_found_looked_at_twice_and_mended(
    verifier: Verifier, flow: Flow, vms: Sandbox, keycrm: Sandbox, clock: ManualClock
) -> None:
    """VMS lists no changed customers: a lost event of theirs shows here alone. It is made due once, and audited."""
    number = await customer_on_both(flow, vms, keycrm)
    vms_id = await vms_id_of(flow, number)
    vms.admin("PATCH", f"customers/{vms_id}", {"city": "Львів"})

    await _ticks(verifier, clock)
    assert (await tally_of(flow, clock, Subject.CUSTOMER)).suspects == 1
    assert await due(flow) == []
    await _ticks(verifier, clock, seconds=LOOKED)

    assert await due(flow) == [number]
    assert await unlike(flow, clock) == [(["city"], Cause.WAITING)]
    assert await audited(flow) == [("test", "found_different", number)]
    await worked(flow)
    await _ticks(verifier, clock, seconds=LOOKED)
    assert await unlike(flow, clock) == [(["city"], Cause.NOTHING)]
    assert await due(flow) == []


async def test_what_was_mended_is_the_same_again(
    verifier: Verifier, flow: Flow, vms: Sandbox, keycrm: Sandbox, clock: ManualClock
) -> None:
    """The next look shows it."""
    number = await customer_on_both(flow, vms, keycrm)
    vms.admin("PATCH", f"customers/{await vms_id_of(flow, number)}", {"city": "Львів"})
    await _ticks(verifier, clock)
    await _ticks(verifier, clock, seconds=LOOKED)
    vms.admin("PATCH", f"customers/{await vms_id_of(flow, number)}", {"city": None})

    await _ticks(verifier, clock, seconds=LOOKED)

    assert await unlike(flow, clock) == []
    assert (await tally_of(flow, clock, Subject.CUSTOMER)).suspects == 0


async def test_a_change_that_crosses_meanwhile_is_no_difference(
    verifier: Verifier, flow: Flow, vms: Sandbox, keycrm: Sandbox, clock: ManualClock
) -> None:
    """Seen once, gone at the second look."""
    number = await customer_on_both(flow, vms, keycrm)
    vms.admin("PATCH", f"customers/{await vms_id_of(flow, number)}", {"city": "Львів"})
    await _ticks(verifier, clock)
    vms.admin("PATCH", f"customers/{await vms_id_of(flow, number)}", {"city": None})

    await _ticks(verifier, clock, seconds=LOOKED)

    assert (await tally_of(flow, clock, Subject.CUSTOMER)).suspects == 0
    assert await audited(flow) == []


async def test_a_record_that_one_side_lost_is_found(
    verifier: Verifier, flow: Flow, vms: Sandbox, keycrm: Sandbox, clock: ManualClock
) -> None:
    """Buyers merged in KeyCRM, a customer deleted in VMS: the record itself differs."""
    number = await customer_on_both(flow, vms, keycrm)
    async with flow.database.connection() as conn:
        await conn.execute("UPDATE binding SET keycrm_id = 99999 WHERE id = $1", number)

    await _ticks(verifier, clock)
    await _ticks(verifier, clock, seconds=LOOKED)

    assert await unlike(flow, clock) == [(["identity"], Cause.WAITING)]


async def test_orders_are_compared_page_by_page_and_strangers_made_due(
    verifier: Verifier, flow: Flow, vms: Sandbox, keycrm: Sandbox, clock: ManualClock
) -> None:
    """KeyCRM has 51, fifty of them bound: one call each page; the one nobody knows is due towards VMS."""
    numbers = [keycrm_order(keycrm, f"{n}") for n in range(51)]
    for n, number in enumerate(numbers[:50]):
        await bind(flow, Entity.ORDER, vms_order(vms, f"{n}"), number)
    clock.now = max(clock.now, datetime.now(UTC))

    await _ticks(verifier, clock, 3)

    assert keycrm.operations().count("listOrders") == 2
    assert "getOrder" not in keycrm.operations()
    tally = await tally_of(flow, clock, Subject.ORDER)
    assert (tally.known, tally.compared) == (50, 50)
    async with flow.database.connection() as conn:
        (stranger,) = await conn.fetch(
            "SELECT b.keycrm_id FROM binding b JOIN work_item w ON w.binding_id = b.id WHERE due_vms IS NOT NULL"
        )
    assert stranger["keycrm_id"] == numbers[50]


async def test_an_order_that_the_pages_do_not_show_is_looked_at_by_itself(
    verifier: Verifier, flow: Flow, vms: Sandbox, keycrm: Sandbox, clock: ManualClock
) -> None:
    """Placed before the start: no page has it, and the pass does not end without it."""
    old = datetime.now(UTC) - timedelta(days=400)
    await bind(flow, Entity.ORDER, vms_order(vms, "давнє"), keycrm_order(keycrm, "давнє", old))

    await _ticks(verifier, clock, 3)

    assert keycrm.operations().count("getOrder") == 1
    assert (await tally_of(flow, clock, Subject.ORDER)).compared == 1
    async with flow.database.connection() as conn:
        assert (await comparison_passes.all_passes(conn))[0].whole_since is not None


async def test_a_partner_that_is_away_only_delays_it(
    verifier: Verifier, flow: Flow, vms: Sandbox, keycrm: Sandbox, clock: ManualClock
) -> None:
    """The pass stands where it stood and goes on."""
    await customer_on_both(flow, vms, keycrm)
    keycrm.fault("listBuyers", "status", status=503, times=2)
    await _ticks(verifier, clock, 2)
    assert (await tally_of(flow, clock, Subject.CUSTOMER)).compared == 0

    await _ticks(verifier, clock)

    assert (await tally_of(flow, clock, Subject.CUSTOMER)).compared == 1


async def test_off_means_only_when_asked(
    flow: Flow, settings: Settings, vms: Sandbox, keycrm: Sandbox, clock: ManualClock
) -> None:
    """Then without pauses; the operation tells how far it is and how it ended."""
    await customer_on_both(flow, vms, keycrm)
    verifier = _verifier(flow, settings, pause=0)
    await _ticks(verifier, clock, 5)
    assert keycrm.operations() == []

    operation = await ask(flow, clock)
    await _ticks(verifier, clock, 4, seconds=2)

    async with flow.database.connection() as conn:
        ended = await operations.get(conn, operation)
    assert ended is not None
    assert ended.status == "done"
    assert ended.outcome == {"compared": 1, "differs": 0, "unexplained": 0, "mended": 0}
    assert keycrm.operations().count("listBuyers") == 1
    assert keycrm.operations().count("listStocks") >= 1


async def test_two_verifiers_share_one_pass(
    flow: Flow, settings: Settings, vms: Sandbox, keycrm: Sandbox, clock: ManualClock
) -> None:
    """The second finds it in the first one's hands."""
    for n in range(60):
        await customer_on_both(flow, vms, keycrm, n)
    one, other = _verifier(flow, settings), _verifier(flow, settings)

    for _ in range(3):
        clock.advance(PAUSE)
        await one.tick()
        await other.tick()

    assert keycrm.operations().count("listBuyers") == 2
