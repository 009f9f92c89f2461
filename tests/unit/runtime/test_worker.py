"""The worker's loop with a queue in memory: grants, lanes, fates, attempts, correlation."""

from __future__ import annotations

import asyncio
from datetime import timedelta

import pytest

from libs.contracts.types import Lane
from libs.runtime import context
from libs.runtime.errors import (
    OutcomeUnknown,
    ParentNotBound,
    PermanentError,
    TransientError,
    WorldUnavailable,
)
from libs.runtime.work import Lease, Recorded, WorkItem
from libs.runtime.worker import Conduct
from tests.unit.runtime.fakes import an_item
from tests.unit.runtime.rig import Rig


async def test_what_is_due_is_worked_and_finished(rig: Rig) -> None:
    """Nothing to record: the worker finishes the item."""
    rig.queue.put(an_item(1), an_item(2))

    async with rig.running():
        await rig.becomes(lambda: len(rig.queue.done) == 2)

    assert rig.queue.done == [("finished", 1), ("finished", 2)]


async def test_an_item_the_handler_recorded_is_not_finished_again(rig: Rig) -> None:
    """The handler's own transaction finished it: a second finish would match no row."""

    async def handle(item: WorkItem, lease: Lease) -> Recorded:
        del rig.queue.items[item.binding_id]
        return Recorded.BY_HANDLER

    rig.queue.put(an_item(1))

    async with rig.running(handle):
        await rig.becomes(lambda: not rig.queue.items)

    assert rig.queue.done == []


async def test_lanes_are_claimed_in_their_order(rig: Rig) -> None:
    """A person first, reconciliation last."""
    rig.queue.put(an_item(1, Lane.RECONCILE), an_item(2, Lane.INTERACTIVE), an_item(3, Lane.STOCK))

    async with rig.running(conduct=Conduct(concurrency=1)):
        await rig.becomes(lambda: len(rig.worked) == 3)

    assert rig.worked == [2, 3, 1]


async def test_without_a_grant_nothing_is_claimed(rig: Rig) -> None:
    """The quota is used up: the item stays due for whoever has a grant, no lease is taken."""
    rig.grants.left = 0
    rig.queue.put(an_item(1))

    async with rig.running():
        await rig.becomes(lambda: rig.queue.looks > 3)

    assert rig.queue.leased == set()
    assert rig.worked == []


async def test_an_unused_grant_is_given_back(rig: Rig) -> None:
    """A hint that told nothing new costs no call."""
    rig.queue.put(an_item(1))

    async with rig.running():
        await rig.becomes(lambda: bool(rig.queue.done))

    assert rig.grants.returned == [1]


async def test_a_used_grant_is_not_given_back(rig: Rig) -> None:
    """The client took it for its first call."""

    async def handle(item: WorkItem, lease: Lease) -> Recorded:
        assert lease.take_grant() is not None
        return Recorded.NOTHING

    rig.queue.put(an_item(1))

    async with rig.running(handle):
        await rig.becomes(lambda: bool(rig.queue.done))

    assert rig.grants.returned == []


async def test_a_world_failure_counts_no_attempt_and_stops_claiming(rig: Rig) -> None:
    """VMS is down: the item keeps its attempt, others are not even claimed; when it is back, all are done."""
    rig.errors = [WorldUnavailable("refused", "vms")] * 3
    rig.queue.put(*(an_item(n) for n in range(1, 20)))

    async with rig.running(conduct=Conduct(concurrency=1)):
        await rig.becomes(lambda: rig.queue.done == [("postponed", 1)])
        await asyncio.sleep(0.03)
        assert rig.worked == [1]
        assert rig.queue.items[1].attempt == 1
        for _ in range(4):
            rig.clock.forward(20)
            await asyncio.sleep(0.03)
        await rig.becomes(lambda: not rig.queue.items)

    assert rig.queue.failures == []


async def test_transient_failures_back_off_and_the_third_is_the_last(rig: Rig) -> None:
    """Attempts 1 and 2 come again after growing pauses, attempt 3 becomes a dead letter with its reason."""
    rig.errors = [TransientError("500 for order 1")] * 3
    rig.queue.put(an_item(1))

    async with rig.running():
        await rig.becomes(lambda: len(rig.queue.done) == 1)
        assert (rig.queue.items[1].attempt, rig.queue.items[1].due_at - rig.clock()) == (2, timedelta(seconds=10))
        rig.clock.forward(10)
        await rig.becomes(lambda: len(rig.queue.done) == 2)
        assert (rig.queue.items[1].attempt, rig.queue.items[1].due_at - rig.clock()) == (3, timedelta(seconds=20))
        rig.clock.forward(20)
        await rig.becomes(lambda: len(rig.queue.done) == 3)

    assert rig.queue.done[-1] == ("dead", 1)
    assert (rig.queue.failures[0].reason, rig.queue.failures[0].attempts) == ("exhausted", 3)


async def test_the_partner_is_probed_before_the_last_attempt_counts(rig: Rig) -> None:
    """It was the partner after all: no dead letter, the attempt is kept."""
    probes = 0

    async def probe() -> None:
        nonlocal probes
        probes += 1
        raise WorldUnavailable("hangs", "keycrm")

    rig.probe, rig.errors = probe, [TransientError("time-out")]
    rig.queue.put(an_item(1, attempt=3))

    async with rig.running():
        await rig.becomes(lambda: bool(rig.queue.done))

    assert probes == 1
    assert rig.queue.done == [("postponed", 1)]
    assert rig.queue.items[1].attempt == 3
    assert rig.circuits.wait_seconds({"keycrm"}) > 0


async def test_many_items_failing_in_a_row_are_a_reason_to_probe(rig: Rig) -> None:
    """Five different orders time out: the partner is asked, and the circuit opens before they lose their attempts."""

    async def probe() -> None:
        raise WorldUnavailable("hangs", "keycrm")

    rig.probe, rig.errors = probe, [TransientError("time-out")] * 9
    rig.queue.put(*(an_item(n) for n in range(1, 9)))

    async with rig.running(conduct=Conduct(concurrency=1)):
        await rig.becomes(lambda: rig.circuits.wait_seconds({"keycrm"}) > 0)
        await asyncio.sleep(0.03)

    assert rig.worked == [1, 2, 3, 4, 5]


async def test_a_last_attempt_that_fails_at_the_edge_of_an_outage_begins_anew(rig: Rig) -> None:
    """Its call went out while VMS was away and timed out when VMS was back: no dead letter for the world's failure."""

    async def probe() -> None:
        return None  # both answer

    rig.probe, rig.errors = probe, [TransientError("time-out")]
    rig.circuits.open("vms", "hangs")
    rig.clock.forward(20)
    rig.queue.put(an_item(1, attempt=3))

    async with rig.running():
        await rig.becomes(lambda: bool(rig.queue.done))

    assert rig.queue.done == [("postponed", 1)]
    assert rig.queue.items[1].attempt == 1


async def test_long_after_an_outage_a_last_attempt_counts(rig: Rig) -> None:
    """The partners answer and have answered for long: it is the item."""

    async def probe() -> None:
        return None

    rig.probe, rig.errors = probe, [TransientError("500 for order 1")]
    rig.circuits.open("vms", "hung")
    rig.clock.forward(120)
    rig.queue.put(an_item(1, attempt=3))

    async with rig.running():
        await rig.becomes(lambda: bool(rig.queue.done))

    assert rig.queue.done == [("dead", 1)]


async def test_a_time_out_closes_no_circuit(rig: Rig) -> None:
    """VMS was away; the next call gets no answer either: it is no sign that VMS is back."""
    rig.errors = [WorldUnavailable("refused", "vms"), TransientError("time-out")]
    rig.queue.put(an_item(1))

    async with rig.running(conduct=Conduct(concurrency=1)):
        await rig.becomes(lambda: len(rig.queue.done) == 1)
        rig.clock.forward(20)
        await rig.becomes(lambda: len(rig.queue.done) == 2)
        rig.circuits.open("vms", "refused again")

    assert rig.circuits.wait_seconds({"vms"}) > 1.5  # the second failure in a row: a longer pause than the first


@pytest.mark.parametrize(
    ("error", "end"),
    [
        (PermanentError("no pair"), "dead"),
        (OutcomeUnknown("cut", "KC-1"), "postponed"),
        (ParentNotBound("client", 7), "asleep"),
    ],
)
async def test_each_fate_is_one_step_of_the_queue(rig: Rig, error: Exception, end: str) -> None:
    """Permanent: dead letter; unknown: looked at again; parent not bound: asleep."""
    rig.errors = [error]
    rig.queue.put(an_item(1))

    async with rig.running():
        await rig.becomes(lambda: bool(rig.queue.done))

    assert rig.queue.done == [(end, 1)]


async def test_a_handler_works_under_the_correlation_id_of_its_mark(rig: Rig) -> None:
    """From the webhook to the last call: the same id."""
    ids = []

    async def handle(item: WorkItem, lease: Lease) -> Recorded:
        ids.append(context.current().correlation_id)
        return Recorded.NOTHING

    rig.queue.put(an_item(1))

    async with rig.running(handle):
        await rig.becomes(lambda: bool(ids))

    assert ids == ["c-1"]


async def test_no_more_items_than_the_concurrency_are_in_hand(rig: Rig) -> None:
    """Four at once, the fifth waits."""
    gate, in_hand = asyncio.Event(), 0

    async def handle(item: WorkItem, lease: Lease) -> Recorded:
        nonlocal in_hand
        in_hand += 1
        await gate.wait()
        return Recorded.NOTHING

    rig.queue.put(*(an_item(n) for n in range(10)))

    async with rig.running(handle):
        await rig.becomes(lambda: in_hand == 4)
        await asyncio.sleep(0.05)
        assert in_hand == 4
        gate.set()
        await rig.becomes(lambda: len(rig.queue.done) == 10)
