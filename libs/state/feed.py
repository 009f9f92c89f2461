"""The feed: every event of the sync, numbered in the order it was committed, for the hub and the pages.

Safe because numbers are given under one lock that lasts until the commit: whoever reads everything after a number can
never be overtaken by a smaller one that commits later. An event is in it once, however often it is read from Kafka.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from libs.runtime.database import Connection, to_json

CHANNEL = "feed"
# A two-number advisory lock of its own.
_LOCK = (731_619, 0)
_LARGEST = 2**63 - 1


@dataclass(frozen=True, slots=True)
class Item:
    """One event; `event` is its body as published, with the numbers that people know its record by."""

    event_id: str
    event_type: str
    event: Mapping[str, Any]
    occurred_at: datetime
    subject: str | None = None
    correlation_id: str | None = None


@dataclass(frozen=True, slots=True)
class Numbered:
    """An event of the feed."""

    number: int
    item: Item


async def add(conn: Connection, items: Sequence[Item], now: datetime) -> int:
    """Append what is not in it yet; answers how much that was. Call it last: others wait until the commit."""
    if not items:
        return 0
    await conn.execute("SELECT pg_advisory_xact_lock($1, $2)", *_LOCK)
    rows = await conn.fetch(
        """INSERT INTO feed (event_id, type, event, occurred_at, subject, correlation_id, noted_at,
               entity, binding_id, vms_id, keycrm_id)
           SELECT t.event_id, t.type, t.event::jsonb, t.occurred_at, t.subject, t.correlation_id, $7,
               t.event::jsonb ->> 'entity', (t.event::jsonb ->> 'bindingId')::bigint,
               t.event::jsonb ->> 'vmsId', (t.event::jsonb ->> 'keycrmId')::bigint
           FROM unnest($1::text[], $2::text[], $3::text[], $4::timestamptz[], $5::text[], $6::text[])
               WITH ORDINALITY AS t(event_id, type, event, occurred_at, subject, correlation_id, place)
           ORDER BY t.place
           ON CONFLICT (event_id) DO NOTHING RETURNING number""",
        [one.event_id for one in items],
        [one.event_type for one in items],
        [to_json(one.event) for one in items],
        [one.occurred_at for one in items],
        [one.subject for one in items],
        [one.correlation_id for one in items],
        now,
    )
    if rows:
        await conn.execute("SELECT pg_notify($1, '')", CHANNEL)
    return len(rows)


async def after(conn: Connection, number: int, limit: int) -> list[Numbered]:
    """The oldest events behind this number, in order."""
    rows = await conn.fetch(
        """SELECT number, event_id, type, event, occurred_at, subject, correlation_id
           FROM feed WHERE number > $1 ORDER BY number LIMIT $2""",
        min(number, _LARGEST),
        limit,
    )
    return [
        Numbered(
            row["number"],
            Item(
                row["event_id"], row["type"], row["event"], row["occurred_at"], row["subject"],
                row["correlation_id"],
            ),
        )
        for row in rows
    ]  # fmt: skip


async def number_of(conn: Connection, event_id: str) -> int | None:
    """An event's number; None: it is not, or no longer, in the feed."""
    found: int | None = await conn.fetchval("SELECT number FROM feed WHERE event_id = $1", event_id)
    return found


async def known(conn: Connection, event_ids: Sequence[str]) -> frozenset[str]:
    """Which of these are in the feed: read from Kafka before."""
    rows = await conn.fetch("SELECT event_id FROM feed WHERE event_id = ANY($1::text[])", list(event_ids))
    return frozenset(row["event_id"] for row in rows)


async def newest(conn: Connection) -> int:
    """The newest number; 0: the feed is empty."""
    found: int | None = await conn.fetchval("SELECT max(number) FROM feed")
    return found or 0


async def oldest(conn: Connection) -> int:
    """The oldest number that is kept; 0: the feed is empty."""
    found: int | None = await conn.fetchval("SELECT min(number) FROM feed")
    return found or 0


async def forget(conn: Connection, before: datetime, limit: int) -> int:
    """Delete up to so many that were noted before this; answers how many went."""
    gone: int = await conn.fetchval(
        """WITH gone AS (DELETE FROM feed WHERE number = ANY(ARRAY(
               SELECT number FROM feed WHERE noted_at < $1 ORDER BY number LIMIT $2)) RETURNING 1)
           SELECT count(*) FROM gone""",
        before,
        limit,
    )
    return gone
