"""Many messages become few: folded into a summary, within an hour's share, through refusals and a crash."""

from __future__ import annotations

from datetime import timedelta

from libs.runtime.database import Connection, Database
from libs.state import notifications
from notifier.channels import Refused
from notifier.domain.rules import Channel
from notifier.handlers.sending import STUCK_SECONDS
from tests.component.notifier.sending import News, letters, statuses


async def test_a_summary_that_a_crash_cut_off_can_be_sent_by_a_person(database: Database, conn: Connection) -> None:
    """It is one dead letter, whatever went into it, and nothing of that is lost."""
    news = News(database)
    await news.note(*range(10))
    await news.cut_off()
    restarted = News(database)
    restarted.clock.now = news.clock.now + timedelta(seconds=STUCK_SECONDS + 1)
    await restarted.send_all()
    ((reason, body),) = await letters(conn)
    assert (reason, body["eventType"], restarted.outlet.got) == ("outcome_unknown", "summary", [])

    assert await notifications.again(conn, body["eventId"], "news", restarted.clock())
    await restarted.send_all()
    await restarted.send_all()
    assert [one.title for one in restarted.outlet.got] == ["10 новин в одному повідомленні"]
    assert set((await statuses(conn)).values()) == {"muted", "sent"}


async def test_a_flood_is_one_summary(database: Database, conn: Connection) -> None:
    """A thousand events are one message that says how many of what; each row says where it went."""
    news = News(database)
    await news.note(*range(1000))
    await news.send_all()

    assert [one.title for one in news.outlet.got] == ["1000 новин в одному повідомленні"]
    assert "1000 × потік зупинено" in news.outlet.got[0].body
    found = list((await statuses(conn)).values())
    assert (found.count("muted"), found.count("sent")) == (1000, 1)


async def test_a_channel_gets_its_share_of_an_hour_and_no_more(database: Database, conn: Connection) -> None:
    """One event every ten seconds for two hours: at most so many messages in any hour, and none is forgotten."""
    news = News(database, Channel("news", pause_seconds=60, most_per_hour=6, fold_above=3))
    sent_at = []
    for number in range(720):
        await news.note(number)
        if await news.sender.step() == 0.0:
            sent_at.append(news.clock.now)
        news.clock.advance(10)
    while await conn.fetchval("SELECT count(*) FROM notification WHERE status = 'waiting'"):
        news.clock.advance(await news.sender.step() or 1)

    for at in sent_at:
        assert sum(at - timedelta(hours=1) < other <= at for other in sent_at) <= 6
    assert len(news.outlet.got) < 30
    told = sum(int(one.title.split()[0]) if one.title[0].isdigit() else 1 for one in news.outlet.got)
    assert told == 720


async def test_a_refused_summary_is_folded_into_the_next_and_given_up_in_the_end(
    database: Database, conn: Connection
) -> None:
    """A channel that is down for good gets few attempts and one dead letter, however much happens meanwhile."""
    news = News(database)
    news.outlet.answers = [Refused("the channel answered 503")] * 100
    for number in range(100):
        await news.note(number)
        await news.sender.step()
        news.clock.advance(1)
    news.outlet.answers = []
    await news.send_all()

    assert len(news.outlet.got) < 12
    assert 0 < len(await letters(conn)) <= 4
    ended = await conn.fetch("SELECT event FROM notification WHERE status IN ('sent', 'failed')")
    assert sum(sum(row["event"].get("counts", {"one": 1}).values()) for row in ended) == 100
    assert set((await statuses(conn)).values()) == {"muted", "failed", "sent"}
