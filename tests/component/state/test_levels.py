"""Levels: the newest wanted value wins, one lease a batch, what was lost or refused is told (rule 29)."""

from __future__ import annotations

import asyncio
from decimal import Decimal

import orjson
import pytest

from libs.contracts.types import Entity, Lane, Side
from libs.runtime.database import Connection, Database
from libs.runtime.errors import LeaseLost
from libs.runtime.work import Failure
from libs.state import attach, audit, flows, level_figures, levels, outbox
from libs.state.level_figures import Figure
from libs.state.level_queue import LevelQueue
from libs.state.levels import Kind, Want
from tests.component.state.shelf import SKU, take, want
from tests.component.state.world import NOW, at, claim, mark


async def test_stock_5_4_5_ends_at_5_three_times_in_a_row(conn: Connection) -> None:
    """Rule 29: each of the three is wanted, and what is sent last is the last."""
    sent = []
    for seconds, value in enumerate([5, 4, 5]):
        assert await want(conn, value, seconds) == 1
        batch = await take(conn, seconds)
        sent.append(batch[0].value)
        await levels.finish(conn, batch, at(seconds))

    assert sent == [5, 4, 5]
    assert await take(conn, 10) == ()


async def test_a_value_that_changes_back_while_the_other_is_on_its_way_is_sent(conn: Connection) -> None:
    """5 is settled, 4 is being sent, 5 comes back: it is due although 5 is what was last known to be sent."""
    await want(conn, 5, 0)
    await levels.finish(conn, await take(conn, 0), at(0))
    await want(conn, 4, 1)
    on_its_way = await take(conn, 1)
    assert await want(conn, 5, 2) == 1
    await levels.finish(conn, on_its_way, at(3))

    assert [level.value for level in await take(conn, 3)] == [5]


async def test_an_unknown_outcome_is_sent_again_even_if_the_wanted_value_went_back(conn: Connection) -> None:
    """Nobody knows whether 4 landed; 5 is wanted and was sent before it: it must be sent once more."""
    await want(conn, 5, 0)
    await levels.finish(conn, await take(conn, 0), at(0))
    await want(conn, 4, 1)
    await levels.postpone(conn, await take(conn, 1), at(6), False, "no answer", at(1))
    await want(conn, 5, 2)

    assert [level.value for level in await take(conn, 6)] == [5]


async def test_the_same_value_in_the_middle_of_its_sending_needs_no_second_call(conn: Connection) -> None:
    """What came meanwhile is what was just sent."""
    await want(conn, 5, 0)
    batch = await take(conn, 0)
    await want(conn, 5, 1)
    await levels.finish(conn, batch, at(2))

    assert await take(conn, 3) == ()


async def test_an_older_change_is_no_news(conn: Connection) -> None:
    """A backup restored in VMS replays old levels over new ones."""
    await want(conn, 4, 10)
    assert await want(conn, 9, 5) == 0

    assert [level.value for level in await take(conn, 20)] == [4]


async def test_the_same_time_with_a_new_id_is_applied_and_the_very_event_is_not(conn: Connection) -> None:
    """Two changes in one second: the later arrival counts; a redelivery does not."""
    await want(conn, 4, 10, event_id="a")
    assert await want(conn, 3, 10, event_id="b") == 1
    assert await want(conn, 3, 10, event_id="b") == 0

    assert [level.value for level in await take(conn, 20)] == [3]


async def test_the_newest_of_a_batch_is_kept(conn: Connection) -> None:
    """A batch names a SKU several times, in any order."""
    told = ((2, 7), (3, 8), (1, 6))
    wants = [Want(SKU, "main", Decimal(value), at(seconds), f"e{seconds}") for seconds, value in told]
    assert await levels.want(conn, Kind.STOCK, wants, NOW) == 1

    assert [level.value for level in await take(conn, 20)] == [8]


async def test_warehouses_stay_apart(conn: Connection) -> None:
    """One claim takes one warehouse: one call carries one."""
    wants = [Want(SKU, warehouse, Decimal(n), NOW, "e") for n, warehouse in enumerate(("main", "shop"))]
    await levels.want(conn, Kind.STOCK, wants, NOW)

    assert await levels.warehouses_due(conn, Kind.STOCK, NOW) == ("main", "shop")
    assert [(level.warehouse, level.value) for level in await take(conn, 0)] == [("main", Decimal(0))]
    assert await levels.warehouses_due(conn, Kind.STOCK, NOW) == ("shop",)


async def test_a_level_waits_until_its_article_has_an_offer(conn: Connection, database: Database) -> None:
    """A SKU that KeyCRM does not have yet would break the whole batch."""
    article = await mark(conn, "17", entity=Entity.ARTICLE)
    await levels.want(conn, Kind.STOCK, [Want(SKU, "main", Decimal(5), NOW, "e", article.binding_id)], NOW)
    assert await levels.warehouses_due(conn, Kind.STOCK, NOW) == ()
    assert await take(conn, 0) == ()
    async with database.transaction() as one:
        await attach.bind(one, await claim(conn, Side.KEYCRM), Side.KEYCRM, 900, NOW)

    assert [level.sku for level in await take(conn, 0)] == [SKU]


async def test_two_senders_never_get_the_same_level(conn: Connection, database: Database) -> None:
    """Ten claims of ten over a hundred: each level once."""
    await levels.want(conn, Kind.STOCK, [Want(f"S{n:03}", "main", Decimal(n), NOW, "e") for n in range(100)], NOW)

    async def one() -> list[str]:
        async with database.connection() as other:
            return [level.sku for level in await levels.claim(other, Kind.STOCK, "main", 10, NOW, 60)]

    claimed = [sku for batch in await asyncio.gather(*(one() for _ in range(10))) for sku in batch]
    assert len(claimed) == len(set(claimed))


async def test_a_lost_batch_records_nothing(conn: Connection) -> None:
    """The lease ran out and another sender has the level: the first one's answer matches no row."""
    await want(conn, 5, 0)
    first = await take(conn, 0)
    second = await take(conn, 61)
    assert len(second) == 1

    for step in (
        levels.finish(conn, first, at(62)),
        levels.postpone(conn, first, at(70), True, "x", at(62)),
        levels.give_up(conn, first, "x", at(62)),
        levels.release(conn, first, at(62)),
    ):
        with pytest.raises(LeaseLost):
            await step
    await levels.finish(conn, second, at(62))


async def test_a_batch_that_lost_one_level_records_none(conn: Connection, database: Database) -> None:
    """All or nothing: half a record would settle what was not sent by us."""
    await levels.want(conn, Kind.STOCK, [Want(sku, "main", Decimal(1), NOW, "e") for sku in ("A", "B")], NOW)
    batch = await take(conn, 0)
    await conn.execute("UPDATE stock_level SET lease_token = gen_random_uuid() WHERE sku = 'B'")

    with pytest.raises(LeaseLost):
        async with database.transaction() as one:
            await levels.finish(one, batch, at(1))
    rows = await level_figures.page(conn, Kind.STOCK)
    assert [row.state for row in rows] == ["due", "due"]


async def test_a_refused_level_is_alone_and_a_newer_value_tries_again(conn: Connection) -> None:
    """The bad SKU of a split batch stays out until VMS has another value for it."""
    await levels.want(conn, Kind.STOCK, [Want(sku, "main", Decimal(1), NOW, "e") for sku in ("A", "B")], NOW)
    good, bad = await take(conn, 0)
    await levels.finish(conn, [good], at(1))
    await levels.give_up(conn, [bad], "KeyCRM does not know this SKU", at(1))
    assert await take(conn, 2) == ()

    await levels.want(conn, Kind.STOCK, [Want("B", "main", Decimal(2), at(5), "e2")], at(5))
    again = await take(conn, 5)
    assert [(level.sku, level.value, level.attempt) for level in again] == [("B", Decimal(2), 1)]


async def test_a_failing_level_counts_its_attempts_and_waits(conn: Connection) -> None:
    """A newer value does not shorten the pause."""
    await want(conn, 5, 0)
    await levels.postpone(conn, await take(conn, 0), at(30), True, "500", at(0))
    await want(conn, 4, 1)
    assert await take(conn, 29) == ()

    again = await take(conn, 30)
    assert [(level.value, level.attempt, level.marked_at) for level in again] == [(Decimal(4), 2, NOW)]


async def test_prices_have_no_warehouse(conn: Connection) -> None:
    """Prices run on the same rules in a table of their own."""
    await want(conn, "1011.50", 0, kind=Kind.PRICE)
    assert await take(conn, 0) == ()

    batch = await take(conn, 0, kind=Kind.PRICE)
    assert [(level.warehouse, level.value) for level in batch] == [("", Decimal("1011.5000"))]


async def test_the_guards_preview_counts_what_a_run_would_do(conn: Connection) -> None:
    """How many of all known would be zeroed or changed."""
    await levels.want(conn, Kind.STOCK, [Want(f"S{n}", "main", Decimal(5), NOW, "e") for n in range(10)], NOW)
    await levels.finish(conn, await take(conn, 0), at(0))
    await levels.want(conn, Kind.STOCK, [Want(f"S{n}", "main", Decimal(0), at(1), "f") for n in range(4)], at(1))
    await levels.want(conn, Kind.STOCK, [Want("S9", "main", Decimal(6), at(1), "f")], at(1))

    found = await level_figures.preview(conn, Kind.STOCK, at(1))
    assert (found.known, found.due, found.zeroed, found.changed) == (10, 5, 4, 5)


async def test_a_stopped_flow_sends_nothing(conn: Connection) -> None:
    """The guard stops stock and leaves prices alone."""
    await want(conn, 0, 0)
    await want(conn, 10, 0, kind=Kind.PRICE)
    await flows.stop(conn, "stock.to_keycrm", "9 of 10 would be zeroed", {}, "guard", NOW)

    assert await levels.warehouses_due(conn, Kind.STOCK, NOW) == ()
    assert await take(conn, 0) == ()
    assert len(await take(conn, 0, kind=Kind.PRICE)) == 1


async def test_marks_beside_records_never_block_each_other_for_good(conn: Connection, database: Database) -> None:
    """Large batches of wants in any order beside senders that record: no circle, and the newest value is sent."""
    skus = [f"S{n:02}" for n in range(30)]

    async def pour(seconds: int) -> None:
        order = skus[seconds % 7 :] + skus[: seconds % 7]
        async with database.transaction() as one:
            wants = [Want(sku, "main", Decimal(seconds), at(seconds), f"e{seconds}") for sku in order]
            await levels.want(one, Kind.STOCK, wants, NOW)

    async def send() -> None:
        for _ in range(10):
            async with database.connection() as one:
                batch = await levels.claim(one, Kind.STOCK, "main", 20, at(50), 60)
            if batch:
                async with database.transaction() as one:
                    await levels.finish(one, batch[::-1], at(50))
            await asyncio.sleep(0.01)

    await asyncio.gather(*(pour(seconds) for seconds in range(20)), send(), send())
    while batch := await take(conn, 60):
        await levels.finish(conn, batch, at(60))

    assert {row.sent for row in await level_figures.page(conn, Kind.STOCK)} == {Decimal(19)}


async def test_a_flood_is_gathered_while_its_warehouse_rests(conn: Connection, database: Database) -> None:
    """The first change goes at once; what comes within the next second goes together, other warehouses beside it."""
    queue = LevelQueue(database, Kind.STOCK, "outbound-sync")
    await want(conn, 5, 0)
    await queue.finish(await queue.claim(10, NOW, 60), NOW)
    await want(conn, 6, 1)

    assert not await queue.is_due(at(0.9))
    assert await queue.claim(10, at(0.9), 60) == ()
    await levels.want(conn, Kind.STOCK, [Want(SKU, "shop", Decimal(1), at(0), "e1")], at(0.9))
    assert [level.warehouse for level in await queue.claim(10, at(0.9), 60)] == ["shop"]
    assert [level.value for level in await queue.claim(10, at(1), 60)] == [Decimal(6)]


async def test_the_queue_is_the_runtimes_levels(conn: Connection, database: Database) -> None:
    """Every step of the protocol; a level that is given up gets its dead letter."""
    queue = LevelQueue(database, Kind.STOCK, "outbound-sync")
    await want(conn, 5, 0)
    assert queue.lane is Lane.STOCK
    assert await queue.is_due(NOW)
    batch = await queue.claim(10, NOW, 60)
    assert await queue.renew(batch, at(10), 60) == at(70)
    await queue.postpone(batch, at(20), True, "500", at(10))
    batch = await queue.claim(10, at(20), 60)
    await queue.release(batch, at(21))
    batch = await queue.claim(10, at(21), 60)
    assert batch[0].attempt == 2
    await queue.dead_letter(batch[0], Failure("permanent", "unknown SKU", 2, code="refused", field="sku"), at(22))

    assert not await queue.is_due(at(1000))
    letter = (await outbox.waiting(conn, 1))[0].message
    assert letter.topic == "outbound-sync.dead-letter.v1"
    body = orjson.loads(letter.body or b"")
    assert (body["kind"], body["sku"], body["warehouse"], body["code"]) == ("stock", SKU, "main", "refused")
    await want(conn, 6, 30)
    batch = await queue.claim(10, at(30), 60)
    await queue.finish(batch, at(31))
    assert not await queue.is_due(at(32))


async def test_the_audit_tells_what_was_sent_and_why(conn: Connection, database: Database) -> None:
    """VMS's change, and VMS's figure sent again because KeyCRM's went another way."""
    queue = LevelQueue(database, Kind.STOCK, "outbound-sync")
    await want(conn, 5, 0)
    await queue.finish(await queue.claim(10, NOW, 60), NOW)
    await level_figures.see(conn, Kind.STOCK, [Figure(SKU, "main", Decimal(9), at(1))], at(1), 60)
    await queue.finish(await queue.claim(10, at(61), 60), at(61))

    entries = [kept.entry for kept in await audit.page(conn, actor="outbound-sync")]
    assert [(e.reason, e.field, e.before, e.after) for e in reversed(entries)] == [
        ("changed", "stock main", None, "5"), ("returned", "stock main", "9", "5"),
    ]  # fmt: skip
    assert {(e.side, e.call) for e in entries} == {(Side.KEYCRM, "PUT /offers/stocks")}
