"""The feed: one order for all readers, each event once."""

from __future__ import annotations

import asyncio
from datetime import timedelta

from libs.runtime.database import Connection, Database
from libs.state import feed
from libs.state.feed import Item
from tests.component.state.world import NOW


def item(name: str, **event: object) -> Item:
    """An event of this id."""
    return Item(name, "sync.updated", {"entity": "order", **event}, NOW, "binding/7", "c")


async def test_an_event_comes_back_as_it_was_and_stands_in_the_feed_once(conn: Connection) -> None:
    """Read again from Kafka it is passed over; found by id and by number."""
    one, two = item("e1", bindingId=7, vmsId="g", keycrmId=5, fields=["status"]), item("e2")
    assert await feed.newest(conn) == await feed.oldest(conn) == 0
    assert await feed.add(conn, [one, two], NOW) == 2
    assert await feed.add(conn, [two, item("e3"), one], NOW) == 1

    found = await feed.after(conn, 0, 10)
    assert [each.item.event_id for each in found] == ["e1", "e2", "e3"]
    assert found[0].item == one
    assert await feed.number_of(conn, "e2") == found[1].number
    assert await feed.number_of(conn, "nobody's") is None
    assert [each.item.event_id for each in await feed.after(conn, found[0].number, 1)] == ["e2"]
    assert (await feed.oldest(conn), await feed.newest(conn)) == (found[0].number, found[2].number)
    assert await feed.after(conn, 2**70, 10) == []
    row = await conn.fetchrow("SELECT entity, binding_id, vms_id, keycrm_id, subject FROM feed WHERE event_id = 'e1'")
    assert row is not None
    assert tuple(row) == ("order", 7, "g", 5, "binding/7")


async def test_whoever_reads_on_from_a_number_misses_nothing(database: Database) -> None:
    """Eight writers whose transactions last differently long: a reader that always goes on from its newest has all."""
    seen: list[int] = []
    writing = True

    async def write(writer: int) -> None:
        for number in range(20):
            async with database.transaction() as conn:
                await feed.add(conn, [item(f"{writer}-{number}")], NOW)
                await asyncio.sleep(0.001 * ((writer * 7 + number) % 5))

    async def read() -> None:
        while writing or len(seen) < 160:
            async with database.connection() as conn:
                seen.extend(found.number for found in await feed.after(conn, seen[-1] if seen else 0, 50))
            await asyncio.sleep(0)

    reading = asyncio.create_task(read())
    await asyncio.gather(*(write(writer) for writer in range(8)))
    writing = False
    await asyncio.wait_for(reading, 20)
    assert seen == sorted(set(seen))
    assert len(seen) == 160


async def test_what_is_old_is_forgotten_a_part_at_a_time(conn: Connection) -> None:
    """By when it was noted, the oldest first."""
    for day in range(4):
        await feed.add(conn, [item(f"e{day}")], NOW + timedelta(days=day))
    before = NOW + timedelta(days=3)
    assert [await feed.forget(conn, before, 2) for _ in range(3)] == [2, 1, 0]
    assert [found.item.event_id for found in await feed.after(conn, 0, 10)] == ["e3"]
