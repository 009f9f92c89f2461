"""The notifier as a process, twice: what lasts is told once by both, and a person has a channel tried."""

from __future__ import annotations

import asyncio
import json
from datetime import timedelta
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from libs.runtime.database import Connection
from libs.state import flows, news
from tests.component.notifier.listening import Webhook
from tests.component.notifier.process import TOKEN, about, has_both, hook, notifier, tell
from tests.component.runtime.rig import clock, until


@pytest.mark.usefixtures("made_topics")
async def test_an_outage_is_one_message_and_one_all_is_well_from_two_processes(
    kafka_bootstrap: str, database_url: str, conn: Connection, webhook: Webhook, tmp_path: Path, topic_prefix: str
) -> None:
    """Told of again and again on Kafka; two copies of the notifier run; a webhook in Ukrainian, a file in English."""
    log, flow = tmp_path / "news.log", f"{topic_prefix}.to-keycrm"
    channels = (
        f'[channels.hook]\nurl = "{webhook.url()}"\npause_seconds = 0\n'
        f'[channels.file]\nurl = "{log.as_uri()}"\nlanguage = "en"\npause_seconds = 0'
    )
    await flows.stop(conn, flow, "too much", {}, "outbound-sync", clock())
    facts: dict[str, Any] = {"entity": "system", "vmsId": None, "details": {"flow": flow}}
    with (
        notifier(kafka_bootstrap, database_url, tmp_path, channels),
        notifier(kafka_bootstrap, database_url, tmp_path, channels),
    ):
        await tell(kafka_bootstrap, topic_prefix, *range(20), **facts)
        await until(partial(has_both, webhook, log, flow, 1), 60)
        await tell(kafka_bootstrap, topic_prefix, *range(20), **facts)
        await until(lambda: has_heard(conn, flow, 40), 60)
        await flows.resume(conn, flow, "Оксана", clock())
        await until(partial(has_both, webhook, log, flow, 2), 60)
        await asyncio.sleep(2)

    assert about(webhook, flow) == [f"Зупинено: {flow}", f"Усе гаразд: {flow} знову в роботі"]
    assert [json.loads(line)["title"] for line in log.read_text("utf-8").splitlines() if flow in line] == [
        f"Stopped: {flow}", f"All is well: {flow}: goes on",
    ]  # fmt: skip


@pytest.mark.usefixtures("made_topics")
async def test_a_series_of_reminders_goes_on_where_it_was_after_a_crash(
    kafka_bootstrap: str, database_url: str, conn: Connection, webhook: Webhook, tmp_path: Path, topic_prefix: str
) -> None:
    """Killed between two reminders, several were due meanwhile: one is sent, the series goes on, one all is well."""
    flow = f"{topic_prefix}.to-keycrm"
    channels = hook(webhook)
    await flows.stop(conn, flow, "too much", {}, "outbound-sync", clock())
    facts: dict[str, Any] = {"entity": "system", "vmsId": None, "details": {"flow": flow}}
    with notifier(kafka_bootstrap, database_url, tmp_path, channels) as running:
        await tell(kafka_bootstrap, topic_prefix, 1, **facts)
        await until(lambda: about(webhook, flow), 60)
        await until(lambda: is_idle(conn), 60)
        running.kill()
    await conn.execute(
        "UPDATE matter SET due_at = now() - interval '9 hours', opened_at = now() - interval '10 hours' WHERE ref = $1",
        flow,
    )
    with notifier(kafka_bootstrap, database_url, tmp_path, channels):
        await until(lambda: len(about(webhook, flow)) > 1, 60)
        due_in = await conn.fetchval("SELECT due_at - now() FROM matter WHERE ref = $1", flow)
        await flows.resume(conn, flow, "Оксана", clock())
        await until(lambda: len(about(webhook, flow)) > 2, 60)
        await asyncio.sleep(6)

    assert about(webhook, flow) == [
        f"Зупинено: {flow}", f"Досі зупинено: {flow}", f"Усе гаразд: {flow} знову в роботі",
    ]  # fmt: skip
    assert "Триває: 10 год" in webhook.got[1]["message"].replace("\u00a0", " ")
    assert timedelta(hours=1.9) < due_in <= timedelta(hours=2)


async def is_idle(conn: Connection) -> bool:
    """Nothing is on its way."""
    return not await conn.fetchval("SELECT count(*) FROM notification WHERE status <> 'sent'")


async def has_heard(conn: Connection, flow: str, times: int) -> bool:
    """The matter has been told of so often."""
    return bool(await conn.fetchval("SELECT times FROM matter WHERE ref = $1", flow) == times)


@pytest.mark.usefixtures("made_topics")
async def test_the_console_has_a_channel_tried(
    kafka_bootstrap: str, database_url: str, conn: Connection, webhook: Webhook, tmp_path: Path
) -> None:
    """Asked for in the database, sent within seconds, the outcome to be read; the channels are told to the console."""
    with notifier(kafka_bootstrap, database_url, tmp_path, f'[channels.hook]\nurl = "{webhook.url(TOKEN)}"'):
        number = await news.request_test(conn, None, "Оксана", clock())
        await until(lambda: is_over(conn, number), 60)
        await until(lambda: news.channels(conn), 60)
        found = [one for one in await news.channels(conn) if one.name == "hook"]

    assert "Перевірка: сповіщення доходять" in webhook.titles()
    assert [(one.kind, one.language, one.error) for one in found] == [("json", "uk", None)]
    assert TOKEN not in str(found)


async def is_over(conn: Connection, number: int) -> bool:
    """The test has its outcome."""
    found = await news.test_outcome(conn, number)
    return found is not None and found.outcome == {"hook": "sent"}
