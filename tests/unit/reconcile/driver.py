"""One service's half of one item, step by step, as the flows take it; and letting everything come to rest.

Promises: only `libs.reconcile` decides. Abandoning the steps anywhere is a crash; a call goes as its caller says
(answered, lost, late, never, refused; accepted but queued or ignored).
"""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterator
from dataclasses import replace
from datetime import datetime, timedelta

from libs.contracts.types import Side
from libs.reconcile import writing
from libs.reconcile.memory import Memory
from libs.reconcile.review import Review, review
from libs.reconcile.values import Look
from tests.unit.reconcile.world import FIELDS, LEASE, STEP, TIMES, Flight, World

Call = tuple[str, int]  # how a call goes, and after how many seconds it lands


def work(world: World, side: Side, calls: Callable[[], Call]) -> Iterator[str]:
    """One service's half of one item, step by step; abandoning the iterator is a crash."""
    if world.now < world.lease_until or world.due[side] is None:
        return
    world.token += 1
    token, lease_end = world.token, world.now + LEASE
    world.lease_until = world.due[side] = lease_end
    memory, folded = world.load()
    events_at = world.events_at
    yield "claimed"
    looks = yield from _read(world, events_at)
    result = review(FIELDS, memory, looks[Side.VMS], looks[Side.KEYCRM], TIMES)
    memory = result.memory
    if world.token != token:
        return
    if result.held_until is None and result.decision.to(side.other):
        world.due[side.other] = world.now
    writes = result.decision.to(side)
    again_at = result.due_at
    if writes:
        memory = writing.begin(memory, side, writes, looks[side], world.now, lease_end + TIMES.request_life)
        world.save(memory, folded)
        flight = Flight({*writes} if side is Side.KEYCRM else set())
        world.flights.append(flight)
        yield "committed"
        if world.now >= lease_end or world.token != token:
            flight.until = world.now
            return
        again = world.look(side, world.now, events_at)
        written = yield from _write(world, side, memory, result, looks[side], again, flight, calls)
        if written is None or world.token != token:
            return
        memory = written
        again_at = min((m for m in (again_at, writing.due_at(memory, TIMES)) if m), default=None)
        folded = 0
    world.save(memory, folded)
    marked_at = world.due[side] if world.due[side] != lease_end else None
    world.due[side] = min((m for m in (again_at, marked_at) if m is not None), default=None)
    world.lease_until = world.now


def _read(world: World, events_at: datetime | None) -> Generator[str, None, dict[Side, Look]]:
    while True:
        first = world.look(Side.VMS, world.now, events_at)
        yield "read VMS"
        keycrm = world.look(Side.KEYCRM, world.now)
        yield "read KeyCRM"
        again = world.look(Side.VMS, world.now, events_at)
        if again.image == first.image and again.row_changed_at == first.row_changed_at:
            return {Side.VMS: again, Side.KEYCRM: keycrm}


def _write(
    world: World,
    side: Side,
    memory: Memory,
    result: Review,
    decided: Look,
    again: Look,
    flight: Flight,
    calls: Callable[[], Call],
) -> Generator[str, None, Memory | None]:
    writes = result.decision.to(side)
    if not writing.is_unchanged(decided, again, writes):
        flight.until = world.now
        world.due[side] = world.now
        return writing.withdraw(memory, side, writes)
    yield "read again"
    if world.now >= world.lease_until:
        flight.until = world.now
        return None
    how, seconds = calls()
    began_at, at = world.now, world.now + timedelta(seconds=seconds)
    world.writes += 1
    flight.until = world.now
    if how == "refused":
        world.due[side] = world.now + timedelta(seconds=5)
        return writing.withdraw(memory, side, writes)

    def land() -> None:
        world.land(side, {name: write.value for name, write in writes.items()}, again.image)

    if how in ("ok", "lost"):
        land()
    elif how in ("late", "queued"):
        flight.until = at
        world.scheduled.append((at, land))
    answer = world.look(side, began_at, decided.events_at)
    yield "called"
    if how in ("ok", "queued", "ignored"):
        return writing.answered(FIELDS, memory, answer, writes)
    return writing.lost(memory, side, writes, world.now + TIMES.request_life)


def run(world: World, side: Side, calls: Callable[[], Call] = lambda: ("ok", 0)) -> None:
    """One whole item without interruption."""
    for _ in work(world, side, calls):
        world.tick()


def settle_down(world: World, rounds: int = 60) -> int:
    """No more people, faults or crashes: deliver, work what is due, let time pass; answer how many rounds it took."""
    for number in range(rounds):
        while world.emitted:
            world.deliver()
        waiting = [at for at in world.due.values() if at is not None]
        if not waiting and not world.scheduled:
            return number
        moments = [*waiting, *(at for at, _ in world.scheduled)]
        world.tick(max(min(moments) - world.now, world.lease_until - world.now, STEP))
        for side in Side:
            at = world.due[side]
            if at is not None and at <= world.now:
                run(world, side)
    return rounds


def with_bases(world: World) -> World:
    """The two have agreed on what they show."""
    run(world, Side.VMS)
    run(world, Side.KEYCRM)
    return replace(world, writes=0)
