"""Paused consumers: a service tells which of its topics the flood guard paused, a person asks it to go on.

Safe because only the service itself pauses and resumes; the console leaves a request that the service finds.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from libs.runtime.database import Connection


@dataclass(frozen=True, slots=True)
class PausedConsumer:
    """One topic that a service does not read at present."""

    service: str
    topic: str
    reason: str
    paused_at: datetime
    resume_asked_by: str | None
    resume_asked_at: datetime | None


async def pause(conn: Connection, service: str, topic: str, reason: str, now: datetime) -> None:
    """The service stopped reading the topic; a request made for an earlier pause lapses."""
    await conn.execute(
        """INSERT INTO paused_consumer (service, topic, reason, paused_at) VALUES ($1, $2, $3, $4)
           ON CONFLICT (service, topic) DO UPDATE SET reason = excluded.reason, paused_at = excluded.paused_at,
               resume_asked_by = NULL, resume_asked_at = NULL""",
        service, topic, reason, now,
    )  # fmt: skip


async def resumed(conn: Connection, service: str, topic: str) -> None:
    """The service reads it again."""
    await conn.execute("DELETE FROM paused_consumer WHERE service = $1 AND topic = $2", service, topic)


async def ask_resume(conn: Connection, service: str, topic: str, by: str, now: datetime) -> bool:
    """A person wants it to go on; False: it is not paused."""
    row = await conn.fetchval(
        """UPDATE paused_consumer SET resume_asked_by = $3, resume_asked_at = $4
           WHERE service = $1 AND topic = $2 RETURNING topic""",
        service, topic, by, now,
    )  # fmt: skip
    return row is not None


async def asked(conn: Connection, service: str) -> tuple[str, ...]:
    """The topics of this service that a person wants to go on."""
    rows = await conn.fetch(
        "SELECT topic FROM paused_consumer WHERE service = $1 AND resume_asked_at IS NOT NULL ORDER BY topic", service
    )
    return tuple(row["topic"] for row in rows)


async def all_paused(conn: Connection) -> tuple[PausedConsumer, ...]:
    """Every paused topic."""
    rows = await conn.fetch(
        """SELECT service, topic, reason, paused_at, resume_asked_by, resume_asked_at FROM paused_consumer
           ORDER BY service, topic"""
    )
    return tuple(PausedConsumer(**dict(row)) for row in rows)
