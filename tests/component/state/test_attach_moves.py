"""Attaching moves: a half and everything of it becomes part of the binding (rules 20–22)."""

from __future__ import annotations

import asyncio
from decimal import Decimal

from libs.contracts.types import Entity, Lane, Side
from libs.runtime.database import Connection, Database
from libs.state import (
    attach,
    audit,
    bindings,
    conflicts,
    events,
    identities,
    marks,
    operations,
    payments,
    work_items,
)
from libs.state.bindings import Change, Status
from libs.state.due import MarkBinding
from libs.state.events import Received
from libs.state.operations import Operation
from libs.state.payments import KeyCrmSeen, VmsSeen
from tests.component.state.world import (
    NOW,
    OPERATION,
    at,
    bind,
    binding_of,
    claim,
    event,
    finish,
    item_row,
    join,
    mark,
)


async def test_a_created_record_is_bound(conn: Connection, database: Database) -> None:
    """The create's answer gives the binding its other id; it is no longer creating."""
    marked = await mark(conn, "guid-1")
    item = await claim(conn, Side.KEYCRM)
    async with database.transaction() as one:
        await bindings.save(one, item, Change(status=Status.CREATING, reference="guid-1"), NOW)
    bound = await bind(database, item, Side.KEYCRM, 5)

    assert (bound.id, bound.vms_id, bound.keycrm_id) == (marked.binding_id, "guid-1", 5)
    assert bound.status is Status.PENDING
    assert bound.is_bound
    assert bound.reference == "guid-1"


async def test_binding_again_to_the_same_id_changes_nothing(conn: Connection, database: Database) -> None:
    """A record repeated after a crash finds its work done."""
    await mark(conn, "guid-1")
    item = await claim(conn, Side.KEYCRM)
    first = await bind(database, item, Side.KEYCRM, 5)

    assert await bind(database, item, Side.KEYCRM, 5) == first


async def test_a_webhook_about_our_own_create_before_it_is_bound_is_attached(
    conn: Connection, database: Database
) -> None:
    """The hint makes a half of the created order; binding takes it in, and what was hinted stays due."""
    marked = await mark(conn, "guid-1")
    item = await claim(conn, Side.KEYCRM)
    half = await mark(conn, 5, now=at(1))
    bound = await bind(database, item, Side.KEYCRM, 5, at(2))

    assert bound.id == marked.binding_id
    assert await conn.fetchval("SELECT count(*) FROM binding") == 1
    await finish(database, item, at(3))
    hinted = await claim(conn, Side.VMS, now=at(3))
    assert (hinted.binding_id, hinted.marked_at) == (marked.binding_id, at(1))
    assert (await binding_of(conn, half.binding_id)).id == marked.binding_id


async def test_what_came_with_the_half_outlives_the_finish_of_the_binder(conn: Connection, database: Database) -> None:
    """The half's mark is a newer version towards the same side too: finishing the old claim does not eat it."""
    marked = await mark(conn, "guid-1", due=(Side.VMS, Side.KEYCRM))
    item = await claim(conn, Side.KEYCRM)
    await mark(conn, 5, due=(Side.VMS, Side.KEYCRM), now=at(1))
    await bind(database, item, Side.KEYCRM, 5, at(2))
    await finish(database, item, at(3))

    assert (await claim(conn, Side.KEYCRM, now=at(3))).binding_id == marked.binding_id


async def test_attaching_moves_everything_of_the_half(conn: Connection, database: Database) -> None:
    """Rule 21: newest event, payments, identities, sleepers, children, aliases, questions, operations, log."""
    into = await mark(conn, 9, entity=Entity.CUSTOMER, due=())
    half = await mark(conn, "41", entity=Entity.CUSTOMER, event=event("e1", 5, contactName="Марія"))
    child = await mark(conn, "guid-child")
    await _furnish(conn, half.binding_id, child.binding_id)
    item = await claim(conn, Side.KEYCRM, now=at(6))
    assert item.binding_id == half.binding_id
    attached = await join(database, item, half.binding_id, into.binding_id, at(7))

    assert attached.is_item_gone
    binding = attached.binding
    assert (binding.id, binding.vms_id, binding.keycrm_id) == (into.binding_id, "41", 9)
    assert binding.vms_event_id == "e1"
    assert [row["event_id"] for row in binding.events] == ["e1"]
    await _assert_moved(conn, into.binding_id, child.binding_id)
    assert (await claim(conn, Side.KEYCRM, now=at(8))).binding_id == into.binding_id


async def _furnish(conn: Connection, half_id: int, child_id: int) -> None:
    """Give the half one of everything a binding can own."""
    async with conn.transaction():
        await identities.claim(conn, half_id, [("phone", "+380501112233")], NOW)
        await payments.observe_vms(conn, [VmsSeen(half_id, "p1", Decimal(100), NOW, 0, False, NOW)], NOW)
        await conflicts.ask(conn, half_id, Entity.CUSTOMER, {"field": "phone", "reason": "both-moved"}, NOW)
        await attach.add_alias(conn, await binding_of(conn, half_id), Side.VMS, "40", NOW)
        version = (await marks.mark_bindings(conn, [MarkBinding(half_id, (Side.KEYCRM,), Lane.ORDER)], NOW))[half_id]
        waits = {Side.KEYCRM: version[Side.KEYCRM]}
        await operations.begin(conn, Operation(OPERATION, "sync", "operator", Entity.CUSTOMER, half_id, waits), NOW)
        await events.record(
            conn, [Received("vms", "e1", "t", Entity.CUSTOMER, "41", Side.KEYCRM, half_id, version[Side.KEYCRM])], NOW
        )
        await audit.append(conn, [audit.Entry("sync", "noticed", binding_id=half_id)], NOW)
        await conn.execute("UPDATE binding SET parent_id = $1 WHERE id = $2", half_id, child_id)
        await conn.execute("UPDATE work_item SET asleep_on_keycrm = $1 WHERE binding_id = $2", half_id, child_id)


async def _assert_moved(conn: Connection, into_id: int, child_id: int) -> None:
    assert await identities.of(conn, into_id) == {("phone", "+380501112233")}
    assert [one.vms_payment_id for one in await payments.of(conn, into_id)] == ["p1"]
    assert [one["field"] for one in await conflicts.live(conn, into_id)] == ["phone"]
    assert await attach.aliases(conn, into_id) == ((Side.VMS, "40"),)
    assert [one.id for one in await bindings.children(conn, into_id)] == [child_id]
    assert [one.entry.action for one in await audit.page(conn, binding_id=into_id)] == ["noticed"]
    row = await item_row(conn, into_id)
    operation = await operations.get(conn, OPERATION)
    assert operation is not None
    assert (operation.binding_id, operation.waits) == (into_id, {Side.KEYCRM: row["version_keycrm"]})
    logged = (await events.page(conn, binding_id=into_id))[0].received
    assert logged.version == row["version_keycrm"]
    child = await item_row(conn, child_id)
    assert child["asleep_on_keycrm"] is None, "the parent is bound by this: its sleeper wakes"


async def test_buyers_merged_in_keycrm_leave_an_alias(conn: Connection, database: Database) -> None:
    """Ids vanish: the old one becomes an alias, a half that hints made of the new one is taken in."""
    await mark(conn, "41", entity=Entity.CUSTOMER)
    item = await claim(conn, Side.KEYCRM)
    await bind(database, item, Side.KEYCRM, 7)
    await mark(conn, 9, entity=Entity.CUSTOMER)
    async with database.transaction() as one:
        merged = await attach.rebind(one, item, Side.KEYCRM, 9, NOW)

    assert (merged.id, merged.vms_id, merged.keycrm_id) == (item.binding_id, "41", 9)
    assert await attach.aliases(conn, merged.id) == ((Side.KEYCRM, "7"),)
    assert (await mark(conn, 7, entity=Entity.CUSTOMER)).binding_id == merged.id
    assert await conn.fetchval("SELECT count(*) FROM binding") == 1


async def test_a_merge_keeps_the_halfs_id_as_an_alias(conn: Connection, database: Database) -> None:
    """Two halves of one side that a person says are one."""
    into = await mark(conn, 9, entity=Entity.CUSTOMER)
    half = await mark(conn, 7, entity=Entity.CUSTOMER, now=at(1))
    item = await claim(conn, Side.VMS, now=at(1))
    assert item.binding_id == into.binding_id
    async with database.transaction() as one:
        attached = await attach.attach(one, item, half.binding_id, into.binding_id, at(1), is_merge=True)

    assert attached.binding.keycrm_id == 9
    assert not attached.is_item_gone
    assert await attach.aliases(conn, into.binding_id) == ((Side.KEYCRM, "7"),)


async def test_the_same_payment_of_two_halves_stays_once(conn: Connection, database: Database) -> None:
    """An event noted under both is one payment; a question about one field stays one."""
    into = await mark(conn, "guid-1")
    half = await mark(conn, 5)
    for number in (into.binding_id, half.binding_id):
        await payments.observe_vms(conn, [VmsSeen(number, "p1", Decimal(100), NOW, 0, False, NOW)], NOW)
        await conflicts.ask(conn, number, Entity.ORDER, {"field": "status", "reason": "both-moved"}, NOW)
    await payments.observe_keycrm(conn, half.binding_id, [KeyCrmSeen(70, Decimal(50))], NOW, NOW)
    await bind(database, await claim(conn, Side.KEYCRM), Side.KEYCRM, 5)

    ledger = await payments.of(conn, into.binding_id)
    assert [(one.vms_payment_id, one.keycrm_payment_id) for one in ledger] == [("p1", None), (None, 70)]
    assert len(await conflicts.live(conn, into.binding_id)) == 1


async def test_marks_beside_attaches_lose_nothing(database: Database) -> None:
    """Hints and events of both ids pour in while the pairs are bound: one binding each, and the last mark is due."""
    pairs = [(f"guid-{number}", number) for number in range(12)]

    async def pour(seconds: float) -> None:
        for vms_id, keycrm_id in pairs:
            async with database.transaction() as conn:
                hint = marks.Mark(Entity.ORDER, Side.KEYCRM, keycrm_id, (Side.VMS,), Lane.ORDER)
                news = event(f"{vms_id}-{seconds}", seconds)
                told = marks.Mark(Entity.ORDER, Side.VMS, vms_id, (Side.KEYCRM,), Lane.ORDER, event=news)
                await marks.mark(conn, [hint, told], at(seconds))

    async def bind_all() -> None:
        bound = 0
        while bound < len(pairs):
            async with database.connection() as conn:
                item = await work_items.claim(conn, Side.KEYCRM, Lane.ORDER, at(50), 60)
            if item is None:
                await asyncio.sleep(0.01)
                continue
            async with database.transaction() as conn:
                own = await binding_of(conn, item.binding_id)
            assert own.vms_id is not None
            if not own.is_bound:
                await bind(database, item, Side.KEYCRM, int(own.vms_id.removeprefix("guid-")), at(50))
                bound += 1
            await finish(database, item, at(50))

    await asyncio.gather(*(pour(seconds) for seconds in range(5)), bind_all())

    async with database.connection() as conn:
        assert await conn.fetchval("SELECT count(*) FROM binding") == len(pairs)
        assert await conn.fetchval("SELECT count(*) FROM binding WHERE vms_id IS NULL OR keycrm_id IS NULL") == 0
        assert await conn.fetchval("SELECT count(*) FROM work_item WHERE due_vms IS NOT NULL") == len(pairs)
        late = await conn.fetchval("SELECT count(*) FROM binding WHERE vms_event_at < $1", at(4))
        assert late == 0


async def test_a_record_that_marks_its_binding_does_not_block_the_attach(conn: Connection, database: Database) -> None:
    """The half's worker is recording while the creator binds: one waits for the other, nobody in a circle."""
    await mark(conn, "guid-1")
    creator = await claim(conn, Side.KEYCRM)
    half = await mark(conn, 5)
    of_half = await claim(conn, Side.VMS)

    async def record() -> None:
        async with database.transaction() as one:
            await bindings.save(one, of_half, Change(error="x"), NOW)
            await asyncio.sleep(0.2)
            await marks.mark_bindings(one, [MarkBinding(half.binding_id, (Side.KEYCRM,), Lane.ORDER)], NOW)
            await work_items.finish(one, of_half, NOW)

    async def create() -> None:
        await asyncio.sleep(0.1)
        await bind(database, creator, Side.KEYCRM, 5)

    await asyncio.wait_for(asyncio.gather(record(), create()), 0.9)  # PostgreSQL looks for circles after a second

    assert (await binding_of(conn, half.binding_id)).is_bound
