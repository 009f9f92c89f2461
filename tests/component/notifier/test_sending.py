"""Notes and senders on a real database: once each, at a pace, tried again, given up."""

from __future__ import annotations

import asyncio

import pytest

from libs.runtime.database import Connection, Database
from libs.state import audit
from notifier.channels import Refused, Unknown
from notifier.domain.rules import Channel
from notifier.handlers.sending import STUCK_SECONDS, Sender
from tests.component.notifier.sending import News, event, letters, statuses


async def test_an_event_is_noted_for_the_channels_that_its_rules_name(database: Database, conn: Connection) -> None:
    """Other types and other entities are nobody's; read again, it is noted once."""
    news = News(database)
    batch = [event(1), event(2, "sync.updated"), event(3, entity="customer")]

    await news.noting.note(batch)
    await news.noting.note(batch)
    await news.send_all()

    assert await statuses(conn) == {"e-1": "sent"}
    assert [one.title for one in news.outlet.got] == ["Зупинено: Замовлення (пара 1)"]


async def test_what_is_sent_is_committed_before(database: Database, conn: Connection) -> None:
    """While it is on its way the row says so: another process, or the next one, will not send it."""
    news = News(database)
    await news.note(1)
    seen: list[dict[str, str]] = []

    async def look() -> None:
        seen.append(await statuses(conn))
        assert await news.another_sender().step() is None

    news.outlet.before = look
    await news.sender.step()

    assert seen == [{"e-1": "sending"}]
    assert len(news.outlet.got) == 1


async def test_a_crash_between_commit_and_sending_never_sends_twice(database: Database, conn: Connection) -> None:
    """The process ends with the message on its way: nobody sends it again; after a while it is a dead letter."""
    news = News(database)
    await news.note(1)
    await news.cut_off()

    restarted = News(database)
    restarted.clock.now = news.clock.now
    await restarted.send_all()
    assert (await statuses(conn), await letters(conn)) == ({"e-1": "sending"}, [])
    restarted.clock.advance(STUCK_SECONDS + 1)
    await restarted.send_all()

    assert restarted.outlet.got == []
    assert await statuses(conn) == {"e-1": "failed"}
    body = {"kind": "notification", "eventId": "e-1", "channel": "news", "eventType": "sync.flow.stopped"}
    assert await letters(conn) == [("outcome_unknown", body)]
    (told,) = await audit.page(conn, actor="notifier")
    assert (told.entry.outcome, told.entry.field, told.entry.binding_id) == ("unknown", "news", 1)
    assert told.entry.reason == "sync.flow.stopped: the process ended while it was being sent"


async def test_two_processes_send_each_event_once(database: Database, conn: Connection) -> None:
    """Both look at the same channel at once; each message goes out from one of them."""
    news = News(database, Channel("news", pause_seconds=0, most_per_hour=1000, fold_above=1000))
    others = [news.another_sender() for _ in range(3)]
    await news.note(*range(40))

    async def drain(sender: Sender) -> None:
        while await sender.step() is not None:
            pass

    await asyncio.gather(*(drain(sender) for sender in [news.sender, *others]))

    assert len(news.outlet.got) == 40
    assert len({message.title for message in news.outlet.got}) == 40
    assert set((await statuses(conn)).values()) == {"sent"}


async def test_a_refusal_is_tried_again_after_growing_pauses(database: Database, conn: Connection) -> None:
    """The whole channel rests meanwhile; then it is taken, and what waited follows."""
    news = News(database)
    news.outlet.answers = [Refused("the channel answered 500"), Refused("the channel answered 500")]
    await news.note(1)
    await news.sender.step()
    await news.note(2)

    assert await news.sender.step() == pytest.approx(10)
    assert len(news.outlet.got) == 1
    news.clock.advance(10)
    await news.sender.step()
    assert await news.sender.step() == pytest.approx(20)
    await news.send_all()

    assert await statuses(conn) == {"e-1": "sent", "e-2": "sent"}
    assert len(news.outlet.got) == 4
    assert await letters(conn) == []


async def test_the_last_refusal_is_a_dead_letter(database: Database, conn: Connection) -> None:
    """After its attempts; with event and channel, so that a person can have it sent again; the next one goes on."""
    news = News(database)
    news.outlet.answers = [Refused("the channel answered 401")] * 3
    await news.note(1)
    await news.send_all()
    await news.note(2)
    await news.send_all()

    assert await statuses(conn) == {"e-1": "failed", "e-2": "sent"}
    assert [reason for reason, _ in await letters(conn)] == ["exhausted"]
    assert len(news.outlet.got) == 4


async def test_an_unknown_outcome_is_not_tried_again(database: Database, conn: Connection) -> None:
    """It may have been read: a person decides, not the process."""
    news = News(database)
    news.outlet.answers = [Unknown("the answer did not come in time")]
    await news.note(1)
    await news.send_all()

    assert len(news.outlet.got) == 1
    assert await statuses(conn) == {"e-1": "failed"}
    assert [reason for reason, _ in await letters(conn)] == ["outcome_unknown"]


async def test_what_was_sent_is_recorded_though_the_database_goes_away(database: Database, conn: Connection) -> None:
    """The message is out: its record waits for the database and is not followed by a second sending."""
    news = News(database)
    await news.note(1)

    async def cut() -> None:
        await conn.execute(
            """SELECT pg_terminate_backend(pid) FROM pg_stat_activity
               WHERE application_name = 'test-notifier' AND pid <> pg_backend_pid()"""
        )

    news.outlet.before = cut
    await news.send_all()

    assert len(news.outlet.got) == 1
    assert await statuses(conn) == {"e-1": "sent"}
