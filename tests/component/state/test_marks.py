"""Marks: half bindings, aliases, versions, lanes, one touch a record, wake-ups."""

from __future__ import annotations

import asyncio
import random
from datetime import timedelta

import pytest

from libs.contracts.types import Entity, Lane, Side
from libs.runtime.database import Connection, Database
from libs.state import bindings, marks, work_items
from libs.state.bindings import Status
from libs.state.due import MarkBinding
from libs.state.marks import Mark
from tests.component.state.world import NOW, at, binding_of, claim, event, finish, is_claimable, item_row, mark


async def test_a_first_mark_makes_a_half_binding_that_is_due(conn: Connection) -> None:
    """A record nobody knew gets a binding with one id, pending, due towards the other side."""
    marked = await mark(conn, "guid-1")

    binding = await binding_of(conn, marked.binding_id)
    assert (binding.vms_id, binding.keycrm_id, binding.status) == ("guid-1", None, Status.PENDING)
    assert marked.is_new
    assert marked.versions == {Side.KEYCRM: 1}
    assert await is_claimable(conn, Side.KEYCRM)
    assert not await is_claimable(conn, Side.VMS)


async def test_ten_events_for_one_order_are_one_item(conn: Connection) -> None:
    """Marks of one record in one batch and in several make one binding and one item."""
    async with conn.transaction():
        batch = await marks.mark(conn, [Mark(Entity.ORDER, Side.KEYCRM, 7, (Side.VMS,), Lane.ORDER)] * 5, NOW)
    for _ in range(5):
        await mark(conn, 7)

    assert len({one.binding_id for one in batch}) == 1
    assert await conn.fetchval("SELECT count(*) FROM binding") == 1
    assert await conn.fetchval("SELECT count(*) FROM work_item") == 1
    assert (await item_row(conn, batch[0].binding_id))["version_vms"] == 6


async def test_the_same_number_on_two_entities_and_two_sides_is_four_bindings(conn: Connection) -> None:
    """Ids belong to a side and an entity; equal text is no kinship."""
    async with conn.transaction():
        marked = await marks.mark(
            conn,
            [
                Mark(entity, side, 7, (side.other,), Lane.ORDER)
                for entity in (Entity.ORDER, Entity.CUSTOMER)
                for side in Side
            ],
            NOW,
        )

    assert len({one.binding_id for one in marked}) == 4


async def test_marks_answer_in_the_order_they_were_given(conn: Connection) -> None:
    """The event log needs to know which binding each of its rows is about."""
    ids = [9, 3, 7, 3, 1]
    async with conn.transaction():
        marked = await marks.mark(conn, [Mark(Entity.ORDER, Side.KEYCRM, n, (Side.VMS,), Lane.ORDER) for n in ids], NOW)

    found = [(await binding_of(conn, one.binding_id)).keycrm_id for one in marked]
    assert found == ids


async def test_a_keycrm_id_that_is_no_number_is_refused(conn: Connection) -> None:
    """A wrong id would become a binding that nothing ever finds."""
    with pytest.raises(ValueError, match="abc"):
        await mark(conn, "abc", side=Side.KEYCRM)


async def test_a_mark_resolves_an_alias(conn: Connection) -> None:
    """A buyer that was merged in KeyCRM is worked under the binding it became part of."""
    marked = await mark(conn, 9, entity=Entity.CUSTOMER)
    await conn.execute("INSERT INTO alias VALUES ('customer', 'keycrm', '7', $1, $2)", marked.binding_id, NOW)

    again = await mark(conn, 7, entity=Entity.CUSTOMER)

    assert again.binding_id == marked.binding_id
    found = await bindings.find(conn, Entity.CUSTOMER, Side.KEYCRM, 7)
    assert found is not None
    assert found.id == marked.binding_id


async def test_a_mark_during_work_keeps_the_item_due(conn: Connection, database: Database) -> None:
    """Rule 28: what changes while a worker is busy is not left for the next poll."""
    marked = await mark(conn, 7)
    item = await claim(conn, Side.VMS)
    await mark(conn, 7, now=at(1))

    await finish(database, item, at(2))

    again = await claim(conn, Side.VMS, now=at(2))
    assert again.binding_id == marked.binding_id
    assert again.mark_version == item.mark_version + 1
    await finish(database, again, at(3))
    assert not await is_claimable(conn, Side.VMS, now=at(3))


async def test_a_mark_does_not_shorten_a_back_off_but_a_person_does(conn: Connection) -> None:
    """A failing entity waits alone, however many events come; whoever asks by hand does not wait."""
    await mark(conn, 7)
    item = await claim(conn, Side.VMS)
    await work_items.postpone(conn, item, at(60), 2, "time-out", NOW)
    await mark(conn, 7, now=at(1))
    assert not await is_claimable(conn, Side.VMS, now=at(2))

    await mark(conn, 7, lane=Lane.INTERACTIVE, now=at(3))

    again = await claim(conn, Side.VMS, lane=Lane.INTERACTIVE, now=at(3))
    assert again.attempt == 1


async def test_a_mark_without_a_direction_only_makes_the_binding(conn: Connection) -> None:
    """A parent that is only named gets its binding and is not worked."""
    marked = await mark(conn, 7, entity=Entity.CUSTOMER, due=())

    assert marked.versions == {}
    assert not await is_claimable(conn, Side.VMS)
    assert (await item_row(conn, marked.binding_id))["due_vms"] is None


async def test_a_mark_keeps_the_first_lane_and_the_oldest_mark(conn: Connection) -> None:
    """A sweep does not push an order back; the latency counts from the first mark."""
    await mark(conn, 7, lane=Lane.ORDER)
    marked = await mark(conn, 7, lane=Lane.RECONCILE, now=at(5))

    item = await claim(conn, Side.VMS, lane=Lane.ORDER, now=at(6))
    assert (item.binding_id, item.marked_at) == (marked.binding_id, NOW)


async def test_the_lane_of_finished_work_is_forgotten(conn: Connection, database: Database) -> None:
    """A person asked once; the next sweep of that order does not go before everyone else's work."""
    await mark(conn, 7, lane=Lane.INTERACTIVE)
    await finish(database, await claim(conn, Side.VMS, lane=Lane.INTERACTIVE))
    await mark(conn, 7, lane=Lane.RECONCILE)

    assert not await is_claimable(conn, Side.VMS, lane=Lane.INTERACTIVE)
    assert await is_claimable(conn, Side.VMS, lane=Lane.RECONCILE)


async def test_known_bindings_are_marked_for_both_sides(conn: Connection) -> None:
    """The console marks both directions and learns the versions that its operation waits for."""
    marked = await mark(conn, 7, due=())
    async with conn.transaction():
        versions = await marks.mark_bindings(
            conn, [MarkBinding(marked.binding_id, (Side.VMS, Side.KEYCRM), Lane.INTERACTIVE)], NOW
        )

    assert versions[marked.binding_id] == {Side.VMS: 1, Side.KEYCRM: 1}


async def test_a_mark_wakes_the_worker_at_its_commit(conn: Connection, database: Database) -> None:
    """The other process's worker hears which side is due, and not before the mark is durable."""
    heard: asyncio.Queue[str] = asyncio.Queue()
    await conn.add_listener("work_due", lambda *args: heard.put_nowait(str(args[3])))
    async with database.transaction() as other:
        await marks.mark(other, [Mark(Entity.ORDER, Side.KEYCRM, 7, (Side.VMS,), Lane.ORDER)], NOW)
        await conn.fetchval("SELECT 1")
        assert heard.empty()

    assert await asyncio.wait_for(heard.get(), 5) == "vms"


async def test_batches_over_the_same_records_never_block_each_other_for_good(database: Database) -> None:
    """Many batches in different orders, with events, beside workers that finish: no deadlock, no lost mark."""
    dice = random.Random(7)

    async def one_batch(number: int) -> None:
        ids = [f"guid-{dice.randrange(8)}" for _ in range(6)]
        batch = [
            Mark(
                Entity.ORDER, Side.VMS, one, (Side.KEYCRM,), Lane.ORDER,
                event=event(f"{number}-{place}", number * 10 + place),
            )
            for place, one in enumerate(ids)
        ]  # fmt: skip
        async with database.transaction() as conn:
            await marks.mark(conn, batch, at(number))

    async def one_worker() -> None:
        async with database.connection() as conn:
            item = await work_items.claim(conn, Side.KEYCRM, Lane.ORDER, at(100), 60)
        if item is not None:
            async with database.transaction() as conn:
                await bindings.save(conn, item, bindings.Change(last_sync_at=at(100)), at(100))
                await work_items.finish(conn, item, at(100))

    await asyncio.gather(*(one_batch(number) if number % 3 else one_worker() for number in range(40)))

    async with database.connection() as conn:
        assert await conn.fetchval("SELECT count(*) FROM binding") == 8
        assert await conn.fetchval("SELECT count(*) FROM work_item WHERE version_keycrm < 1") == 0


async def test_two_consumers_make_one_binding_of_one_record(database: Database) -> None:
    """Webhook and poll meet: the unique index lets only one of them make it, the other finds it."""

    async def one() -> int:
        async with database.transaction() as conn:
            marked = await marks.mark(conn, [Mark(Entity.ORDER, Side.KEYCRM, 7, (Side.VMS,), Lane.ORDER)], NOW)
            await asyncio.sleep(0.05)
            return marked[0].binding_id

    found = await asyncio.gather(*(one() for _ in range(5)))

    assert len(set(found)) == 1


async def test_stock_5_4_5_is_three_marks(conn: Connection, database: Database) -> None:
    """Nothing is de-duplicated by content: a value that comes back is an event of its own."""
    for number, quantity in enumerate([5, 4, 5]):
        marked = await mark(conn, "17", entity=Entity.ARTICLE, event=event(f"e{number}", number, quantity=quantity))
        assert marked.is_due
        await finish(database, await claim(conn, Side.KEYCRM, now=at(number)), at(number))

    kept = (await binding_of(conn, marked.binding_id)).vms_event
    assert kept is not None
    assert kept["quantity"] == 5


async def test_latency_counts_from_the_source_when_the_mark_says_so(conn: Connection) -> None:
    """A change that waited in Kafka has waited."""
    changed_at = NOW - timedelta(seconds=40)
    async with conn.transaction():
        await marks.mark(conn, [Mark(Entity.ORDER, Side.VMS, "g", (Side.KEYCRM,), Lane.ORDER, changed_at)], NOW)

    assert (await claim(conn, Side.KEYCRM)).marked_at == changed_at


async def test_a_binding_that_is_not_there_cannot_be_marked(conn: Connection) -> None:
    """A wrong number is told, not ignored."""
    with pytest.raises(LookupError, match="12345"):
        await marks.mark_bindings(conn, [MarkBinding(12345, (Side.VMS,), Lane.ORDER)], NOW)


async def test_marking_nothing_is_nothing(conn: Connection) -> None:
    """An empty batch is no error."""
    async with conn.transaction():
        assert await marks.mark(conn, [], NOW) == []
        assert await marks.mark_bindings(conn, [], NOW) == {}
