"""The notifier as a process of its own, events as the appliers' relay publishes them, and what reached the channels."""

from __future__ import annotations

import contextlib
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any
from uuid import uuid4

from aiokafka import AIOKafkaProducer

from libs.contracts.envelope import Envelope, encode
from libs.contracts.events import SyncEvent
from libs.contracts.topics import SYNC_EVENT
from tests.component.notifier.listening import Webhook
from tests.component.runtime.rig import clock, until
from tests.running import Running, run_service

TOKEN = "canary-channel-token-0123456789"


@contextlib.contextmanager
def notifier(bootstrap: str, database_url: str, folder: Path, channels: str) -> Iterator[Running]:
    """The notifier with these channels, each told of every refusal."""
    path = folder / "notify.toml"
    path.write_text(f'{channels}\n[[rules]]\nevents = ["sync.flow.stopped"]\nchannels = ["*"]\n', encoding="utf-8")
    with run_service(
        "notifier",
        KAFKA_BOOTSTRAP_SERVERS=bootstrap,
        DATABASE_URL=database_url,
        DATABASE_COMMAND_SECONDS="3",
        NOTIFY_RULES_FILE=str(path),
    ) as running:
        yield running


@contextlib.asynccontextmanager
async def on_its_way(
    bootstrap: str, database_url: str, folder: Path, webhook: Webhook, mark: str
) -> AsyncIterator[Running]:
    """The notifier while the webhook has its first message and holds the answer; held until the process has ended."""
    webhook.held.clear()
    with notifier(bootstrap, database_url, folder, hook(webhook)) as running:
        await tell(bootstrap, mark, 1)
        await until(lambda: about(webhook, mark), 60)
        yield running
    webhook.held.set()


def hook(webhook: Webhook) -> str:
    """The webhook as a channel that takes messages without a pause."""
    return f'[channels.hook]\nurl = "{webhook.url()}"\npause_seconds = 0'


async def tell(bootstrap: str, mark: str, *numbers: int, **facts: Any) -> None:
    """Events as the appliers' relay publishes them; `mark` tells them from other tests'."""
    producer = AIOKafkaProducer(bootstrap_servers=bootstrap)
    await producer.start()
    for number in numbers:
        event = SyncEvent.model_validate({"entity": "order", "vmsId": f"{mark}-{number}"} | facts)
        body = event.model_dump_json(by_alias=True).encode()
        headers, data = encode(Envelope(str(uuid4()), "/sync/test", "sync.flow.stopped", "s", clock(), body))
        await producer.send_and_wait(SYNC_EVENT.name, data, mark.encode(), headers=headers)
    await producer.stop()


def about(webhook: Webhook, mark: str) -> list[str]:
    """What the webhook got of this test's events."""
    return [title for title in webhook.titles() if mark in title]


def has_both(webhook: Webhook, log: Path, mark: str, wanted: int) -> bool:
    """Both channels have so many messages of this test."""
    in_file = sum(mark in line for line in log.read_text("utf-8").splitlines()) if log.exists() else 0
    return len(about(webhook, mark)) >= wanted and in_file >= wanted
