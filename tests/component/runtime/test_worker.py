"""The worker on the real queue: each item once in effect, whoever dies, whatever is away."""

from __future__ import annotations

import asyncio
import random
import signal
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable
from contextlib import asynccontextmanager
from datetime import UTC, datetime

import pytest_asyncio
from pydantic import SecretStr

from libs.contracts.types import Entity, Lane, Side
from libs.runtime.circuit import Circuits
from libs.runtime.database import Database, open_database
from libs.runtime.errors import WorldUnavailable
from libs.runtime.fates import Limits
from libs.runtime.listen import listen
from libs.runtime.pace import Pace
from libs.runtime.settings import DatabaseSettings
from libs.runtime.work import Lease, Recorded, WorkItem
from libs.runtime.worker import Conduct, Worker
from libs.state import marks
from libs.state.marks import Mark
from libs.state.queue import BindingQueue
from sandbox import stack as stacks
from tests.component.runtime.launch import started
from tests.component.runtime.rig import clock, until


@pytest_asyncio.fixture
async def settings(database_url: str) -> DatabaseSettings:
    """The services' address of a fresh migrated database."""
    return DatabaseSettings(database_url=SecretStr(database_url))


@pytest_asyncio.fixture
async def database(settings: DatabaseSettings) -> AsyncIterator[Database]:
    """A pool of the services' role."""
    async with open_database(settings, "test-worker") as opened:
        yield opened


async def mark(database: Database, numbers: Iterable[int]) -> None:
    """These KeyCRM orders are due towards VMS."""
    wanted = [Mark(Entity.ORDER, Side.KEYCRM, number, (Side.VMS,), Lane.ORDER) for number in numbers]
    async with database.transaction() as connection:
        await marks.mark(connection, wanted, clock())


async def states(database: Database) -> list[tuple[bool, int, bool]]:
    """Of every item: whether it is still due towards VMS, its attempt, whether it was given up."""
    async with database.connection() as connection:
        rows = await connection.fetch(
            "SELECT due_vms IS NOT NULL AS is_due, attempt_vms, parked_vms IS NOT NULL AS is_parked FROM work_item"
        )
    return [tuple(row) for row in rows]


async def is_all_done(database: Database) -> bool:
    """Whether nothing is due and nothing was given up."""
    return all(not is_due and not is_parked for is_due, _, is_parked in await states(database))


class Worked:
    """A handler that remembers which bindings it worked."""

    def __init__(self, seconds: float = 0.0) -> None:
        self.seconds = seconds
        self.numbers: list[int] = []
        self.at: list[datetime] = []
        self.is_down = False

    async def handle(self, item: WorkItem, lease: Lease) -> Recorded:
        """Nothing to record."""
        if self.is_down:
            raise WorldUnavailable("refused", "vms")
        await asyncio.sleep(self.seconds)
        self.numbers.append(item.binding_id)
        self.at.append(datetime.now(UTC))
        return Recorded.NOTHING


@asynccontextmanager
async def working(
    database: Database, handle: Callable[[WorkItem, Lease], Awaitable[Recorded]], poll_seconds: float = 0.1
) -> AsyncIterator[Worker]:
    """A worker on the real queue."""
    worker = Worker(
        BindingQueue(database, Side.VMS, "inbound-apply"),
        handle,
        clock=clock,
        dice=random.random,
        circuits=Circuits(clock, random.random),
        pace=Pace(time.monotonic, poll_seconds=poll_seconds),
        conduct=Conduct(limits=Limits(attempts=3), lease_seconds=10),
    )
    stopping = asyncio.Event()
    task = asyncio.create_task(worker.run(stopping))
    try:
        yield worker
    finally:
        stopping.set()
        await task


async def test_two_workers_share_the_items_and_work_each_once(database: Database) -> None:
    """Sixty orders, two workers: every binding is worked exactly once."""
    first, second = Worked(0.01), Worked(0.01)
    await mark(database, range(1, 61))

    async with working(database, first.handle), working(database, second.handle):
        await until(lambda: is_all_done(database))

    worked = first.numbers + second.numbers
    assert len(worked) == len(set(worked)) == 60
    assert first.numbers
    assert second.numbers


async def test_a_mark_of_another_process_wakes_the_worker_at_once(
    database: Database, settings: DatabaseSettings
) -> None:
    """The worker would look again in half a minute; NOTIFY tells it now."""
    worked, stopping, heard = Worked(), asyncio.Event(), asyncio.Event()

    async with working(database, worked.handle, poll_seconds=30) as worker:

        def wake(payload: str) -> None:
            heard.set()
            worker.poke()

        listening = asyncio.create_task(listen(settings, "test", "work_due", wake, stopping))
        await heard.wait()
        await asyncio.sleep(0.2)
        marked_at = clock()
        await mark(database, [1])
        await until(lambda: worked.at, seconds=5)
        stopping.set()
        await listening

    assert (worked.at[0] - marked_at).total_seconds() < 1


async def test_kill_9_in_mid_work_is_made_good_within_the_lease(database: Database, database_url: str) -> None:
    """A process dies with an item in hand: another worker does it when the lease of three seconds has run out."""
    worked = Worked()
    await mark(database, [1])

    async with started("worker_program", DATABASE_URL=database_url, PROGRAM_HOLD_SECONDS="600") as process:
        await until(lambda: process.events("item.begun"))
        await process.kill(signal.SIGKILL)
    killed = time.monotonic()
    async with working(database, worked.handle):
        await until(lambda: is_all_done(database))

    assert worked.numbers
    assert time.monotonic() - killed < 10


async def test_sigterm_in_mid_work_hands_the_item_back(database: Database, database_url: str) -> None:
    """A deploy: the item is free again when the process has ended, long before its lease of ten minutes."""
    worked = Worked()
    await mark(database, [1])

    async with started(
        "worker_program", DATABASE_URL=database_url, PROGRAM_HOLD_SECONDS="600", PROGRAM_LEASE_SECONDS="600"
    ) as process:
        await until(lambda: process.events("item.begun"))
        code, seconds = await process.kill(signal.SIGTERM)
    async with working(database, worked.handle):
        await until(lambda: is_all_done(database), seconds=5)

    assert code == 0
    assert seconds < 10
    assert worked.numbers


async def test_a_partner_down_under_load_costs_no_attempt_and_no_dead_letter(database: Database) -> None:
    """VMS refuses while orders keep coming: a handful of tries, no attempt counted; then everything is done."""
    worked = Worked()
    worked.is_down = True
    await mark(database, range(1, 21))

    async with working(database, worked.handle):
        await asyncio.sleep(2.0)
        await mark(database, range(21, 41))
        down = await states(database)
        worked.is_down = False
        await until(lambda: is_all_done(database), seconds=40)

    assert {attempt for _, attempt, _ in down} == {1}
    assert len(worked.numbers) == 40


async def test_the_database_gone_in_mid_work_loses_nothing(database: Database, breakable_stack: stacks.Stack) -> None:
    """PostgreSQL is killed while items are in hand: when it is back all of them are done, none given up."""
    worked = Worked(0.05)
    await mark(database, range(1, 41))

    async with working(database, worked.handle):
        await until(lambda: len(worked.numbers) > 5)
        await asyncio.to_thread(breakable_stack.postgres.stop, kill=True)
        await asyncio.sleep(1.0)
        await asyncio.to_thread(breakable_stack.postgres.start)
        await until(lambda: is_all_done(database), seconds=60)

    assert len(set(worked.numbers)) == 40
    assert all(not is_parked for _, _, is_parked in await states(database))


async def test_an_idle_worker_costs_next_to_nothing(database: Database) -> None:
    """Nothing is due: a cheap look now and then."""
    worked = Worked()

    async with working(database, worked.handle, poll_seconds=0.5):
        await asyncio.sleep(0.5)
        cpu = time.process_time()
        await asyncio.sleep(2.0)
        busy = time.process_time() - cpu

    assert busy < 0.3
