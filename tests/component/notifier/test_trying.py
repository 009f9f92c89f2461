"""Trying a channel, on the console and at the command line; how channels are, and the audit of what went out."""

from __future__ import annotations

import asyncio
import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from libs.runtime.database import Connection, Database
from libs.state import audit, news
from libs.state.news import Declared
from notifier.channels import Refused, Unknown
from notifier.handlers.trying import Trying
from tests.component.notifier.lasting import Told, ask, away, binding
from tests.component.notifier.listening import Webhook
from tests.running import ROOT

BOTH = {"shop": {"people": "Магазин"}, "office": {"language": "en"}}


def trying(told: Told) -> Trying:
    """As the process has it."""
    return Trying(told.database, told.rules, told.outlets, told.clock, "https://sync.example.com")


async def test_a_test_goes_through_each_channel_in_its_language(database: Database, conn: Connection) -> None:
    """Its outcome is kept by channel, and audited with the person's name; a second look finds none."""
    told = Told(database, channels=BOTH)
    told.outlets["office"].answers = [Refused("the channel answered 401")]
    number = await news.request_test(conn, None, "Оксана", told.clock())
    assert (await news.test_outcome(conn, number)).finished_at is None  # type: ignore[union-attr]  # it was just asked

    assert await trying(told).look() is True
    assert await trying(told).look() is False

    found = await news.test_outcome(conn, number)
    assert found is not None
    assert found.outcome == {"shop": "sent", "office": "the channel answered 401"}
    assert told.titles("shop") == ["Перевірка: сповіщення доходять"]
    assert told.outlets["office"].got[0].body.startswith("Оксана is trying the channel office")
    assert "https://sync.example.com/setup" in told.outlets["office"].got[0].body
    entries = [(one.entry.field, one.entry.outcome) for one in await audit.page(conn, actor="notifier")]
    assert sorted(entries, key=str) == [("office", "refused"), ("shop", "done")]


async def test_one_channel_is_tried_alone_and_one_that_is_gone_says_so(database: Database, conn: Connection) -> None:
    """The console may still show a channel that the rules no longer have."""
    told = Told(database, channels=BOTH)
    first = await news.request_test(conn, "shop", "Оксана", told.clock())
    second = await news.request_test(conn, "gone", "Оксана", told.clock())
    while await trying(told).look():
        pass

    assert (len(told.titles("shop")), len(told.titles("office"))) == (1, 0)
    outcomes = [(await news.test_outcome(conn, number)).outcome for number in (first, second)]  # type: ignore[union-attr]  # both were asked
    assert outcomes == [{"shop": "sent"}, {"gone": "no channel of this name is in the rules"}]
    assert await news.test_outcome(conn, 10**9) is None


async def test_two_processes_carry_out_a_test_once(database: Database, conn: Connection) -> None:
    """Each test is one message, whoever takes it."""
    told = Told(database)
    for _ in range(10):
        await news.request_test(conn, None, "Оксана", told.clock())

    async def drain() -> None:
        while await trying(told).look():
            pass

    await asyncio.gather(*(drain() for _ in range(4)))
    assert len(told.titles()) == 10


async def test_a_test_whose_process_is_gone_is_unknown_and_not_sent_again(database: Database, conn: Connection) -> None:
    """The process ended with the message on its way."""
    told = Told(database)
    number = await news.request_test(conn, None, "Оксана", told.clock())
    async with database.transaction() as lost:
        assert await news.take_test(lost, told.clock()) is not None
    told.clock.advance(200)

    assert await trying(told).look() is False
    found = await news.test_outcome(conn, number)
    assert found is not None
    assert (found.outcome, found.finished_at) == ({}, told.clock())
    assert told.titles() == []


async def test_the_console_sees_how_each_channel_is(database: Database, conn: Connection) -> None:
    """When it last took a message, how many wait, since when it fails and why; a channel without rules is gone."""
    told = Told(database, {"events": ["sync.conflict.opened"], "channels": ["*"]}, channels=BOTH)
    declared = [Declared("shop", "tgram", "uk", "Магазин"), Declared("office", "mailtos", "en")]
    await news.declare(conn, declared)
    began = told.clock()
    await ask(told, conn, await binding(conn))
    told.outlets["office"].answers = [Refused("the channel answered 500"), Refused("the channel answered 503")]
    await told.later(1)
    told.clock.advance(20)
    await told.send_all()

    office, shop = await news.channels(conn)
    assert (shop.name, shop.kind, shop.people, shop.waiting, shop.failing_since) == (
        "shop",
        "tgram",
        "Магазин",
        0,
        None,
    )
    assert shop.last_sent_at is not None
    assert (office.waiting, office.last_sent_at, office.error) == (1, None, "the channel answered 503")
    assert office.failing_since is not None
    assert (office.failing_since - began).total_seconds() == 1
    await told.later(hours=1)
    assert [(one.failing_since, one.error, one.waiting) for one in await news.channels(conn)] == [(None, None, 0)] * 2
    await news.declare(conn, declared[:1])
    assert [one.name for one in await news.channels(conn)] == ["shop"]


async def test_every_delivery_is_audited(database: Database, conn: Connection) -> None:
    """Taken, refused, and the one that nobody can tell; with the record that it was about and no address."""
    told = Told(database, {"events": ["sync.conflict.opened", "sync.partner.unreachable"], "channels": ["*"]})
    told.outlets["news"].answers = [Refused("the channel answered 500")]
    order = await binding(conn)
    await ask(told, conn, order)
    await told.later(1)
    await told.later(30)
    told.outlets["news"].answers = [Unknown("the answer did not come in time")]
    await away(told, conn)
    await told.later(1)

    entries = [one.entry for one in reversed(await audit.page(conn, actor="notifier"))]
    assert [(one.action, one.field, one.outcome) for one in entries] == [
        ("news.sent", "news", "refused"), ("news.sent", "news", "done"), ("news.sent", "news", "unknown"),
    ]  # fmt: skip
    assert [one.binding_id for one in entries] == [order, order, None]
    assert entries[0].reason == "sync.conflict.opened: the channel answered 500"
    assert entries[1].reason == "sync.conflict.opened"


# ---- at the command line ---------------------------------------------------------------------------------------------


def run(tmp_path: Path, text: str, *arguments: str) -> subprocess.CompletedProcess[str]:
    """`python -m notifier test`, with nothing but a rules file."""
    path = tmp_path / "notify.toml"
    path.write_text(text, encoding="utf-8")
    return subprocess.run(
        [sys.executable, "-m", "notifier", "test", *arguments],
        cwd=ROOT, env=os.environ | {"NOTIFY_RULES_FILE": str(path)}, capture_output=True, text=True, timeout=60,
    )  # fmt: skip


def test_the_command_sends_one_message_through_each_channel(webhook: Webhook, tmp_path: Path) -> None:
    """Without Kafka and without a database: one line each, and the exit code says whether all were taken."""
    log = tmp_path / "news.log"
    rules = (
        f'[channels.hook]\nurl = "{webhook.url("canary-token-0123456789")}"\n'
        f'[channels.file]\nurl = "{log.as_uri()}"\nlanguage = "en"\n[[rules]]\nevents = ["*"]\nchannels = ["*"]\n'
    )

    done = run(tmp_path, rules)
    assert (done.returncode, done.stdout.splitlines()) == (0, ["hook: sent", "file: sent"]), done.stderr
    assert webhook.titles() == ["Перевірка: сповіщення доходять"]
    assert json.loads(log.read_text("utf-8"))["title"] == "A test: messages arrive"

    webhook.status = 500
    failed = run(tmp_path, rules, "--channel", "hook")
    assert (failed.returncode, failed.stdout.splitlines()) == (1, ["hook: the channel answered 500"])
    assert "canary" not in done.stdout + done.stderr + failed.stdout + failed.stderr


@pytest.mark.parametrize(
    ("rules", "arguments", "said"),
    [
        ('[channels.a]\nurl = "nosuch://x"\n', (), "[channels.a] url: apprise cannot use this address"),
        ('[channels.a]\nurl = "file:///tmp/x"\n', ("--channel", "b"), "--channel: no channel of this name"),
    ],
)
def test_the_command_refuses_what_cannot_be_used(
    tmp_path: Path, rules: str, arguments: tuple[str, ...], said: str
) -> None:
    """As the service does, with exit code 2."""
    refused = run(tmp_path, f'{rules}[[rules]]\nevents = ["*"]\nchannels = ["a"]\n', *arguments)

    assert refused.returncode == 2
    assert said in refused.stderr
