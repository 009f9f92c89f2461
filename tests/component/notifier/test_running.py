"""The notifier as a process: from Kafka to a webhook and a file, through crashes, floods and a channel that is down."""

from __future__ import annotations

import asyncio
import json
import time
from functools import partial
from pathlib import Path

import pytest

from libs.contracts import dead_letter
from libs.contracts.topics import dead_letter_topic
from libs.runtime.database import Connection
from sandbox.stack import Stack, give_back, take_port
from tests.component.notifier.listening import Webhook
from tests.component.notifier.process import TOKEN, about, has_both, hook, notifier, on_its_way, tell
from tests.component.runtime.rig import until
from tests.running import refused
from tests.topics import reading


@pytest.mark.usefixtures("made_topics")
async def test_an_event_reaches_a_webhook_and_a_file_once(
    kafka_bootstrap: str, database_url: str, conn: Connection, webhook: Webhook, tmp_path: Path, topic_prefix: str
) -> None:
    """Both channels, in seconds; a restart sends nothing again; a further one goes on; a log line misses the links."""
    log = tmp_path / "news.log"
    channels = f'[channels.hook]\nurl = "{webhook.url()}"\npause_seconds = 0\n[channels.file]\nurl = "{log.as_uri()}"'
    for number in (1, 2):
        with notifier(kafka_bootstrap, database_url, tmp_path, channels) as running:
            await tell(kafka_bootstrap, topic_prefix, number, reason="no_pair")
            await until(partial(has_both, webhook, log, topic_prefix, number), 60)
            assert [line["variable"] for line in running.events("links.absent")] == ["CONSOLE_PUBLIC_URL"]

    assert about(webhook, topic_prefix) == [f"Зупинено: Замовлення (VMS {topic_prefix}-{number})" for number in (1, 2)]
    assert json.loads(log.read_text("utf-8").splitlines()[-1])["title"] == about(webhook, topic_prefix)[1]
    assert "причина: для цього немає пари в налаштуваннях" in webhook.got[-1]["message"]


@pytest.mark.usefixtures("made_topics")
async def test_kill_9_in_the_middle_of_a_sending_never_sends_twice(
    kafka_bootstrap: str, database_url: str, conn: Connection, webhook: Webhook, tmp_path: Path, topic_prefix: str
) -> None:
    """The webhook has the message and holds its answer; the process is killed; the next one leaves it alone."""
    async with on_its_way(kafka_bootstrap, database_url, tmp_path, webhook, topic_prefix) as running:
        running.kill()
    with notifier(kafka_bootstrap, database_url, tmp_path, hook(webhook)):
        await tell(kafka_bootstrap, topic_prefix, 2)
        await until(lambda: len(about(webhook, topic_prefix)) > 1, 60)
        await asyncio.sleep(2)

    assert about(webhook, topic_prefix) == [f"Зупинено: Замовлення (VMS {topic_prefix}-{number})" for number in (1, 2)]


@pytest.mark.usefixtures("made_topics")
async def test_a_stop_does_not_wait_for_a_channel_that_hangs(
    kafka_bootstrap: str, database_url: str, conn: Connection, webhook: Webhook, tmp_path: Path, topic_prefix: str
) -> None:
    """SIGTERM with a message on its way: gone within ten seconds; the row says that nobody knows."""
    async with on_its_way(kafka_bootstrap, database_url, tmp_path, webhook, topic_prefix) as running:
        began = time.monotonic()
        running.child.terminate()
        code = await asyncio.to_thread(running.child.wait, 15)

    assert (code, time.monotonic() - began < 10) == (0, True)
    assert await conn.fetchval("SELECT status FROM notification WHERE event ->> 'vmsId' = $1", f"{topic_prefix}-1") == (
        "sending"
    )


@pytest.mark.usefixtures("made_topics")
async def test_a_channel_that_is_down_ends_in_a_dead_letter(
    kafka_bootstrap: str, database_url: str, tmp_path: Path, topic_prefix: str
) -> None:
    """Three attempts, then a letter on the notifier's topic that names event and channel and holds no token."""
    port = take_port()
    channels = f'[channels.hook]\nurl = "json://127.0.0.1:{port}/{TOKEN}"\nattempts = 3\nretry_seconds = 0.2'
    async with reading(kafka_bootstrap, dead_letter_topic("notifier").name) as consumer:
        with notifier(kafka_bootstrap, database_url, tmp_path, channels) as running:
            await tell(kafka_bootstrap, topic_prefix, 1)
            async with asyncio.timeout(60):
                record = await consumer.getone()
            running.until(lambda: len(running.events("notification.failed")) >= 3)
            told = running.logged()
    give_back(port)

    letter = dead_letter.read(record.headers, record.key, record.value)
    body = json.loads(letter.body or b"")
    assert (letter.reason, letter.attempts, body["kind"], body["channel"]) == ("exhausted", 3, "notification", "hook")
    assert TOKEN not in told + letter.error + str(body)


@pytest.mark.usefixtures("made_topics")
async def test_a_flood_is_a_handful_of_messages(
    kafka_bootstrap: str, database_url: str, conn: Connection, webhook: Webhook, tmp_path: Path, topic_prefix: str
) -> None:
    """Five hundred events: few messages, and every event is told, singly or in a summary."""
    with notifier(
        kafka_bootstrap, database_url, tmp_path, f'[channels.hook]\nurl = "{webhook.url()}"\npause_seconds = 2'
    ):
        await tell(kafka_bootstrap, topic_prefix, *range(500))
        await until(lambda: is_all_told(conn, topic_prefix), 90)

    assert len(webhook.got) < 10


async def is_all_told(conn: Connection, mark: str) -> bool:
    """Five hundred events of this test have ended."""
    sql = "SELECT count(*) FROM notification WHERE status IN ('sent', 'muted') AND event ->> 'vmsId' LIKE $1"
    return bool(await conn.fetchval(sql, f"{mark}-%") == 500)


@pytest.mark.usefixtures("made_topics")
async def test_no_token_and_nothing_personal_is_logged(
    kafka_bootstrap: str, database_url: str, webhook: Webhook, tmp_path: Path, topic_prefix: str
) -> None:
    """At DEBUG, taken and refused, with the token in the address and in a file: in no log line, no metric."""
    secret = tmp_path / "address"
    secret.write_text(f"json://user:{TOKEN}@127.0.0.1:{webhook.port}/{TOKEN}\n", encoding="utf-8")
    channels = (
        f'[channels.hook]\nurl = "{webhook.url(TOKEN)}"\npause_seconds = 0\n[channels.shop]\nurl_file = "{secret}"'
    )
    phone = "+380501112233"
    with notifier(kafka_bootstrap, database_url, tmp_path, channels) as running:
        await tell(kafka_bootstrap, topic_prefix, 1, details={"phone": phone})
        await until(lambda: len(about(webhook, topic_prefix)) >= 2, 60)
        running.until(lambda: len(running.events("notification.sent")) >= 2)
        webhook.status = 500
        await tell(kafka_bootstrap, topic_prefix, 2)
        running.until(lambda: bool(running.events("notification.failed")))
        shown = running.logged() + str(webhook.got)
        async with asyncio.timeout(10):
            reader, writer = await asyncio.open_connection("127.0.0.1", int(running.address.rsplit(":", 1)[1]))
            writer.write(b"GET /metrics HTTP/1.0\r\n\r\n")
            metrics = (await reader.read()).decode()
            writer.close()

    assert 'sync_notifications_total{channel="hook",outcome="sent"}' in metrics
    assert TOKEN not in shown + metrics
    assert phone not in shown + metrics


@pytest.mark.usefixtures("made_topics")
async def test_the_database_away_loses_no_news(
    breakable_stack: Stack, kafka_bootstrap: str, database_url: str, webhook: Webhook, tmp_path: Path, topic_prefix: str
) -> None:
    """Ready is false within ten seconds, live stays; what was told meanwhile is sent once when it is back."""
    channels = f'[channels.hook]\nurl = "{webhook.url()}"\npause_seconds = 0'
    with notifier(kafka_bootstrap, database_url, tmp_path, channels) as running:
        running.until(lambda: running.status("/health/ready") == 200)
        await asyncio.to_thread(breakable_stack.postgres.stop)
        assert running.until(lambda: running.status("/health/ready") == 503, 15) < 10
        assert running.status("/health/live") == 200
        await tell(kafka_bootstrap, topic_prefix, 1)
        await asyncio.sleep(1)
        await asyncio.to_thread(breakable_stack.postgres.start)
        await until(lambda: about(webhook, topic_prefix), 90)
        await asyncio.sleep(1)

    assert about(webhook, topic_prefix) == [f"Зупинено: Замовлення (VMS {topic_prefix}-1)"]


def test_wrong_rules_are_refused_at_start(tmp_path: Path) -> None:
    """One line each: the variable, the file, the table, the key, the fix; never the address."""
    settings = {"DATABASE_URL": "postgresql://u:p@127.0.0.1:1/x", "KAFKA_BOOTSTRAP_SERVERS": "127.0.0.1:1"}
    path = tmp_path / "notify.toml"
    good_rule = '[[rules]]\nevents = ["*"]\nchannels = ["a"]\n'
    for text, hint in (
        (f'[channels.a]\nurl = "nosuch://{TOKEN}"\n{good_rule}', "[channels.a] url: apprise cannot use this address"),
        (f'[channels.a]\nurl = "json://h/{TOKEN}"\nmost = 1\n{good_rule}', "[channels.a] most: is not known"),
        (f'[channels.a]\nurl = "json://h/{TOKEN}"\n', "rules: there is none: add [[rules]]"),
        ("channels", "is not TOML: "),
    ):
        path.write_text(text, encoding="utf-8")
        lines = refused("notifier", NOTIFY_RULES_FILE=str(path), **settings)
        assert any(line.startswith(f"NOTIFY_RULES_FILE: {path}") and hint in line for line in lines), lines
        assert TOKEN not in "".join(lines)
    missing = refused("notifier", NOTIFY_RULES_FILE=str(tmp_path / "nowhere.toml"), **settings)
    assert "cannot be read (No such file or directory): see deploy/notify.sample.toml" in missing[-1]
