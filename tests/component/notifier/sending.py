"""A notifier without its process: its one channel answers as it is told; how its notes and dead letters stand."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any
from uuid import uuid4

import orjson

from libs.contracts.envelope import Envelope
from libs.contracts.events import SyncEvent
from libs.runtime.database import Connection, Database
from libs.runtime.decode import Received
from notifier.channels import Sent, Taken
from notifier.domain.rules import Channel, Rule, Rules
from notifier.domain.texts import Message
from notifier.handlers.noting import Noting
from notifier.handlers.sending import Sender, Tools
from tests.component.runtime.rig import until
from tests.fakes import BEGIN, ManualClock

CHANNEL = Channel("news", pause_seconds=0, attempts=3, retry_seconds=10, retry_max_seconds=100)


def event(number: int = 1, kind: str = "sync.flow.stopped", entity: str = "order", **facts: Any) -> Received:
    """An event of the sync as the consumer gets it."""
    model = SyncEvent.model_validate({"entity": entity, "bindingId": number} | facts)
    envelope = Envelope(f"e-{number}", "/sync/inbound-apply", kind, "s", BEGIN, b"{}", None, "c-1")
    return Received(envelope, model, "sync.event.v1", 0, number, b"k")


class Outlet:
    """A channel that answers as it is told; the default is taken."""

    def __init__(self) -> None:
        self.got: list[Message] = []
        self.answers: list[Sent] = []
        self.before: Callable[[], Any] = lambda: None

    async def send(self, message: Message) -> Sent:
        """Remember, then answer."""
        self.got.append(message)
        before = self.before()
        if before is not None:
            await before
        return self.answers.pop(0) if self.answers else Taken()


class News:
    """A notifier without its process: what is noted, and the sender of its one channel."""

    def __init__(self, database: Database, channel: Channel = CHANNEL) -> None:
        self.clock = ManualClock()
        self.outlet = Outlet()
        rules = Rules({"news": channel}, (Rule(frozenset({"sync.flow.stopped"}), frozenset({"order"}), ("news",)),))
        self.noting = Noting(database, rules, self.clock)
        self.tools = Tools(database, "notifier", self.clock, lambda: 1.0, uuid4)
        self.channel = channel
        self.sender = self.another_sender()

    def another_sender(self) -> Sender:
        """As another process has it."""
        return Sender(self.tools, self.channel, self.outlet)

    async def note(self, *numbers: int) -> None:
        """Events of these numbers arrive."""
        await self.noting.note([event(number) for number in numbers])

    async def cut_off(self) -> None:
        """The process ends while its first message is on its way."""
        self.outlet.before = asyncio.Event().wait  # for ever
        dying = asyncio.create_task(self.sender.step())
        await until(lambda: self.outlet.got)
        dying.cancel()
        await asyncio.gather(dying, return_exceptions=True)

    async def send_all(self) -> None:
        """Until nothing waits; pauses pass at once."""
        while (pause := await self.sender.step()) is not None:
            self.clock.advance(pause)


async def statuses(conn: Connection) -> dict[str, str]:
    """How each note stands."""
    rows = await conn.fetch("SELECT event_id, status FROM notification ORDER BY begun_at, event_id")
    return {row["event_id"]: row["status"] for row in rows}


async def letters(conn: Connection) -> list[tuple[str, dict[str, Any]]]:
    """Dead letters on their way: reason and body."""
    found = []
    for row in await conn.fetch("SELECT * FROM outbox WHERE topic = 'notifier.dead-letter.v1' ORDER BY id"):
        headers = dict(zip(row["header_names"], row["header_values"], strict=True))
        found.append((headers["dl-reason"].decode(), orjson.loads(row["body"])))
    return found
