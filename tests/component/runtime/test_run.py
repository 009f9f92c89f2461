"""A process's life on the real servers: kill -9, SIGTERM, outages, and what its log never holds."""

from __future__ import annotations

import asyncio
import signal
import time
from collections.abc import AsyncIterator

import asyncpg
import pytest_asyncio

from sandbox import stack as stacks
from tests.component.runtime.launch import Program, program, rows
from tests.component.runtime.program import SEEN
from tests.component.runtime.rig import Rig, customer, until


@pytest_asyncio.fixture
async def seen_url(empty_database_owner_url: str) -> AsyncIterator[str]:
    """A database with the program's table."""
    connection = await asyncpg.connect(empty_database_owner_url)
    await connection.execute(SEEN)
    await connection.close()
    yield empty_database_owner_url


async def test_kill_9_inside_a_handler_loses_nothing(rig: Rig, seen_url: str) -> None:
    """The process is killed while a mark is open: nothing is committed, and the next process sees the records again."""
    await rig.send(customer(1), customer(2))

    async with program(rig, seen_url, PROGRAM_HOLD_SECONDS="60") as first:
        await until(lambda: first.events("mark.begun"))
        await first.kill(signal.SIGKILL)
    assert await rows(seen_url) == []
    assert await rig.committed() == {}
    async with program(rig, seen_url):
        await until(lambda: rows_are(seen_url, [(0, 0), (0, 1)]), seconds=40)


async def rows_are(database_url: str, expected: list[tuple[int, int]]) -> bool:
    """Whether exactly these have been marked."""
    return await rows(database_url) == expected


async def test_sigterm_ends_the_process_within_ten_seconds_with_work_in_hand(rig: Rig, seen_url: str) -> None:
    """A mark that would take a minute is cancelled, nothing of it is committed, the exit code is 0."""
    await rig.send(customer(1))

    async with program(rig, seen_url, PROGRAM_HOLD_SECONDS="60") as running:
        await until(lambda: running.events("mark.begun"))
        code, seconds = await running.kill(signal.SIGTERM)

    assert code == 0
    assert seconds < 10
    assert await rows(seen_url) == []
    assert await rig.committed() == {}


async def test_sigterm_lets_a_short_mark_end_and_commits_it(rig: Rig, seen_url: str) -> None:
    """A mark that ends within the grace is durable and committed: a restart does not repeat it."""
    await rig.send(customer(1))

    async with program(rig, seen_url, PROGRAM_HOLD_SECONDS="1") as running:
        await until(lambda: running.events("mark.begun"))
        code, _ = await running.kill(signal.SIGTERM)

    assert code == 0
    assert await rows(seen_url) == [(0, 0)]
    assert await rig.committed() == {0: 1}


async def test_readiness_tells_within_ten_seconds_that_the_broker_is_gone_and_live_stays_true(
    rig: Rig, seen_url: str, breakable_stack: stacks.Stack
) -> None:
    """Broker stopped: 503 within 10 s, naming it; live is 200 all along; broker back: ready, and it consumes."""
    async with program(rig, seen_url) as running:
        await until(lambda: answers(running, 200))
        await asyncio.to_thread(breakable_stack.kafka.stop)
        started = time.monotonic()
        await until(lambda: answers(running, 503))
        gone_seconds = time.monotonic() - started
        answer = (await running.get("/health/ready")).json()
        live = await running.get("/health/live")
        await asyncio.to_thread(breakable_stack.kafka.start)
        await until(lambda: answers(running, 200), seconds=40)
        await rig.send(customer(5))
        await until(lambda: rows_are(seen_url, [(0, 0)]), seconds=40)

    assert gone_seconds < 10
    assert answer["parts"]["broker"]["is_ok"] is False
    assert answer["parts"]["database"]["is_ok"] is True
    assert live.status_code == 200


async def answers(running: Program, status: int) -> bool:
    """Whether /health/ready has this status now."""
    return (await running.get("/health/ready")).status_code == status


async def test_database_gone_counts_no_attempt_and_everything_is_handled_after(
    rig: Rig, seen_url: str, breakable_stack: stacks.Stack
) -> None:
    """PostgreSQL is killed under load: no dead letter, offsets wait, ready says so; back again, all is marked once."""
    async with program(rig, seen_url) as running:
        await rig.send(customer(1))
        await until(lambda: rows_are(seen_url, [(0, 0)]))
        await asyncio.to_thread(breakable_stack.postgres.stop, kill=True)
        await rig.send(*(customer(number) for number in range(2, 30)))
        await until(lambda: answers(running, 503))
        await until(lambda: running.events("delivery.rewound"))
        committed = await rig.committed()
        await asyncio.to_thread(breakable_stack.postgres.start)
        await until(lambda: rows_are(seen_url, [(0, offset) for offset in range(29)]), seconds=60)
        await until(lambda: answers(running, 200))

    assert committed == {0: 1}
    assert await rig.letters() == []


async def test_it_starts_while_everything_is_away_and_works_when_all_is_there(
    rig: Rig, seen_url: str, breakable_stack: stacks.Stack
) -> None:
    """Broker and database are down at the start: it lives, is not ready, and begins by itself when they come."""
    await rig.send(customer(1))
    await asyncio.to_thread(breakable_stack.kafka.stop)
    await asyncio.to_thread(breakable_stack.postgres.stop)

    async with program(rig, seen_url) as running:
        live = await running.get("/health/live")
        ready = await running.get("/health/ready")
        await asyncio.to_thread(breakable_stack.postgres.start)
        await asyncio.to_thread(breakable_stack.kafka.start)
        await until(lambda: rows_are(seen_url, [(0, 0)]), seconds=60)

    assert live.status_code == 200
    assert ready.status_code == 503


async def test_no_secret_and_no_personal_data_is_in_any_log_line(rig: Rig, seen_url: str) -> None:
    """Canaries in the database's password, in bodies and in headers: none is printed, whatever fails."""
    canary, name = "canary-4711-secret", "Канарка Зразкова"
    wrong = f"postgresql://canary:{canary}@{seen_url.rsplit('@', 1)[1]}"
    await rig.send(f'{{"customerId":"{name}"}}'.encode(), f'{{"{name}'.encode(), customer(1))
    await rig.send(customer(2), headers=[("ce_id", name.encode())])

    async with program(rig, wrong, LOG_LEVEL="DEBUG") as running:
        await until(lambda: running.events("delivery.rewound"))
        ready = await running.get("/health/ready?access_token=canary-token")
        metrics = await running.get("/metrics")
        await running.kill(signal.SIGTERM)
    printed = "".join(running.output) + ready.text + metrics.text

    assert canary not in printed
    assert name not in printed
    assert "Зразок" not in printed
    assert "canary-token" not in printed
    assert '"database_url":"***"' in printed
