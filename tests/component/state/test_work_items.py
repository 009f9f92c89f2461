"""Work items: order, back-off, parking, dead letters, operations and the event log with them."""

from __future__ import annotations

import orjson

from libs.contracts import dead_letter
from libs.contracts.types import Entity, Lane, Side
from libs.runtime.database import Connection, Database
from libs.state import bindings, counts, events, flows, operations, outbox, work_items
from libs.state.bindings import KEEP, Change, Status
from libs.state.events import Received
from libs.state.marks import Marked
from libs.state.operations import Operation
from libs.state.queue import BindingQueue
from tests.component.state.world import DEAD, NOW, OPERATION, at, binding_of, claim, event, finish, is_claimable, mark


async def test_the_lane_and_then_the_oldest_goes_first(conn: Connection) -> None:
    """Lanes are told in their order; in one lane who has waited longest comes first."""
    await mark(conn, 1, lane=Lane.RECONCILE)
    second = await mark(conn, 2, now=at(2))
    first = await mark(conn, 3, now=at(1))

    assert await work_items.lanes_due(conn, Side.VMS, at(3)) == (Lane.ORDER, Lane.RECONCILE)
    assert (await claim(conn, Side.VMS, now=at(3))).binding_id == first.binding_id
    assert (await claim(conn, Side.VMS, now=at(3))).binding_id == second.binding_id
    assert await work_items.claim(conn, Side.VMS, Lane.ORDER, at(3), 60) is None


async def test_a_claim_leaves_other_entities_to_their_worker(conn: Connection) -> None:
    """A queue of one entity neither sees nor takes another's items."""
    await mark(conn, 7, entity=Entity.CUSTOMER)

    assert await work_items.lanes_due(conn, Side.VMS, NOW, (Entity.ORDER,)) == ()
    assert await work_items.claim(conn, Side.VMS, Lane.ORDER, NOW, 60, (Entity.ORDER,)) is None
    assert await work_items.claim(conn, Side.VMS, Lane.ORDER, NOW, 60, (Entity.CUSTOMER,)) is not None


def _operation(marked: Marked) -> Operation:
    return Operation(OPERATION, "sync", "operator", Entity.ORDER, marked.binding_id, marked.versions)


async def test_a_transient_failure_waits_its_back_off(conn: Connection) -> None:
    """Not before its time, then as the next attempt; the first mark is still when its latency began."""
    await mark(conn, 7)
    await work_items.postpone(conn, await claim(conn, Side.VMS), at(10), 2, "time-out", NOW)
    assert not await is_claimable(conn, Side.VMS, now=at(9))

    again = await claim(conn, Side.VMS, now=at(10))

    assert (again.attempt, again.marked_at) == (2, NOW)


async def test_throttled_and_parked_time_is_in_the_latency(conn: Connection) -> None:
    """Frozen for an hour is an hour of latency, in the item and in the figures that alerts are made of."""
    await mark(conn, 7)
    await work_items.postpone(conn, await claim(conn, Side.VMS), at(3600), 1, "quota", NOW)
    await mark(conn, 7, now=at(1800))

    backlog = await work_items.backlog(conn, Side.VMS, at(3600))
    assert [(one.lane, one.due, one.oldest_at) for one in backlog] == [(Lane.ORDER, 1, NOW)]
    assert (await claim(conn, Side.VMS, now=at(3600))).marked_at == NOW


async def test_a_success_starts_the_attempts_anew(conn: Connection, database: Database) -> None:
    """Three failures in a row give up, not three in a life."""
    await mark(conn, 7)
    await work_items.postpone(conn, await claim(conn, Side.VMS), at(10), 3, "time-out", NOW)
    await finish(database, await claim(conn, Side.VMS, now=at(10)), at(11))
    await mark(conn, 7, now=at(12))

    assert (await claim(conn, Side.VMS, now=at(12))).attempt == 1


async def test_work_that_must_settle_comes_again_by_itself(conn: Connection, database: Database) -> None:
    """A write that is not judged yet is looked at later, though nobody marks it."""
    await mark(conn, 7)
    item = await claim(conn, Side.VMS)
    async with database.transaction() as one:
        await work_items.finish(one, item, NOW, due_again_at=at(10))
    assert not await is_claimable(conn, Side.VMS, now=at(9))

    assert (await claim(conn, Side.VMS, now=at(10))).marked_at == at(10)


async def test_released_work_is_due_at_once(conn: Connection) -> None:
    """SIGTERM in mid-work: handed back, not waited for."""
    await mark(conn, 7)
    item = await claim(conn, Side.VMS)
    await work_items.release(conn, item, at(1))

    again = await claim(conn, Side.VMS, now=at(1))
    assert (again.marked_at, again.attempt) == (NOW, 1)
    assert again.lease_token != item.lease_token


async def test_a_dead_item_leaves_the_queue_with_its_letter(conn: Connection, database: Database) -> None:
    """Given up: out of the queue, the binding in error, the letter on its way, the event and the operation ended."""
    marked = await mark(conn, 7)
    async with database.transaction() as one:
        await operations.begin(one, _operation(marked), NOW)
        logged = Received("keycrm", "e1", "keycrm.order.updated", Entity.ORDER, "7", Side.VMS, marked.binding_id, 1)
        await events.record(one, [logged], NOW)
    queue = BindingQueue(database, Side.VMS, "inbound-apply")
    item = await queue.claim(Lane.ORDER, NOW, 60)
    assert item is not None
    await queue.dead_letter(item, DEAD, at(1))

    assert not await is_claimable(conn, Side.VMS, now=at(1000))
    binding = await binding_of(conn, marked.binding_id)
    assert (binding.status, binding.error) == (Status.ERROR, DEAD.error)
    letters = await outbox.waiting(conn, 10)
    assert [one.message.topic for one in letters] == ["inbound-apply.dead-letter.v1"]
    letter = dead_letter.read(letters[0].message.headers, letters[0].message.key, letters[0].message.body)
    assert (letter.reason, letter.error, letter.topic) == ("permanent", DEAD.error, "")
    assert orjson.loads(letter.body or b"")["bindingId"] == marked.binding_id
    operation = await operations.get(conn, OPERATION)
    assert operation is not None
    assert (operation.status, operation.error) == ("failed", DEAD.error)
    assert [one.status for one in await events.page(conn)] == ["error"]


async def test_any_mark_gives_a_dead_item_a_new_start(conn: Connection, database: Database) -> None:
    """The next event may be the cure: somebody added the pair, or moved the order on."""
    await mark(conn, 7)
    async with database.transaction() as one:
        await work_items.give_up(one, await claim(one, Side.VMS), DEAD, NOW)
    await mark(conn, 7, now=at(1))

    assert (await claim(conn, Side.VMS, now=at(1))).attempt == 1


async def test_a_mark_during_the_last_attempt_outlives_it(conn: Connection, database: Database) -> None:
    """Given up for what was known then; what came meanwhile is tried."""
    await mark(conn, 7)
    item = await claim(conn, Side.VMS)
    await mark(conn, 7, now=at(1))
    async with database.transaction() as one:
        await work_items.give_up(one, item, DEAD, at(2))

    assert await is_claimable(conn, Side.VMS, now=at(2))


async def test_an_operation_ends_when_both_halves_are_done(conn: Connection, database: Database) -> None:
    """A person who asked for a sync hears of its end once, from whoever finished last."""
    marked = await mark(conn, 7, due=(Side.VMS, Side.KEYCRM), lane=Lane.INTERACTIVE)
    async with database.transaction() as one:
        await operations.begin(one, _operation(marked), NOW)
    ended = []
    for side in (Side.VMS, Side.KEYCRM):
        item = await claim(conn, side, lane=Lane.INTERACTIVE)
        async with database.transaction() as one:
            ended.append(await work_items.finish(one, item, at(1), outcome={"written": [side.value]}))

    operation = await operations.get(conn, OPERATION)
    assert ended == [(), (OPERATION,)]
    assert operation is not None
    assert (operation.status, operation.finished_at) == ("done", at(1))
    assert operation.outcome == {"vms": {"written": ["vms"]}, "keycrm": {"written": ["keycrm"]}}


async def test_an_operation_does_not_end_with_work_claimed_before_it(conn: Connection, database: Database) -> None:
    """The worker that was already busy has not seen what the person asked about."""
    await mark(conn, 7)
    item = await claim(conn, Side.VMS)
    marked = await mark(conn, 7, now=at(1))
    async with database.transaction() as one:
        await operations.begin(one, _operation(marked), NOW)
    await finish(database, item, at(2))

    operation = await operations.get(conn, OPERATION)
    assert operation is not None
    assert operation.status == "running"


async def test_events_are_settled_up_to_the_version_that_was_worked(conn: Connection, database: Database) -> None:
    """The event log says `processed` of what a worker has seen, and of nothing newer."""
    for number in (1, 2):
        marked = await mark(conn, 7, now=at(number))
        logged_as = ("keycrm", f"e{number}", "keycrm.order.updated", Entity.ORDER, "7", Side.VMS)
        await events.record(conn, [Received(*logged_as, marked.binding_id, marked.versions[Side.VMS])], at(number))
        if number == 1:
            item = await claim(conn, Side.VMS, now=at(1))
    await finish(database, item, at(3))

    logged = {one.received.event_id: one.status for one in await events.page(conn)}
    assert logged == {"e1": "processed", "e2": "pending"}


async def test_a_redelivered_event_is_logged_once(conn: Connection) -> None:
    """Source and id name an event; the same id of another source is another event."""
    received = [Received("keycrm", "e1", "t"), Received("keycrm", "e1", "t"), Received("vms", "e1", "t")]

    assert await events.record(conn, received, NOW) == 2
    assert await events.record(conn, received, NOW) == 0
    assert await events.count(conn, NOW) == {"processed": 2}


async def test_a_stopped_flow_is_not_claimed_until_a_person_resumes_it(conn: Connection) -> None:
    """The guard's stop is obeyed by the claim itself; the other direction and the other entities go on."""
    await mark(conn, 7, due=(Side.VMS, Side.KEYCRM))
    await mark(conn, 8, entity=Entity.CUSTOMER)
    assert await flows.stop(conn, "order.to_vms", "300 orders would be cancelled", {"share": 0.4}, "guard", NOW)
    assert not await flows.stop(conn, "order.to_vms", "again", {}, "guard", NOW)

    assert (await claim(conn, Side.VMS)).entity is Entity.CUSTOMER
    assert not await is_claimable(conn, Side.VMS)
    assert await is_claimable(conn, Side.KEYCRM)
    assert await flows.resume(conn, "order.to_vms", "operator", at(1), allowed_until=at(600))
    assert await is_claimable(conn, Side.VMS, now=at(1))
    assert await flows.is_allowed(conn, "order.to_vms", at(599))
    assert not await flows.is_allowed(conn, "order.to_vms", at(600))


async def test_save_changes_only_what_it_is_given(conn: Connection, database: Database) -> None:
    """Memory, facts and times are saved apart; None empties what KEEP leaves."""
    marked = await mark(conn, "guid-1", event=event("e1", 1))
    item = await claim(conn, Side.KEYCRM)
    memory = {"base_vms": {"status": 3}, "base_keycrm": {}, "pending": {"writes": []}, "spans": {}, "windows": [1]}
    async with database.transaction() as one:
        first = Change(memory=memory, status=Status.SYNCED, sku="A-1", hint={"status_id": 1})
        await bindings.save(one, item, first, at(1))
        version = await bindings.save(one, item, Change(hint=None, error="x", sku=KEEP, last_sync_at=at(2)), at(2))

    binding = await binding_of(conn, marked.binding_id)
    assert binding.memory == memory
    assert (binding.sku, binding.hint, binding.error, binding.status) == ("A-1", None, "x", Status.SYNCED)
    assert (binding.last_sync_at, binding.version) == (at(2), version)


async def test_only_folded_events_leave_the_binding(conn: Connection, database: Database) -> None:
    """Rule 13: an event that came while the worker was busy is still there for its next look."""
    await mark(conn, "guid-1", event=event("e1", 1))
    item = await claim(conn, Side.KEYCRM)
    marked = await mark(conn, "guid-1", event=event("e2", 2), now=at(2))
    async with database.transaction() as one:
        await bindings.save(one, item, Change(folded=["e1"]), at(3))

    assert [row["event_id"] for row in (await binding_of(conn, marked.binding_id)).events] == ["e2"]


async def test_counts_tell_what_waits_for_what(conn: Connection) -> None:
    """The status page tells due, leased, backing off and parked apart."""
    for number in range(4):
        await mark(conn, number, now=at(number))
    await claim(conn, Side.VMS, now=at(5))
    await work_items.postpone(conn, await claim(conn, Side.VMS, now=at(5)), at(99), 2, "x", at(5))
    async with conn.transaction():
        await work_items.give_up(conn, await claim(conn, Side.VMS, now=at(5)), DEAD, at(5))

    found = {(one.entity, one.side): one for one in await counts.items(conn, at(6))}
    towards_vms = found[Entity.ORDER, Side.VMS]
    assert (towards_vms.due, towards_vms.leased, towards_vms.backing_off, towards_vms.parked) == (3, 1, 1, 1)
    assert towards_vms.oldest_at == NOW
    assert await counts.bindings(conn) == {(Entity.ORDER, "pending"): 3, (Entity.ORDER, "error"): 1}


async def test_the_queue_is_the_runtimes_queue(conn: Connection, database: Database) -> None:
    """Every step of the protocol, through the pool, one transaction each."""
    await mark(conn, 7)
    queue = BindingQueue(database, Side.VMS, "inbound-apply")
    assert queue.side is Side.VMS
    assert await queue.due(NOW) == (Lane.ORDER,)
    item = await queue.claim(Lane.ORDER, NOW, 60)
    assert item is not None
    assert await queue.renew(item, at(10), 60) == at(70)
    await queue.postpone(item, at(20), 2, "later", at(10))
    item = await queue.claim(Lane.ORDER, at(20), 60)
    assert item is not None
    await queue.release(item, at(21))
    item = await queue.claim(Lane.ORDER, at(21), 60)
    assert item is not None
    await queue.finish(item, at(22))

    assert await queue.due(at(23)) == ()
    assert await queue.backlog(at(23)) == ()
