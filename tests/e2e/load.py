"""Orders on both sides, changed and made while something is away, and what must be true of them afterwards."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

import asyncpg
from aiokafka import AIOKafkaConsumer, TopicPartition

from libs.contracts.topics import DEAD_LETTERS
from tests import agreement
from tests.sides import Side
from tests.world import FAST, World

ORDERS = 3
UNLIMITED = int(FAST["KEYCRM_CALLS_PER_MINUTE"])
APPLIERS = ("inbound-apply", "outbound-sync")
Row = dict[str, Any]


class Load:
    """`begin`, then `go_on` while something is away, then `arrives`."""

    def __init__(self, world: World) -> None:
        self._world = world
        self.bound: list[tuple[Row, Row]] = []
        self.made: list[Row] = []
        self.born: list[Row] = []
        self._read = {name: len(logged(world, name)) for name in APPLIERS}
        self._letters = 0

    async def begin(self) -> None:
        """Orders that both sides have."""
        made = [await self._world.vms_order() for _ in range(2 * ORDERS)]
        self.bound = [(row, await self._world.order_in_keycrm(row)) for row in made]
        await self._world.steady()
        self._letters = await letters_written(self._world)

    async def go_on(self) -> None:
        """Each side changes its own half of the orders, and each has new ones."""
        world = self._world
        for number, (vms, keycrm) in enumerate(self.bound):
            if number % 2:
                await world.vms.admin("PATCH", f"orders/{vms['orderId']}", {"orderStatus": 2})
                await world.vms.admin("POST", f"orders/{vms['orderId']}/payments", {"amount": 50 + number})
            else:
                await world.keycrm.admin("PATCH", f"orders/{keycrm['id']}", {"status_id": 4})
                await world.keycrm.admin("POST", f"orders/{keycrm['id']}/payments", {"amount": 70 + number})
        for _ in range(ORDERS):
            self.made.append(await world.vms_order())
            self.born.append(await world.keycrm_order())

    async def arrives(self) -> None:
        """Everything is on both sides, once, and the same; nothing was given up."""
        await self._world.until(self._are_there, "every new order on both sides", 120)
        await self._world.until(self._are_changed, "every change on both sides", 60)
        await self._world.idle(90)
        await all_agree(self._world, [vms for vms, _ in self.bound] + self.made, self.born)
        assert not self.told("item.given_up")
        assert await letters_written(self._world) == self._letters

    def told(self, event: str) -> list[Row]:
        """What the appliers logged of one event since this began."""
        rows = [row for name in APPLIERS for row in logged(self._world, name)[self._read[name] :]]
        return [row for row in rows if row["event"] == event]

    async def _are_there(self) -> bool:
        return await are_there(self._world, self.made, self.born)

    async def _are_changed(self) -> bool:
        return all(
            (vms["orderStatus"], keycrm["status_id"]) == (2, 4)
            and vms["depositedAmount"] == sum(payment["amount"] for payment in keycrm["payments"]) > 0
            for vms, keycrm in await pairs(self._world, [vms for vms, _ in self.bound])
        )


async def pairs(world: World, made: Sequence[Row]) -> list[tuple[Row, Row]]:
    """VMS's orders as they are now, each with KeyCRM's one order of that GUID; one look at each side."""
    keycrm = await _by(world.keycrm, "source_uuid")
    vms = await _by(world.vms, "orderId")
    return [(vms[row["orderId"]], keycrm[row["orderId"]]) for row in made]


async def are_there(world: World, made: Sequence[Row], born: Sequence[Row]) -> bool:
    """Whether every order made in VMS is in KeyCRM, and every one born in KeyCRM in VMS."""
    keycrm, vms = await _by(world.keycrm, "source_uuid"), await _by(world.vms, "numberOrder")
    return {row["orderId"] for row in made} <= set(keycrm) and {f"KC-{row['id']}" for row in born} <= set(vms)


async def all_agree(world: World, made: Sequence[Row], born: Sequence[Row] = ()) -> None:
    """Every order made in VMS, and every one born in KeyCRM, is on both sides, once, and the same."""
    for vms, keycrm in await pairs(world, made):
        agreement.orders_agree(vms, keycrm)
    numbers, ids = await _by(world.vms, "numberOrder"), await _by(world.keycrm, "id")
    for row in born:
        agreement.orders_agree(numbers[f"KC-{row['id']}"], ids[row["id"]])


async def _by(side: Side, column: str) -> dict[Any, Row]:
    """A side's orders by a column that no two may share."""
    orders: list[Row] = (await side.state())["orders"]
    named = [row for row in orders if row[column] is not None]
    found = {row[column]: row for row in named}
    assert len(found) == len(named), f"two orders have one {column}"
    return found


async def letters_written(world: World) -> int:
    """How many dead letters there have ever been."""
    consumer = AIOKafkaConsumer(bootstrap_servers=world.system.servers.kafka_bootstrap)
    await consumer.start()
    try:
        places = [TopicPartition(topic.name, n) for topic in DEAD_LETTERS for n in range(topic.partitions)]
        return sum((await consumer.end_offsets(places)).values())
    finally:
        await consumer.stop()


def logged(world: World, name: str) -> list[Row]:
    """A service's log."""
    lines = world.system.log(name).read_text(errors="replace").splitlines()
    return [json.loads(line) for line in lines if line.startswith("{")]


async def forget_limit(world: World) -> None:
    """The budget as at the first start: what a 429 or a lower limit taught it would slow the tests that follow."""
    connection = await asyncpg.connect(world.system.database_url)
    await connection.execute("DELETE FROM quota_grant")
    await connection.execute("UPDATE quota_state SET limit_now = $1, ceiling = NULL, frozen_until = NULL", UNLIMITED)
    await connection.close()


async def statuses(world: World, path: str, *names: str) -> list[int]:
    """What these services answer to a GET."""
    return [(await world.http.get(f"{world.system.addresses.services[name]}{path}")).status_code for name in names]
