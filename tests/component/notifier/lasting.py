"""A notifier without its process, over a world that the test makes in the database: what lasts, what ends."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import Any
from uuid import uuid4

from libs.contracts.dead_letter import DeadLetter
from libs.contracts.envelope import Envelope
from libs.contracts.events import SyncEvent
from libs.contracts.types import Entity
from libs.runtime.database import Connection, Database
from libs.runtime.decode import Received
from libs.state import conflicts, dead_letters, partners
from notifier.channels import Sent, Taken
from notifier.domain.reading import read
from notifier.domain.texts import Message
from notifier.handlers.noting import Noting
from notifier.handlers.sending import Sender, Tools
from notifier.handlers.watching import Watching
from tests.fakes import ManualClock

QUICK = {"pause_seconds": 0, "fold_above": 1000, "most_per_hour": 3000}
RULE = {"events": ["*"], "channels": ["*"]}


class Outlet:
    """A channel that answers as it is told; the default is taken."""

    def __init__(self) -> None:
        self.got: list[Message] = []
        self.answers: list[Sent] = []

    async def send(self, message: Message) -> Sent:
        """Remember, then answer."""
        self.got.append(message)
        return self.answers.pop(0) if self.answers else Taken()


class Told:
    """A notifier of some channels; each remembers what it got."""

    def __init__(
        self,
        database: Database,
        *rules: Mapping[str, Any],
        channels: Mapping[str, Mapping[str, Any]] | None = None,
        lasting: Mapping[str, Any] | None = None,
    ) -> None:
        rows = {name: {"url": "file:///tmp/x"} | QUICK | dict(row) for name, row in (channels or {"news": {}}).items()}
        self.rules = read(
            {"channels": rows, "rules": [dict(rule) for rule in rules or (RULE,)], "lasting": lasting or {}}
        )
        self.database = database
        self.clock = ManualClock()
        self.outlets = {name: Outlet() for name in rows}
        self.noting = Noting(database, self.rules, self.clock)
        self.watching = self.another()
        tools = Tools(database, "notifier", self.clock, lambda: 1.0, uuid4, "https://sync.example.com")
        self.senders = [Sender(tools, self.rules.channels[name], outlet) for name, outlet in self.outlets.items()]

    def another(self) -> Watching:
        """As another process has it."""
        return Watching(self.database, self.rules, self.clock, lambda: None)

    async def hear(self, event_type: str, event_id: str | None = None, **facts: Any) -> None:
        """An event arrives."""
        model = SyncEvent.model_validate({"entity": "system"} | facts)
        envelope = Envelope(event_id or str(uuid4()), "/sync/test", event_type, "s", self.clock(), b"{}", None, "c-1")
        await self.noting.note([Received(envelope, model, "sync.event.v1", 0, 0, b"k")])

    async def later(self, seconds: float = 0, **span: float) -> None:
        """Time passes; what is due is noted, and all that waits is sent."""
        self.clock.advance(seconds + timedelta(**span).total_seconds())
        await self.watching.look()
        await self.send_all()

    async def send_all(self) -> None:
        """Until nothing waits; a channel that rests keeps what it has."""
        for sender in self.senders:
            while await sender.step() == 0.0:
                pass

    def titles(self, channel: str = "news") -> list[str]:
        """What people of this channel read first, in order."""
        return [one.title for one in self.outlets[channel].got]


async def away(told: Told, conn: Connection, service: str = "outbound-sync") -> None:
    """KeyCRM stops answering, as this service sees it."""
    await partners.tell(conn, service, "keycrm", False, "KeyCRM answered 503 to GET /order", told.clock())
    facts: dict[str, Any] = {
        "actor": service,
        "reason": "KeyCRM answered 503 to GET /order",
        "details": {"partner": "keycrm"},
    }
    await told.hear("sync.partner.unreachable", **facts)


async def back(told: Told, conn: Connection, service: str = "outbound-sync") -> None:
    """KeyCRM answers this service again."""
    await partners.tell(conn, service, "keycrm", True, None, told.clock())
    await told.hear("sync.partner.reachable", actor=service, details={"partner": "keycrm"})


async def binding(conn: Connection, entity: Entity = Entity.ORDER, number: int = 417) -> int:
    """A record of both sides."""
    found: int = await conn.fetchval(
        """INSERT INTO binding (entity, vms_id, keycrm_id, status, vms_event, created_at, updated_at)
           VALUES ($1, $2, $3, 'conflict', $4, now(), now()) RETURNING id""",
        entity, f"g-{number}", number, {"numberOrder": f"KC-{number}"},
    )  # fmt: skip
    return found


async def ask(told: Told, conn: Connection, of: int, field: str = "status", entity: Entity = Entity.ORDER) -> int:
    """A question is opened, or refreshed, and told."""
    question = {"field": field, "reason": "both_changed", "shown_vms": str(uuid4()), "choices": ["vms"]}
    asked = await conflicts.ask(conn, of, entity, question, told.clock())
    await about(told, f"sync.conflict.{asked.news}", of, asked.id, field, entity)
    return asked.id


async def settle(told: Told, conn: Connection, of: int, fields: Sequence[str] = ("status",)) -> None:
    """The question is settled, and that is told."""
    for number in await conflicts.close(conn, of, list(fields), "both sides agree", told.clock()):
        await about(told, "sync.conflict.resolved", of, number, fields[0], Entity.ORDER)


async def about(told: Told, event_type: str, of: int, number: int, field: str, entity: Entity) -> None:
    """An event about one question."""
    facts: dict[str, Any] = {"reason": "both_changed", "fields": [field], "details": {"conflictId": number}}
    await told.hear(event_type, entity=entity.value, bindingId=of, keycrmId=417, **facts)


async def letter(told: Told, conn: Connection, offset: int, reason: str = "malformed") -> int:
    """A dead letter is kept, and told."""
    kept = DeadLetter("keycrm.order.v1", 0, offset, b"7", b"{", (), reason, "the body is not JSON", 1, None)
    received = dead_letters.Received("ingress", "ingress.dead-letter.v1", 0, offset, kept)
    (number,) = await dead_letters.keep(conn, [received], told.clock())
    details = {"letterId": number, "service": "ingress", "reason": reason, "count": 1}
    await told.hear("sync.dead-letter", actor="console", reason="the body is not JSON", details=details)
    return number
