"""Children sleep until their parent is bound, and none sleeps for ever (rule 22)."""

from __future__ import annotations

import asyncio

import pytest

from libs.contracts.types import Entity, Side
from libs.runtime.database import Connection, Database
from libs.state import (
    attach,
    sleepers,
)
from tests.component.state.world import (
    NOW,
    at,
    bind,
    claim,
    is_claimable,
    mark,
)


async def test_a_child_sleeps_until_its_parent_is_bound(conn: Connection, database: Database) -> None:
    """Parent not bound: asleep, the parent due in the child's lane, woken by the bind and by nothing else."""
    parent = await mark(conn, 7, entity=Entity.CUSTOMER, due=())
    child = await mark(conn, 70)
    item = await claim(conn, Side.VMS)
    async with database.transaction() as one:
        assert await sleepers.sleep(one, item, parent.binding_id, at(1))
    await mark(conn, 70, now=at(2))
    of_parent = await claim(conn, Side.VMS, now=at(2))
    assert of_parent.binding_id == parent.binding_id
    assert not await is_claimable(conn, Side.VMS, now=at(2))
    await bind(database, of_parent, Side.VMS, "41", at(3))

    woken = await claim(conn, Side.VMS, now=at(3))
    assert (woken.binding_id, woken.attempt, woken.marked_at) == (child.binding_id, 1, NOW)


async def test_a_parent_bound_between_look_and_sleep_does_not_leave_the_child_asleep(
    conn: Connection, database: Database
) -> None:
    """Rule 22: the child looks again in the transaction that puts it to sleep."""
    parent = await mark(conn, 7, entity=Entity.CUSTOMER)
    of_parent = await claim(conn, Side.VMS)
    child = await mark(conn, 70)
    item = await claim(conn, Side.VMS)
    await bind(database, of_parent, Side.VMS, "41")
    async with database.transaction() as one:
        assert not await sleepers.sleep(one, item, parent.binding_id, at(1))

    assert (await claim(conn, Side.VMS, now=at(1))).binding_id == child.binding_id


@pytest.mark.parametrize("first", ["child", "parent"])
async def test_a_child_and_its_parents_bind_at_the_same_moment(
    conn: Connection, database: Database, first: str
) -> None:
    """Whoever comes second sees the other: the child never sleeps on a bound parent."""
    parent = await mark(conn, 7, entity=Entity.CUSTOMER)
    of_parent = await claim(conn, Side.VMS)
    child = await mark(conn, 70)
    item = await claim(conn, Side.VMS)

    async def sleep(delay: float) -> None:
        async with database.transaction() as one:
            await asyncio.sleep(delay)
            await sleepers.sleep(one, item, parent.binding_id, at(1))
            await asyncio.sleep(0.1)

    async def bind_parent(delay: float) -> None:
        async with database.transaction() as one:
            await asyncio.sleep(delay)
            await attach.bind(one, of_parent, Side.VMS, "41", at(1))
            await asyncio.sleep(0.1)

    delays = (0.0, 0.05) if first == "child" else (0.05, 0.0)
    await asyncio.gather(sleep(delays[0]), bind_parent(delays[1]))

    assert (await claim(conn, Side.VMS, now=at(2))).binding_id == child.binding_id


async def test_a_child_that_sleeps_on_a_half_follows_it(conn: Connection, database: Database) -> None:
    """The half it slept on was attached meanwhile: the number it remembers leads to the binding."""
    into = await mark(conn, "41", entity=Entity.CUSTOMER)
    of_into = await claim(conn, Side.KEYCRM)
    half = await mark(conn, 7, entity=Entity.CUSTOMER, due=())
    await mark(conn, 70)
    item = await claim(conn, Side.VMS)
    await bind(database, of_into, Side.KEYCRM, 7)
    async with database.transaction() as one:
        assert not await sleepers.sleep(one, item, half.binding_id, at(1)), f"bound as {into.binding_id} by now"
