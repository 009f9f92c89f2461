"""Leases: one claim a binding, both directions under one, and a worker that lost its own records nothing."""

from __future__ import annotations

import asyncio
import os
import signal
import sys
from collections.abc import Awaitable, Callable
from pathlib import Path

import pytest

from libs.contracts.types import Lane, Side
from libs.runtime.database import Connection, Database
from libs.runtime.errors import LeaseLost
from libs.runtime.settings import DatabaseSettings
from libs.runtime.work import WorkItem
from libs.state import bindings, leases, work_items
from libs.state.bindings import Change, Status
from tests.component.state.world import DEAD, NOW, at, binding_of, claim, finish, is_claimable, item_row, mark


async def test_two_claimers_never_get_the_same_binding(conn: Connection, database: Database) -> None:
    """Twenty claimers on both sides share fifteen items: each item goes to one of them."""
    for number in range(15):
        await mark(conn, number, due=(Side.VMS, Side.KEYCRM))

    async def claim_all(side: Side) -> list[int]:
        claimed: list[int] = []
        while True:
            async with database.connection() as one:
                item = await work_items.claim(one, side, Lane.ORDER, NOW, 60)
            if item is None:
                return claimed
            claimed.append(item.binding_id)

    everything = await asyncio.gather(*(claim_all(side) for side in (Side.VMS, Side.KEYCRM) * 10))

    numbers = [number for claimed in everything for number in claimed]
    assert sorted(numbers) == sorted(set(numbers))
    assert len(numbers) == 15


async def test_one_lease_serves_both_directions(conn: Connection, database: Database) -> None:
    """Rule 27: due towards both sides, worked by one worker at a time."""
    await mark(conn, 7, due=(Side.VMS, Side.KEYCRM))
    item = await claim(conn, Side.VMS)
    assert not await is_claimable(conn, Side.KEYCRM)

    await finish(database, item)

    assert (await claim(conn, Side.KEYCRM)).binding_id == item.binding_id


async def test_the_lease_runs_out_while_the_worker_still_works(conn: Connection, database: Database) -> None:
    """The second worker takes over; whatever the first still records matches no row."""
    await mark(conn, 7)
    first = await claim(conn, Side.VMS, lease_seconds=30)
    second = await claim(conn, Side.VMS, now=at(31))
    assert second.binding_id == first.binding_id

    for step in _steps(first):
        with pytest.raises(LeaseLost):
            async with database.transaction() as one:
                await step(one)
    await _assert_untouched(conn, second)


async def test_a_lease_that_ran_out_is_lost_even_if_nobody_took_it(conn: Connection, database: Database) -> None:
    """A worker that overslept may not record: a claimer may be about to take over."""
    await mark(conn, 7)
    item = await claim(conn, Side.VMS, lease_seconds=30)

    with pytest.raises(LeaseLost):
        await finish(database, item, at(30))


def _steps(item: WorkItem) -> list[Callable[[Connection], Awaitable[object]]]:
    now = at(32)
    return [
        lambda one: leases.hold(one, item, now),
        lambda one: leases.renew(one, item, now, 60),
        lambda one: bindings.save(one, item, Change(status=Status.SYNCED, error="mine"), now),
        lambda one: work_items.finish(one, item, now),
        lambda one: work_items.postpone(one, item, at(60), 2, "later", now),
        lambda one: work_items.release(one, item, now),
        lambda one: work_items.give_up(one, item, DEAD, now),
    ]


async def _assert_untouched(conn: Connection, item: WorkItem) -> None:
    binding = await binding_of(conn, item.binding_id)
    row = await item_row(conn, item.binding_id)
    assert (binding.status, binding.error, binding.version) == (Status.PENDING, None, 0)
    assert (row["lease_token"], row["attempt_vms"], row["parked_vms"]) == (item.lease_token, 1, None)
    assert row["due_vms"] == NOW


async def test_a_record_keeps_claimers_out_until_it_commits(conn: Connection, database: Database) -> None:
    """The fence holds to the end of the transaction, even if the lease ends within it."""
    await mark(conn, 7)
    item = await claim(conn, Side.VMS, lease_seconds=30)
    async with database.transaction() as one:
        await leases.hold(one, item, at(29))
        assert not await is_claimable(conn, Side.VMS, now=at(31))

    assert await is_claimable(conn, Side.VMS, now=at(31))


async def test_a_renewed_lease_lives_on(conn: Connection) -> None:
    """Waiting for a further grant must not cost the binding."""
    await mark(conn, 7)
    item = await claim(conn, Side.VMS, lease_seconds=30)

    assert await leases.renew(conn, item, at(20), 30) == at(50)
    assert not await is_claimable(conn, Side.VMS, now=at(40))


async def test_a_killed_workers_lease_runs_out(conn: Connection, settings: DatabaseSettings) -> None:
    """Rows in "processing" for ever: a process that dies by kill -9 in mid-work gives its item back by dying."""
    await mark(conn, 7)
    program = Path(__file__).with_name("claimer.py")
    claimer = await asyncio.create_subprocess_exec(
        sys.executable, program, settings.database_url.get_secret_value(), stdout=asyncio.subprocess.PIPE,
        env=os.environ | {"PYTHONPATH": str(Path(__file__).parents[3])},
    )  # fmt: skip
    assert claimer.stdout is not None
    assert await asyncio.wait_for(claimer.stdout.readline(), 20) == b"claimed\n"
    assert not await is_claimable(conn, Side.VMS, now=at(1))
    claimer.send_signal(signal.SIGKILL)
    await claimer.wait()

    item = await claim(conn, Side.VMS, now=at(61))

    assert item.marked_at == NOW  # the time the dead worker held it counts as waiting
