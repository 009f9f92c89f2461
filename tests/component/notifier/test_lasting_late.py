"""What lasts, when not all goes well: a channel is down or quiet, the notifier was away, a record is read again."""

from __future__ import annotations

import asyncio
from zoneinfo import ZoneInfo

from libs.runtime.database import Connection, Database
from notifier.channels import Refused, Unknown
from tests.component.notifier.lasting import Told, ask, away, back, binding, letter, settle

AWAY, STILL, WELL = "KeyCRM не відповідає", "KeyCRM досі не відповідає", "Усе гаразд: KeyCRM знову відповідає"


async def test_a_letter_that_is_read_again_is_counted_once(database: Database, conn: Connection) -> None:
    """Kafka redelivers after a rebalance: people are told how many there are, not how often they were read."""
    told = Told(database, {"events": ["sync.dead-letter"], "channels": ["*"]})
    await letter(told, conn, 1)
    facts = {"details": {"service": "ingress", "reason": "malformed", "count": 2}}
    for _ in range(3):
        await told.hear("sync.dead-letter", "the-same", **facts)
    await told.later(5)
    await told.later(hours=1)

    assert "усього таких: 3." in told.outlets["news"].got[1].body


async def test_what_is_over_before_it_was_sent_is_told_to_nobody(database: Database, conn: Connection) -> None:
    """The channel was down all the while: neither the question nor its end."""
    told = Told(database, {"events": ["sync.conflict.opened"], "channels": ["*"]})
    told.outlets["news"].answers = [Refused("the channel answered 500")]
    order = await binding(conn)
    await ask(told, conn, order)
    await told.later(1)
    await settle(told, conn, order)
    await told.later(hours=1)
    await told.later(hours=1)

    assert len(told.titles()) == 1
    assert await conn.fetchval("SELECT error FROM notification") == "over before it was told"


async def test_the_end_is_told_where_the_beginning_may_have_been_read(database: Database, conn: Connection) -> None:
    """The channel's answer was lost: whoever read of the outage hears that it is over; who did not is not harmed."""
    told = Told(database, {"events": ["sync.partner.unreachable"], "channels": ["*"]}, channels={"a": {}, "b": {}})
    told.outlets["a"].answers = [Unknown("the answer did not come in time")]
    told.outlets["b"].answers = [Refused("the channel answered 500")] * 5
    await away(told, conn)
    for _ in range(20):
        await told.later(60)
    await back(told, conn)
    await told.later(5)
    await told.later(hours=1)

    assert told.titles("a") == [AWAY, WELL]
    assert told.titles("b") == [AWAY] * 5


async def test_in_quiet_hours_nothing_is_told_and_afterwards_what_lasts(database: Database, conn: Connection) -> None:
    """An outage that is over by the morning is told to who is on duty alone; one that lasts is one message then."""
    rule = {"events": ["sync.partner.unreachable"], "channels": ["*"]}
    told = Told(database, rule, channels={"shop": {"quiet": "22:00-08:00"}, "duty": {}})
    night = told.clock().astimezone(ZoneInfo("Europe/Kyiv")).replace(hour=23, minute=0)
    await told.later((night - told.clock()).total_seconds())
    await away(told, conn)
    await told.later(minutes=10)
    await back(told, conn)
    await told.later(5)
    await told.later(61)
    await told.later(hours=2)
    await away(told, conn)
    await told.later(minutes=5)
    assert (told.titles("shop"), told.titles("duty")) == ([], [AWAY, WELL, AWAY])
    await told.later(hours=7)

    assert told.titles("shop") == [AWAY]
    assert "01:1" in told.outlets["shop"].got[0].body
    for _ in range(3):
        await told.later(hours=1)
    assert told.titles("shop") == [AWAY, STILL]


async def test_who_was_told_that_a_question_waits_is_told_of_its_end(database: Database, conn: Connection) -> None:
    """Though his rule does not name its beginning; one that was settled before he was told is not told at all."""
    told = Told(
        database, {"events": ["news.conflict-waiting"], "hours": [4], "channels": ["*"]},
        channels={"office": {}, "late": {"quiet": "15:00-08:00"}},
    )  # fmt: skip
    order = await binding(conn)
    await ask(told, conn, order)
    await told.later(hours=4)
    await settle(told, conn, order)
    await told.later(5)
    await told.later(hours=20)

    what = "Замовлення № KC-417 (KeyCRM 417)"
    assert told.titles("office") == [
        f"{what} чекає на ваше рішення вже 4 години", f"Усе гаразд: {what} — питання вирішено",
    ]  # fmt: skip
    assert "Тривало: 4 год" in told.outlets["office"].got[1].body.replace("\u00a0", " ")
    assert told.titles("late") == []


async def test_what_waited_for_the_morning_says_how_long_it_lasts_by_then(database: Database, conn: Connection) -> None:
    """Not how long it had lasted when the message was noted; and it is one message, whatever was due in the night."""
    rule = {"events": ["news.conflict-waiting"], "hours": [4, 5, 6], "channels": ["*"]}
    told = Told(database, rule, channels={"news": {"quiet": "15:00-08:00"}})
    await ask(told, conn, await binding(conn))
    await told.later(hours=4)
    for _ in range(66):
        await told.later(minutes=15)

    (message,) = told.outlets["news"].got
    assert message.title.endswith("вже 20 годин")
    assert "Триває: 20 год" in message.body.replace("\u00a0", " ")


async def test_a_long_absence_is_one_reminder(database: Database, conn: Connection) -> None:
    """The notifier was away while several were due: people get one, with the whole span, and the pauses grow on."""
    told = Told(database)
    await away(told, conn)
    await told.later(5)
    told.clock.advance(20 * 3600)
    told.watching = told.another()
    await told.later(1)
    await told.later(1)
    assert told.titles() == [AWAY, STILL]
    assert "Триває: 20 год." in told.outlets["news"].got[1].body.replace("\u00a0", " ")
    await told.later(hours=1.9)
    assert len(told.titles()) == 2
    await told.later(hours=0.2)

    assert told.titles() == [AWAY, STILL, STILL]


async def test_a_record_read_again_opens_nothing_that_is_over(database: Database, conn: Connection) -> None:
    """Kafka redelivers a batch after the outage has ended: not a word."""
    told = Told(database)
    facts = {"details": {"partner": "keycrm"}}
    await away(told, conn)
    await told.later(5)
    await told.hear("sync.partner.unreachable", "again", **facts)
    await back(told, conn)
    await told.later(5)
    await told.later(61)
    assert told.titles() == [AWAY, WELL]
    told.clock.advance(-120)
    await told.hear("sync.partner.unreachable", "again", **facts)
    await told.hear("sync.partner.reachable", "again-back", **facts)
    await told.later(300)

    assert told.titles() == [AWAY, WELL]


async def test_two_processes_remind_once(database: Database, conn: Connection) -> None:
    """Both look at the same moment, for days."""
    told = Told(database)
    await away(told, conn)
    await told.send_all()
    others = [told.another() for _ in range(3)]
    for _ in range(30):
        told.clock.advance(3600)
        await asyncio.gather(*(one.look() for one in [told.watching, *others]))
        await told.send_all()

    assert told.titles() == [AWAY, *[STILL] * 4]  # after 1, 3, 7 and 15 hours
    assert len(set(await conn.fetch("SELECT event_id, channel FROM notification"))) == 5
