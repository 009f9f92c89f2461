"""kill -9 of each applier while the answer of a write is held, for every write of every flow.

All writes of one service are in hand at once when it is killed, while the other service is down, and both start again:
first after the work was done and before its answer (`after`), then with the requests still on their way (`before`),
which land when their sender is dead and the next process has already looked and found nothing. Nothing may be lost and
nothing done twice.
"""

from __future__ import annotations

import asyncio
import time
from collections import Counter
from collections.abc import AsyncIterator, Awaitable
from dataclasses import dataclass, field
from typing import Any, Literal

import pytest
import pytest_asyncio

from libs.contracts.types import Side
from tests.e2e.kill.case import Case
from tests.e2e.kill.towards_keycrm import TOWARDS_KEYCRM
from tests.e2e.kill.towards_vms import TOWARDS_VMS
from tests.world import World

Phase = Literal["after", "before"]
WRITERS = {Side.KEYCRM: "outbound-sync", Side.VMS: "inbound-apply"}
CASES = {Side.KEYCRM: TOWARDS_KEYCRM, Side.VMS: TOWARDS_VMS}
# How a create is looked up, polls aside: the first of these after the kill has found nothing.
LOOKS = {
    Side.KEYCRM: frozenset({"listOrders", "listBuyers", "listOffers"}),
    Side.VMS: frozenset({"ordersByCustomer", "searchCustomers"}),
}
# The leases of the writes in hand end within so long of each other; second looks come later than that.
LEASES_APART_SECONDS = 2.0
# Longer time limits, so that all writes are in hand before the first would give up, and room for all of them.
PATIENT = {"KEYCRM_TIMEOUT_SECONDS": "8", "VMS_TIMEOUT_SECONDS": "8", "SYNC_CONCURRENCY": "16"}


@dataclass
class Struck:
    """What came of one kill."""

    side: Side
    cases: dict[str, Case]
    unheld: set[str] = field(default_factory=set)
    calls: list[dict[str, Any]] = field(default_factory=list)

    def calls_of(self, case: Case) -> list[dict[str, Any]]:
        """The calls that made a case's write."""
        rows = [row for row in self.calls if row["operation"] == case.operation]
        return [row for row in rows if not case.paths() or row["path"] in case.paths()]


class Strikes:
    """Each kill of the module once, when the first test asks for it."""

    def __init__(self, world: World) -> None:
        self._world = world
        self._done: dict[tuple[Side, Phase], Struck | Exception] = {}

    async def of(self, side: Side, phase: Phase) -> Struck:
        """What came of a kill; what failed fails again for every test that asks."""
        key = (side, phase)
        if key not in self._done:
            try:
                self._done[key] = await strike(self._world, side, phase)
            except Exception as error:  # noqa: BLE001 - each test that asks is told
                self._done[key] = error
        found = self._done[key]
        if isinstance(found, Exception):
            raise found
        return found


@pytest_asyncio.fixture(scope="module")
async def strikes(running_world: World) -> AsyncIterator[Strikes]:
    """The kills of this module; afterwards the world is as every test expects it."""
    yield Strikes(running_world)
    await running_world.fresh()


async def strike(world: World, side: Side, phase: Phase) -> Struck:
    """Prepare, change, hold, kill, start again, and wait until nothing is due."""
    await world.fresh()
    made = Struck(side, {case.title(): case() for case in CASES[side]})
    await _together(case.prepare(world) for case in made.cases.values())
    await world.idle(60)
    await _apart(world, WRITERS[side], WRITERS[side.other])
    await world.mark()
    killed_at = await _hold_and_kill(world, made, phase)
    for service in (WRITERS[side.other], WRITERS[side]):
        await asyncio.to_thread(world.system.launch, service)
    if phase == "before":
        await _land_late(world, side, killed_at)
    for service in WRITERS.values():
        await asyncio.to_thread(world.system.wait, service)
    await world.quiet(3)
    made.calls = await _side(world, side).calls()
    return made


async def _apart(world: World, writer: str, other: str) -> None:
    """The writer alone, and patient."""
    for service in (writer, other):
        await asyncio.to_thread(world.system.terminate, service)
    await asyncio.to_thread(world.system.restart, writer, **PATIENT)


async def _land_late(world: World, side: Side, killed_at: float) -> None:
    """Let the requests land once the next process has looked in vain."""

    async def has_looked() -> bool:
        calls = await _side(world, side).calls()
        return any(row["at"] > killed_at and row["operation"] in LOOKS[side] for row in calls)

    await world.until(has_looked, "a look of the next process", 30)
    await asyncio.sleep(LEASES_APART_SECONDS)
    await _side(world, side).admin("DELETE", "faults")


async def _hold_and_kill(world: World, made: Struck, phase: Phase) -> float:
    """Answers when the service was killed."""
    side = _side(world, made.side)
    operations = Counter(case.operation for case in made.cases.values())
    faults = {
        name: await side.fault(name, "hold", times=times, phase=phase, seconds=120)
        for name, times in operations.items()
    }
    await _together(case.change(world) for case in made.cases.values())

    async def unheld() -> set[str]:
        rows = {row["id"]: row["holding"] for row in await side.admin("GET", "faults")}
        return {name for name, number in faults.items() if rows[number] < operations[name]}

    async def are_all_held() -> bool:
        made.unheld = await unheld()
        return not made.unheld

    try:
        await world.until(are_all_held, "every write in hand", 8)
    finally:
        await asyncio.to_thread(world.system.kill, WRITERS[made.side])
    return time.time()


def _side(world: World, side: Side) -> Any:
    return world.keycrm if side is Side.KEYCRM else world.vms


async def _together(work: Any) -> None:
    waiting: list[Awaitable[None]] = list(work)
    await asyncio.gather(*waiting)


KILLS = [
    pytest.param(side, phase, case.title(), id=f"{WRITERS[side]}-{phase}-{case.title()}")
    for side in Side
    for phase in ("after", "before")
    for case in CASES[side]
]


@pytest.mark.parametrize(("side", "phase", "write"), KILLS)
async def test_a_write_in_hand_at_a_kill_is_done_once(
    running_world: World, strikes: Strikes, side: Side, phase: Phase, write: str
) -> None:
    """Both sides show the change, once, though the process that wrote it died before it knew."""
    struck = await strikes.of(side, phase)
    case = struck.cases[write]
    assert case.operation not in struck.unheld, "the write was not in hand when the process died"
    assert await case.is_done(running_world)
    done = [row for row in struck.calls_of(case) if row["outcome"] in ("done", "lost")]
    assert 1 <= len(done) <= case.most_calls, struck.calls_of(case)
