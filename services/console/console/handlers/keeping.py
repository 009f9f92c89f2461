"""Every service's dead letters, kept for a person to decide on.

Safe because a letter's place on its topic is unique: read twice, kept once, told once; letters and the events that
tell of them are one transaction.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import structlog

from console.domain import letters, news
from console.domain.letters import Behind
from console.domain.news import NewLetter
from console.handlers.desk import Desk
from libs.contracts import dead_letter
from libs.contracts.dead_letter import DeadLetter
from libs.contracts.topics import SYNC_EVENT
from libs.runtime.database import Connection
from libs.runtime.decode import Record
from libs.runtime.publish import Outgoing
from libs.state import dead_letters, outbox

log = structlog.get_logger("console.keeping")


@dataclass(frozen=True, slots=True)
class Arrived:
    """A letter and its place on its dead-letter topic."""

    topic: str
    partition: int
    offset: int
    letter: DeadLetter


def decode(record: Record) -> Arrived:
    """Whatever stands on a dead-letter topic is a letter: nothing is refused."""
    letter = letters.clean(dead_letter.read(record.headers, record.key, record.value))
    return Arrived(record.topic, record.partition, record.offset, letter)


async def keep(desk: Desk, batch: Sequence[Arrived]) -> None:
    """Keep a batch, and tell of what is new in it."""
    now = desk.clock()
    async with desk.database.transaction() as conn:
        new = [kept for one in batch if (kept := await _keep(conn, desk, one)) is not None]
        told = [news.message(str(desk.new_id()), event, now) for event in news.about(new)]
        await outbox.add(conn, [Outgoing(SYNC_EVENT.name, *message) for message in told], now)
    for one in new:
        log.info("letter.kept", letter_id=one.id, origin=one.service, reason=one.reason, kind=one.behind.kind)


async def _keep(conn: Connection, desk: Desk, one: Arrived) -> NewLetter | None:
    behind: Behind = letters.behind(one.letter)
    service = letters.service_of(one.topic)
    received = dead_letters.Received(
        service, one.topic, one.partition, one.offset, one.letter, behind.code, behind.field, behind.entity,
        behind.binding_id, behind.side,
    )  # fmt: skip
    numbers = await dead_letters.keep(conn, [received], desk.clock())
    return NewLetter(numbers[0], service, one.letter.reason, one.letter.error, behind) if numbers else None
