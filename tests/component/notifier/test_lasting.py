"""What lasts is one message: repeated at growing intervals, closed by an all is well, never told twice."""

from __future__ import annotations

import asyncio
from datetime import timedelta

from libs.contracts.types import Entity
from libs.runtime.database import Connection, Database
from libs.state import dead_letters, flows
from tests.component.notifier.lasting import Told, ask, away, back, binding, letter, settle

AWAY, STILL, WELL = "KeyCRM не відповідає", "KeyCRM досі не відповідає", "Усе гаразд: KeyCRM знову відповідає"


async def test_an_outage_is_one_message_however_often_it_is_told_of(database: Database, conn: Connection) -> None:
    """Two services tell of it, again and again; it ends once, for both."""
    told = Told(database)
    for _ in range(5):
        await away(told, conn, "outbound-sync")
        await away(told, conn, "inbound-apply")
        await told.later(20)
    await back(told, conn, "outbound-sync")
    await told.later(minutes=10)
    assert told.titles() == [AWAY]
    await back(told, conn, "inbound-apply")
    await told.later(5)
    await told.later(61)

    assert told.titles() == [AWAY, WELL]
    assert "Тривало: 12 хв" in told.outlets["news"].got[1].body.replace("\u00a0", " ")
    await told.later(days=2)
    assert told.titles() == [AWAY, WELL]


async def test_it_is_repeated_while_it_lasts_at_growing_intervals(database: Database, conn: Connection) -> None:
    """After one hour, two, four, up to a day; each says how long it has lasted."""
    told = Told(database)
    began = told.clock()
    await away(told, conn)
    at: list[timedelta] = []
    for _ in range(5 * 24 * 4):
        before = len(told.titles())
        await told.later(minutes=15)
        at += [told.clock() - began] * (len(told.titles()) - before)

    hours = [round(one / timedelta(hours=1), 2) for one in at]
    assert hours == [0.25, 1, 3, 7, 15, 31, 55, 79, 103]
    assert told.titles() == [AWAY, *[STILL] * 8]


async def test_a_partner_that_comes_and_goes_is_one_piece_of_news(database: Database, conn: Connection) -> None:
    """All is well only when it has been well for a while."""
    told = Told(database, lasting={"calm_seconds": 120})
    for _ in range(6):
        await away(told, conn)
        await told.later(30)
        await back(told, conn)
        await told.later(60)
    assert told.titles() == [AWAY]
    await told.later(5)
    await told.later(120)
    await told.later(10)

    assert told.titles() == [AWAY, WELL]
    await away(told, conn)
    await told.later(1)
    assert told.titles() == [AWAY, WELL, AWAY]


async def test_a_question_is_told_once_and_its_end_too(database: Database, conn: Connection) -> None:
    """Its values change meanwhile: no second message; its number is that of the order, its link that of its page."""
    told = Told(database, {"events": ["sync.conflict.opened", "sync.conflict.refreshed"], "channels": ["*"]})
    order = await binding(conn)
    number = await ask(told, conn, order)
    await told.later(5)
    await ask(told, conn, order)
    await ask(told, conn, order)
    await told.later(5)
    await settle(told, conn, order)
    await told.later(5)

    opened, over = told.outlets["news"].got
    assert opened.title == "Замовлення № KC-417 (KeyCRM 417) чекає на ваше рішення"
    assert opened.body.endswith(f"https://sync.example.com/conflicts/{number}")
    assert over.title == "Усе гаразд: Замовлення № KC-417 (KeyCRM 417) — питання вирішено"
    assert over.body.endswith(f"https://sync.example.com/records/orders/{order}")


async def test_dead_letters_of_one_reason_are_one_message(database: Database, conn: Connection) -> None:
    """However many there are; it is over when a person has decided on the last of them."""
    told = Told(database, {"events": ["sync.dead-letter"], "channels": ["*"]}, channels={"news": {"language": "en"}})
    numbers = [await letter(told, conn, offset) for offset in range(20)]
    other = await letter(told, conn, 99, "unknown_type")
    await told.later(5)
    assert told.titles() == ["Webhook intake: something is set aside, a person must look"] * 2
    await told.later(hours=1)
    assert sum("so many in all: 20." in one.body for one in told.outlets["news"].got) == 1
    for number in numbers:
        await dead_letters.decide(conn, number, "discarded", "Оксана", told.clock())
    await told.later(5)

    assert told.titles()[4:] == ["All is well: webhook intake: nothing is set aside any more"]
    await dead_letters.decide(conn, other, "discarded", "Оксана", told.clock())
    await told.later(5)
    assert len(told.titles()) == 6


async def test_a_stopped_flow_is_told_until_a_person_lets_it_go_on(database: Database, conn: Connection) -> None:
    """In the channel's language."""
    told = Told(database)
    text = "This run would set to zero 30 of 100: it stopped. Check the source, then let it go on."
    await flows.stop(conn, "stock.to_keycrm", text, {}, "outbound-sync", told.clock())
    await told.hear("sync.flow.stopped", reason=text, details={"flow": "stock.to_keycrm", "zero": 30, "total": 100})
    await told.later(5)
    await flows.resume(conn, "stock.to_keycrm", "Оксана", told.clock())
    await told.later(5)

    assert told.titles() == ["Зупинено: залишки до KeyCRM", "Усе гаразд: залишки до KeyCRM знову в роботі"]
    assert "обнулилося б 30 з 100" in told.outlets["news"].got[0].body


async def test_only_who_was_told_is_told_that_all_is_well(database: Database, conn: Connection) -> None:
    """And who asked for every end; each in his own language."""
    told = Told(
        database,
        {"events": ["sync.partner.unreachable"], "channels": ["shop"]},
        {"events": ["news.all-well"], "channels": ["office"]},
        {"events": ["sync.updated"], "channels": ["other"]},
        channels={"shop": {}, "office": {"language": "en"}, "other": {}},
    )
    await away(told, conn)
    await told.later(5)
    await back(told, conn)
    await told.later(5)
    await told.later(61)

    assert told.titles("shop") == [AWAY, WELL]
    assert told.titles("office") == ["All is well: KeyCRM answers again"]
    assert told.titles("other") == []


async def test_a_question_that_waits_is_told_at_each_step_once(database: Database, conn: Connection) -> None:
    """By the hours of the rule, not by reminders; two processes look; a restart changes nothing."""
    told = Told(
        database,
        {"events": ["sync.conflict.opened"], "channels": ["*"]},
        {"events": ["news.conflict-waiting"], "entities": ["order"], "hours": [4, 24], "channels": ["*"]},
    )
    order = await binding(conn)
    await ask(told, conn, order)
    for _ in range(30):
        told.clock.advance(3600)
        await asyncio.gather(told.watching.look(), told.another().look())
        await told.send_all()

    what = "Замовлення № KC-417 (KeyCRM 417) чекає на ваше рішення"
    assert told.titles() == [what, f"{what} вже 4 години", f"{what} вже 24 години"]


async def test_a_step_that_was_missed_is_told_as_the_longest(database: Database, conn: Connection) -> None:
    """The rules are new, or the notifier was away: one message a question; other entities are not told."""
    told = Told(
        database,
        {"events": ["news.conflict-waiting"], "entities": ["order"], "hours": [1, 4, 24], "channels": ["*"]},
        channels={"news": {"language": "en"}},
    )
    await ask(told, conn, await binding(conn))
    await ask(told, conn, await binding(conn, Entity.ARTICLE, 5), "name", Entity.ARTICLE)
    await told.later(hours=30)
    await told.later(hours=30)

    assert [title.rpartition("for ")[2] for title in told.titles()] == ["24 hours", "2 days"]


async def test_a_question_that_nobody_answers_is_not_forgotten(database: Database, conn: Connection) -> None:
    """Behind the last hour of the rule it is told again, at intervals that double."""
    told = Told(database, {"events": ["news.conflict-waiting"], "hours": [24], "channels": ["*"]})
    await ask(told, conn, await binding(conn))
    for _ in range(30):
        await told.later(days=1)

    assert [title.rpartition("вже ")[2] for title in told.titles()] == [
        "24 години",
        "2 дні",
        "4 дні",
        "8 днів",
        "16 днів",
    ]


async def test_an_answered_question_waits_for_nobody(database: Database, conn: Connection) -> None:
    """Neither reminded of nor counted as waiting while the answer is carried out."""
    told = Told(
        database, {"events": ["sync.conflict.opened", "news.conflict-waiting"], "hours": [4], "channels": ["*"]}
    )
    order = await binding(conn)
    number = await ask(told, conn, order)
    await told.later(5)
    await conn.execute("UPDATE conflict SET status = 'resolved', answer = '{}' WHERE id = $1", number)
    await told.later(days=3)

    assert len(told.titles()) == 1


async def test_many_at_once_are_one_summary_in_the_channels_language(database: Database, conn: Connection) -> None:
    """Over the cap of an hour: one summary, and no more than the cap."""
    quick = {"language": "en", "most_per_hour": 3, "fold_above": 2}
    told = Told(database, {"events": ["sync.conflict.opened"], "channels": ["*"]}, channels={"news": quick})
    for number in range(40):
        await ask(told, conn, await binding(conn, number=number + 1))
    await told.later(5)

    assert told.titles() == ["40 pieces of news in one message"]
    assert told.outlets["news"].got[0].body.splitlines()[0] == "40 × waits for a decision"
