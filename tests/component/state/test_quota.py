"""One budget for all processes, under a simulated clock on a real database."""

from __future__ import annotations

import asyncio
import random
from datetime import datetime, timedelta

import pytest

from libs.contracts.types import Lane
from libs.runtime.database import Database
from libs.state.quota import Grant, PostgresQuota, Refusal
from tests.component.state.world import NOW, at

HOLD_SECONDS = 150.0


class ManualClock:
    """A clock that moves when it is told to, or when somebody sleeps."""

    def __init__(self) -> None:
        self.now = NOW

    def __call__(self) -> datetime:
        return self.now

    async def sleep(self, seconds: float) -> None:
        """Sleeping is moving on."""
        self.now += timedelta(seconds=seconds)
        await asyncio.sleep(0)


def quota(database: Database, clock: ManualClock, calls: int = 60) -> PostgresQuota:
    """One process's quota."""
    return PostgresQuota(database, clock, calls_per_minute=calls, hold_seconds=HOLD_SECONDS, sleep=clock.sleep)


async def settle(
    one: PostgresQuota,
    grant: Grant,
    status: int | None = 200,
    limit: int | None = None,
    remaining: int | None = None,
    retry_after_seconds: float | None = None,
) -> None:
    """The call is over."""
    await one.settle(grant.id, status=status, limit=limit, remaining=remaining, retry_after_seconds=retry_after_seconds)


def most_in_a_minute(times: list[datetime]) -> int:
    """The most calls in any 60 s."""
    times = sorted(times)
    minute = timedelta(seconds=60)
    return max(sum(1 for later in times[n:] if later - first < minute) for n, first in enumerate(times))


async def test_three_processes_never_exceed_the_limit_in_any_minute(database: Database) -> None:
    """Limiter per object, not per system: three processes on six lanes, slow answers, deaths in mid-call."""
    clock, dice = ManualClock(), random.Random(11)
    processes = [quota(database, clock, 20) for _ in range(3)]
    arrived: list[datetime] = []
    open_calls: list[tuple[datetime, PostgresQuota, Grant]] = []

    async def try_one(process: PostgresQuota, lane: Lane) -> None:
        grant = await process.take(lane, clock())
        if isinstance(grant, Grant):
            takes = dice.choice([0.2, 1.0, 4.0, 20.0])
            arrived.append(clock() + timedelta(seconds=dice.random() * takes))
            if dice.random() > 0.05:  # else the process dies: nobody ever settles it
                open_calls.append((clock() + timedelta(seconds=takes), process, grant))

    for _ in range(400):
        clock.now += timedelta(seconds=0.5)
        over = [call for call in open_calls if call[0] <= clock()]
        open_calls = [call for call in open_calls if call[0] > clock()]
        for _, process, grant in over:
            await settle(process, grant)
        await asyncio.gather(*(try_one(process, dice.choice(list(Lane))) for process in processes))

    assert len(arrived) > 40
    assert most_in_a_minute(arrived) <= 20


async def test_concurrent_draws_share_what_is_left(database: Database) -> None:
    """Fifty tasks at one instant: exactly as many are granted as a lane may have."""
    clock = ManualClock()
    processes = [quota(database, clock) for _ in range(3)]

    answers = await asyncio.gather(*(processes[n % 3].take(Lane.ORDER, NOW) for n in range(70)))

    assert sum(isinstance(answer, Grant) for answer in answers) == 52


async def test_a_grant_counts_a_minute_from_its_answer(database: Database) -> None:
    """A call that took thirty seconds leaves the window a minute after it ended."""
    clock = ManualClock()
    one = quota(database, clock, 1)
    grant = await one.take(Lane.ORDER, clock())
    assert isinstance(grant, Grant)
    clock.now = at(30)
    await settle(one, grant)

    refused = await one.take(Lane.ORDER, at(90))
    assert isinstance(refused, Refusal)
    assert refused.until == at(90.5)
    assert isinstance(await one.take(Lane.ORDER, at(90.5)), Grant)


async def test_a_dead_processs_grant_counts_until_its_call_can_no_longer_be_made(database: Database) -> None:
    """Nobody knows whether it called, and when: its longest life and a minute."""
    clock = ManualClock()
    one = quota(database, clock, 1)
    grant = await one.take(Lane.ORDER, NOW)
    assert isinstance(grant, Grant)
    assert grant.ends_at == at(HOLD_SECONDS)

    assert isinstance(await one.take(Lane.ORDER, at(HOLD_SECONDS + 60)), Refusal)
    assert isinstance(await one.take(Lane.ORDER, at(HOLD_SECONDS + 60.5)), Grant)


async def test_an_unused_grant_is_given_back(database: Database) -> None:
    """Nothing was claimed, nothing was sent: it costs nothing."""
    clock = ManualClock()
    one = quota(database, clock, 1)
    grant = await one.take(Lane.ORDER, NOW)
    assert isinstance(grant, Grant)
    await one.give_back(grant.id)

    assert isinstance(await one.take(Lane.ORDER, NOW), Grant)


async def test_a_used_grant_cannot_be_given_back(database: Database) -> None:
    """A call was made under it; giving it back by mistake would make room that is not there."""
    clock = ManualClock()
    one = quota(database, clock, 1)
    grant = await one.take(Lane.ORDER, NOW)
    assert isinstance(grant, Grant)
    await settle(one, grant)
    await one.give_back(grant.id)

    assert isinstance(await one.take(Lane.ORDER, at(1)), Refusal)


async def test_a_person_waits_about_a_second_behind_a_flood(database: Database) -> None:
    """Interactive first: a sweep that takes all it can get delays a person's twenty calls hardly at all."""
    clock = ManualClock()
    sweep, person = quota(database, clock), quota(database, clock)
    for _ in range(240):
        clock.now += timedelta(seconds=0.5)
        taken = await sweep.take(Lane.RECONCILE, clock())
        if isinstance(taken, Grant):
            await settle(sweep, taken)
    waits = []
    for _ in range(9):
        asked_at = clock()
        grant = await person.draw(Lane.INTERACTIVE, wait_seconds=30)
        assert grant is not None
        await settle(person, grant)
        waits.append((clock() - asked_at).total_seconds())
        swept = await sweep.take(Lane.RECONCILE, clock())
        if isinstance(swept, Grant):
            await settle(sweep, swept)

    assert max(waits) <= 2.5


async def test_each_lane_keeps_its_share_when_all_are_hungry(database: Database) -> None:
    """Five minutes of too much of everything: every lane gets about what is reserved for it, and all is used."""
    clock, dice = ManualClock(), random.Random(5)
    processes = [quota(database, clock) for _ in range(3)]
    granted = dict.fromkeys(Lane, 0)
    for _ in range(300):
        clock.now += timedelta(seconds=0.6)
        lanes = list(Lane)
        dice.shuffle(lanes)
        for lane in lanes:
            grant = await dice.choice(processes).take(lane, clock())
            if isinstance(grant, Grant):
                await settle(processes[0], grant)
                granted[lane] += clock() > at(60)

    minutes = 2.0
    assert sum(granted.values()) >= 60 * minutes * 0.9
    assert granted[Lane.INTERACTIVE] >= 9 * minutes * 0.9
    assert granted[Lane.ORDER] >= 24 * minutes * 0.9
    assert granted[Lane.STOCK] >= 9 * minutes * 0.9
    assert min(granted.values()) >= 4 * minutes * 0.9


async def test_retry_after_freezes_everyone(database: Database) -> None:
    """The partner said when: no process asks before that."""
    clock = ManualClock()
    one, other = quota(database, clock), quota(database, clock)
    grant = await one.take(Lane.ORDER, NOW)
    assert isinstance(grant, Grant)
    await settle(one, grant, status=429, retry_after_seconds=7)

    refused = await other.take(Lane.INTERACTIVE, at(6.9))
    assert isinstance(refused, Refusal)
    assert refused.until == at(7)
    assert isinstance(await other.take(Lane.INTERACTIVE, at(7)), Grant)


async def test_a_429_lowers_the_limit_and_quiet_time_raises_it(database: Database) -> None:
    """The real limit is found from above, and found again after it was lowered for a while."""
    clock = ManualClock()
    one = quota(database, clock)
    for number in range(40):
        grant = await one.take(Lane.ORDER, NOW)
        assert isinstance(grant, Grant)
        await settle(one, grant, status=429 if number == 39 else 200)

    async with database.connection() as conn:
        assert (await one.figures(conn, NOW)).limit == 39
    clock.now = at(65)
    assert isinstance(await one.take(Lane.ORDER, clock()), Grant)
    async with database.connection() as conn:
        assert (await one.figures(conn, clock())).limit == 39 + 2 * 3
    clock.now = at(3600)
    await one.take(Lane.ORDER, clock())
    async with database.connection() as conn:
        assert (await one.figures(conn, clock())).limit == 60


async def test_the_partners_own_limit_is_the_ceiling(database: Database) -> None:
    """A header that says 20 a minute is believed until a header says otherwise."""
    clock = ManualClock()
    one = quota(database, clock)
    grant = await one.take(Lane.ORDER, NOW)
    assert isinstance(grant, Grant)
    await settle(one, grant, limit=20, remaining=19)
    clock.now = at(3600)
    grant = await one.take(Lane.ORDER, clock())
    assert isinstance(grant, Grant)
    async with database.connection() as conn:
        assert (await one.figures(conn, clock())).limit == 20

    await settle(one, grant, limit=60, remaining=59)
    clock.now = at(7200)
    await one.take(Lane.ORDER, clock())
    async with database.connection() as conn:
        assert (await one.figures(conn, clock())).limit == 60


async def test_a_lower_setting_holds_at_once(database: Database) -> None:
    """An operator who lowers KEYCRM_CALLS_PER_MINUTE and restarts does not wait for a 429."""
    clock = ManualClock()
    await quota(database, clock, 60).take(Lane.ORDER, NOW)

    answers = [await quota(database, clock, 5).take(Lane.ORDER, NOW) for _ in range(10)]

    assert sum(isinstance(answer, Grant) for answer in answers) == 4


async def test_drawing_waits_no_longer_than_it_is_told(database: Database) -> None:
    """Zero seconds is one look; a refused draw answers None."""
    clock = ManualClock()
    one = quota(database, clock, 1)
    assert await one.draw(Lane.ORDER, wait_seconds=0) is not None
    assert await one.draw(Lane.ORDER, wait_seconds=0) is None
    assert clock() == NOW
    assert await one.draw(Lane.ORDER, wait_seconds=5) is None
    assert clock() == pytest.approx(at(5), abs=timedelta(seconds=0.1))


async def test_figures_tell_who_used_what(database: Database) -> None:
    """The status page shows calls by lane, and until when the partner asked us to wait."""
    clock = ManualClock()
    one = quota(database, clock)
    async with database.connection() as conn:
        assert (await one.figures(conn, NOW)).limit == 60
    for lane in (Lane.ORDER, Lane.ORDER, Lane.STOCK):
        await one.take(lane, NOW)

    async with database.connection() as conn:
        found = await one.figures(conn, NOW)
    assert found.used == {Lane.ORDER: 2, Lane.STOCK: 1}
    assert found.frozen_until is None
