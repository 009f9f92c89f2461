"""The outbox: what must be published is committed with the change it tells of, and published after.

Safe because a message is a row of the caller's transaction: no commit, no message; a commit, and the relay publishes
it at least once, in the order of commitment per key (one binding's messages are written one lease after another).
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from libs.runtime.database import Connection
from libs.runtime.publish import Outgoing

CHANNEL = "outbox"


@dataclass(frozen=True, slots=True)
class Waiting:
    """A message that is not published yet."""

    id: int
    message: Outgoing
    created_at: datetime


async def add(conn: Connection, messages: Iterable[Outgoing], now: datetime) -> None:
    """Publish these once the transaction has committed."""
    rows = [
        (m.topic, m.key, [name for name, _ in m.headers], [value for _, value in m.headers], m.body, now)
        for m in messages
    ]
    if not rows:
        return
    await conn.executemany(
        """INSERT INTO outbox (topic, key, header_names, header_values, body, created_at)
           VALUES ($1, $2, $3, $4, $5, $6)""",
        rows,
    )
    await conn.execute("SELECT pg_notify($1, '')", CHANNEL)


async def waiting(conn: Connection, limit: int) -> list[Waiting]:
    """The oldest messages, in order."""
    rows = await conn.fetch("SELECT * FROM outbox WHERE refused IS NULL ORDER BY id LIMIT $1", limit)
    return [
        Waiting(
            row["id"],
            Outgoing(
                row["topic"],
                row["key"],
                tuple(zip(row["header_names"], row["header_values"], strict=True)),
                row["body"],
            ),
            row["created_at"],
        )
        for row in rows
    ]


async def remove(conn: Connection, ids: Sequence[int]) -> None:
    """They are durable in Kafka."""
    await conn.execute("DELETE FROM outbox WHERE id = ANY($1::bigint[])", list(ids))


async def refuse(conn: Connection, message_id: int, reason: str) -> None:
    """Kafka will never take it: kept aside for a person, so that it holds nobody up."""
    await conn.execute("UPDATE outbox SET refused = $2 WHERE id = $1", message_id, reason)


async def size(conn: Connection) -> tuple[int, datetime | None]:
    """How many wait and since when."""
    row = await conn.fetchrow("SELECT count(*) AS waiting, min(created_at) AS oldest FROM outbox WHERE refused IS NULL")
    assert row is not None
    return row["waiting"], row["oldest"]
