"""The way out: a webhook and a file tried for real; taken, refused, unknown; and nothing of a token anywhere."""

from __future__ import annotations

import io
import json
import logging
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
import structlog

from libs.runtime import logs
from libs.runtime.settings import LogSettings
from notifier.channels import Limits, Refused, Taken, Unknown, Way, open_ways
from notifier.domain.reading import read
from notifier.domain.texts import Message
from sandbox.stack import give_back, take_port
from tests.component.notifier.listening import Webhook, taking_mail

TOKEN = "canary-channel-token-0123456789"
NEWS = Message("Замовлення 417: питання", "поле: статус\nпричина: обидві сторони", "warning")


def way(url: str, limits: Limits | None = None) -> Way:
    """One channel with this address."""
    document = {"channels": {"a": {"url": url}}, "rules": [{"events": ["*"], "channels": ["a"]}]}
    return open_ways(read(document), limits or Limits())["a"]


@pytest.fixture
def printed() -> Iterator[io.StringIO]:
    """What a process at LOG_LEVEL=DEBUG would print; logging is as before afterwards."""
    handlers, level = logging.getLogger().handlers, logging.getLogger().level
    stream = io.StringIO()
    logs.configure(LogSettings(log_level="DEBUG", _env_file=None), "notifier", stream)
    yield stream
    structlog.reset_defaults()
    logging.getLogger().handlers, logging.getLogger().level = handlers, level


async def test_a_webhook_gets_title_text_and_gravity(webhook: Webhook) -> None:
    """As JSON, at the path that its address names."""
    assert await way(webhook.url("hooks/1")).send(NEWS) == Taken()

    assert webhook.paths == ["/hooks/1"]
    assert (webhook.got[0]["title"], webhook.got[0]["message"], webhook.got[0]["type"]) == (
        NEWS.title, NEWS.body, "warning",
    )  # fmt: skip


async def test_a_file_gets_one_line_a_message(tmp_path: Path) -> None:
    """Appended, as JSON; also where the path has spaces, capitals and letters of any alphabet."""
    path = tmp_path / "News Новини" / "sync 1%.log"
    path.parent.mkdir()
    channel = way(path.as_uri())

    assert [await channel.send(NEWS), await channel.send(Message("b", "c", "info"))] == [Taken(), Taken()]
    assert [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()] == [
        {"title": NEWS.title, "body": NEWS.body, "type": "warning"}, {"title": "b", "body": "c", "type": "info"},
    ]  # fmt: skip


async def test_a_mail_is_read_as_it_was_written() -> None:
    """Line by line, in letters of any alphabet; markup in an order's number is no markup of the message."""
    told = Message("Замовлення <b>417", "рядок 1 <!channel> & ще\nВідкрити: https://a/b", "info")
    with taking_mail() as box:
        sent = await way(box.url()).send(told)

    assert sent == Taken()
    (mail,) = box.got
    assert (mail["subject"], mail["to"]) == ("Замовлення ‹b›417", "shop@example.com")
    assert (mail.get_content_type(), mail.get_content().splitlines()[:2]) == (
        "text/plain", ["рядок 1 ‹!channel› & ще", "Відкрити: https://a/b"],
    )  # fmt: skip


async def test_a_refusal_is_told_by_its_status(webhook: Webhook, tmp_path: Path) -> None:
    """Whoever mends it knows where to begin; a place that is not there is a refusal too."""
    for status in (401, 500):
        webhook.status = status
        assert await way(webhook.url()).send(NEWS) == Refused(f"the channel answered {status}")
    port = take_port()
    for url in (f"json://127.0.0.1:{port}/x", (tmp_path / "nowhere" / "x.log").as_uri()):
        assert await way(url).send(NEWS) == Refused("the channel could not be reached, or refused")
    give_back(port)


async def test_an_answer_that_does_not_come_is_unknown(webhook: Webhook) -> None:
    """The webhook has the message by then: sending it again would tell people twice."""
    webhook.held.clear()

    assert isinstance(await way(webhook.url(), Limits(answer=0.5)).send(NEWS), Unknown)
    began = time.monotonic()
    assert await way(webhook.url(), Limits(answer=20, send=0.5)).send(NEWS) == Unknown("no answer within 0.5 s")
    assert time.monotonic() - began < 5
    assert len(webhook.got) == 2


async def test_nothing_of_an_address_is_logged(webhook: Webhook, printed: io.StringIO) -> None:
    """Taken, refused, unreachable, of several services, at DEBUG: no token, no recipient, no line of theirs at all."""
    port = take_port()
    webhook.status = 403
    for url in (
        webhook.url(TOKEN),
        f"json://user:{TOKEN}@127.0.0.1:{port}/{TOKEN}",
        f"form://127.0.0.1:{port}/?-token={TOKEN}",
        f"mailto://user:{TOKEN}@127.0.0.1:{port}?from=a@example.com&to=canary@example.com",
    ):
        sent = await way(url, Limits(connect=0.5, answer=1, send=5)).send(NEWS)
        assert isinstance(sent, Refused | Unknown)
        assert TOKEN not in sent.reason
    give_back(port)

    structlog.get_logger("notifier").info("channels.tried")
    assert printed.getvalue().count("\n") == 1, printed.getvalue()
    assert TOKEN not in printed.getvalue()
