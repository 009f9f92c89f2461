"""Random schedules of everything at once: whatever the order and the crashes, no accepted mark is lost or doubled."""

from __future__ import annotations

import random
from collections.abc import Awaitable, Callable

import pytest

from libs.contracts.types import Entity, Lane, Side
from libs.runtime.database import Connection
from libs.runtime.errors import LeaseLost
from libs.runtime.work import Failure, WorkItem
from libs.state import attach, bindings, events, marks, work_items
from libs.state.errors import BindingBusy
from libs.state.events import Received
from libs.state.marks import Mark
from tests.component.state.world import at, binding_of, event

PAIRS = {f"guid-{number}": number for number in range(4)}
LEASE_SECONDS = 5.0


class World:
    """Two sides whose records belong together by name, workers that crash, and a clock."""

    def __init__(self, conn: Connection, seed: int) -> None:
        self.conn = conn
        self.dice = random.Random(seed)
        self.seconds = 0.0
        self.told = 0
        self.hands: list[WorkItem] = []

    async def step(self) -> None:
        """One random thing happens."""
        self.seconds += self.dice.choice([0.0, 0.5, 2.0])
        steps: list[Callable[[], Awaitable[None]]] = [
            self.hint, self.change, self.claim, self.claim, self.work, self.work, self.crash, self.fail, self.give_up,
        ]  # fmt: skip
        await self.dice.choice(steps)()

    async def hint(self) -> None:
        """A webhook about a KeyCRM record."""
        await self._mark(Side.KEYCRM, self.dice.choice(list(PAIRS.values())))

    async def change(self) -> None:
        """An event about a VMS record, sometimes an old one."""
        await self._mark(Side.VMS, self.dice.choice(list(PAIRS)))

    async def claim(self) -> None:
        """A worker of either side claims what is due."""
        side = self.dice.choice(list(Side))
        item = await work_items.claim(self.conn, side, Lane.ORDER, at(self.seconds), LEASE_SECONDS)
        if item is not None:
            self.hands.append(item)

    async def crash(self) -> None:
        """A worker dies with its item in hand."""
        if self.hands:
            self.hands.pop(self.dice.randrange(len(self.hands)))

    async def fail(self) -> None:
        """A worker's call fails."""
        await self._end(
            lambda item: work_items.postpone(self.conn, item, at(self.seconds + 3), 2, "x", at(self.seconds))
        )

    async def give_up(self) -> None:
        """A worker gives an item up."""
        failure = Failure("permanent", "x", 1)
        await self._end(lambda item: work_items.give_up(self.conn, item, failure, at(self.seconds)))

    async def work(self) -> None:
        """A worker finds the other record, binds or attaches, and finishes."""
        await self._end(self._bind_and_finish)

    async def _mark(self, side: Side, external_id: str | int) -> None:
        self.told += 1
        when = self.seconds - self.dice.choice([0, 0, 0, 7])
        told = event(f"e{self.told}", when) if side is Side.VMS else None
        now = at(self.seconds)
        async with self.conn.transaction():
            mark = Mark(Entity.ORDER, side, external_id, (side.other,), Lane.ORDER, event=told)
            marked = (await marks.mark(self.conn, [mark], now))[0]
            version = marked.versions.get(side.other)
            row = Received(
                "s", f"e{self.told}", "t", Entity.ORDER, str(external_id), side.other, marked.binding_id, version
            )
            await events.record(self.conn, [row], now)

    async def _end(self, step: Callable[[WorkItem], Awaitable[object]]) -> None:
        if not self.hands:
            return
        item = self.hands.pop(self.dice.randrange(len(self.hands)))
        transaction = self.conn.transaction()
        await transaction.start()
        try:
            await step(item)
        except LeaseLost:
            await transaction.rollback()
        except BindingBusy as busy:
            await transaction.rollback()
            await work_items.postpone(self.conn, item, busy.until, item.attempt, "busy", at(self.seconds))
        else:
            await transaction.commit()

    async def _bind_and_finish(self, item: WorkItem) -> None:
        now = at(self.seconds)
        own = await bindings.get(self.conn, item.binding_id)
        if own is None or own.id != item.binding_id:
            raise LeaseLost("it was attached")
        if own.is_bound:
            await work_items.finish(self.conn, item, now)
            return
        missing = Side.KEYCRM if own.vms_id else Side.VMS
        names = {number: guid for guid, number in PAIRS.items()}
        wanted: str | int = PAIRS[own.vms_id] if own.vms_id else names[own.keycrm_id or 0]
        other = await bindings.find(self.conn, Entity.ORDER, missing, wanted)
        if other is not None and self.dice.random() < 0.5:
            joined = await attach.attach(self.conn, item, own.id, other.id, now)
            assert joined.is_item_gone
            return
        await attach.bind(self.conn, item, missing, wanted, now)
        await work_items.finish(self.conn, item, now)

    async def drain(self) -> None:
        """All workers are healthy now: they end what is in their hands and work until nothing is due."""
        while self.hands:
            await self.work()
        for _ in range(200):
            self.seconds += 10
            items = [await work_items.claim(self.conn, s, Lane.ORDER, at(self.seconds), LEASE_SECONDS) for s in Side]
            self.hands = [item for item in items if item is not None]
            if not self.hands:
                return
            while self.hands:
                await self.work()
        raise AssertionError("work never ends")


@pytest.mark.parametrize("seed", range(12))
async def test_no_mark_is_lost_and_no_record_is_doubled(conn: Connection, seed: int) -> None:
    """After any schedule: every logged event was worked or given up, every pair is one binding, nothing hangs."""
    world = World(conn, seed)
    for _ in range(8):
        for _ in range(20):
            await world.step()
        await world.drain()
        await _assert_all_is_well(conn)


async def _assert_all_is_well(conn: Connection) -> None:
    assert await conn.fetchval("SELECT count(*) FROM webhook_event WHERE status = 'pending'") == 0
    assert (
        await conn.fetchval("SELECT count(*) FROM work_item WHERE due_vms IS NOT NULL OR due_keycrm IS NOT NULL") == 0
    )
    found: dict[str, set[int]] = {}
    for guid, number in PAIRS.items():
        for side, external_id in ((Side.VMS, guid), (Side.KEYCRM, number)):
            binding = await bindings.find(conn, Entity.ORDER, side, external_id)
            if binding is not None and binding.is_bound:
                found.setdefault(guid, set()).add(binding.id)
                assert (binding.vms_id, binding.keycrm_id) == (guid, number)
    assert all(len(numbers) == 1 for numbers in found.values())
    assert await _newest_is_kept(conn)


async def _newest_is_kept(conn: Connection) -> bool:
    """No binding forgot its newest event in an attach."""
    rows = await conn.fetch("SELECT id FROM binding WHERE vms_event_at IS NOT NULL")
    for row in rows:
        binding = await binding_of(conn, row["id"])
        assert binding.events
        newest = max(binding.events, key=lambda one: one["at"])
        assert binding.vms_event_at is not None
        assert newest["at"] <= binding.vms_event_at.isoformat()
    return True
