"""What lasts and is told of once: opened by an event, reminded of while the database says that it lasts, then over.

Safe because a unique index allows one open row a matter, so that a thousand events about one outage are one message;
and because whether it lasts is read from what the services themselves keep, never from the order of events. Whoever
looks for what is due holds an advisory lock, so two processes remind people once.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from asyncpg import Record

from libs.runtime.database import Connection

_LOCK = 731_618
Key = tuple[str, str]
"""Kind and reference: `conflict` and its number, `partner` and its name, `letters` and `service/reason`, `flow`."""


@dataclass(frozen=True, slots=True)
class Opening:
    """An event that says that something has begun to last, or lasts still; `count` is how many records it tells of."""

    kind: str
    ref: str
    event_type: str
    event: Mapping[str, Any]
    correlation_id: str | None = None
    count: int = 1


@dataclass(frozen=True, slots=True)
class Matter:
    """One matter: the newest event of it, how many there were, and which channels were told how often."""

    id: int
    kind: str
    ref: str
    event_type: str
    event: Mapping[str, Any]
    correlation_id: str | None
    times: int
    channels: tuple[str, ...]
    told: int
    opened_at: datetime


_COLUMNS = "id, kind, ref, event_type, event, correlation_id, times, channels, told, opened_at"
# A CASE, since only a question's reference is a number.
_LASTS = """
    CASE {kind}
        WHEN 'conflict' THEN EXISTS (SELECT FROM conflict c WHERE c.id = {ref}::bigint AND c.status <> 'closed')
        WHEN 'partner' THEN EXISTS (SELECT FROM partner p WHERE p.partner = {ref} AND NOT p.is_reachable)
        WHEN 'flow' THEN EXISTS (SELECT FROM stopped_flow f WHERE f.flow = {ref} AND f.resumed_at IS NULL)
        ELSE EXISTS (SELECT FROM dead_letter d WHERE d.status = 'kept' AND d.service || '/' || d.reason = {ref})
    END
"""


async def lasting(conn: Connection, keys: Iterable[Key]) -> frozenset[Key]:
    """Which of these last now: an event that comes late opens nothing that is over."""
    asked = sorted(set(keys))
    if not asked:
        return frozenset()
    rows = await conn.fetch(
        f"""SELECT k.kind, k.ref FROM unnest($1::text[], $2::text[]) AS k(kind, ref)
            WHERE {_LASTS.format(kind="k.kind", ref="k.ref")}""",
        [kind for kind, _ in asked],
        [ref for _, ref in asked],
    )
    return frozenset((row["kind"], row["ref"]) for row in rows)


async def open_or_add(conn: Connection, opening: Opening, now: datetime) -> Matter:
    """The open matter that the event is about, now with this event; a new one if there was none."""
    row = await conn.fetchrow(
        f"""INSERT INTO matter AS m (kind, ref, event_type, event, correlation_id, times, opened_at)
            VALUES ($1, $2, $3, $4, $5, $6, $7)
            ON CONFLICT (kind, ref) WHERE closed_at IS NULL DO UPDATE SET event_type = excluded.event_type,
                event = excluded.event, correlation_id = excluded.correlation_id,
                times = least(m.times::bigint + excluded.times, 2147483647), over_since = NULL
            RETURNING {_COLUMNS}""",
        opening.kind, opening.ref, opening.event_type, dict(opening.event), opening.correlation_id, opening.count, now,
    )  # fmt: skip
    assert row is not None
    return _read(row)


async def join(conn: Connection, opening: Opening, channel: str, since: datetime) -> Matter:
    """A channel was told of it by another message than those of the matter: it is told of its end as well."""
    row = await conn.fetchrow(
        f"""INSERT INTO matter AS m (kind, ref, event_type, event, correlation_id, times, opened_at, channels)
           VALUES ($1, $2, $3, $4, $5, $6, $7, ARRAY[$8::text])
           ON CONFLICT (kind, ref) WHERE closed_at IS NULL DO UPDATE SET
               channels = ARRAY(SELECT DISTINCT unnest(m.channels || excluded.channels) ORDER BY 1)
           RETURNING {_COLUMNS}""",
        opening.kind, opening.ref, opening.event_type, dict(opening.event), opening.correlation_id, opening.count,
        since, channel,
    )  # fmt: skip
    assert row is not None
    return _read(row)


async def covers(conn: Connection, key: Key, at: datetime) -> bool:
    """Whether a matter tells what this key's end at `at` would: one that is open, or was closed since."""
    found: bool = await conn.fetchval(
        """SELECT EXISTS (SELECT FROM matter WHERE kind = $1 AND ref = $2 AND closed_at IS NULL)
               OR EXISTS (SELECT FROM matter WHERE kind = $1 AND ref = $2 AND closed_at >= $3)""",
        *key, at,
    )  # fmt: skip
    return found


async def tell(conn: Connection, matter_id: int, channels: Sequence[str], due_at: datetime | None) -> None:
    """These channels are told of it now (again, or for the first time); the next reminder is due then, or never."""
    await conn.execute(
        """UPDATE matter SET told = told + 1, due_at = $3,
               channels = ARRAY(SELECT DISTINCT unnest(channels || $2::text[]) ORDER BY 1)
           WHERE id = $1""",
        matter_id, list(channels), due_at,
    )  # fmt: skip


async def lock(conn: Connection) -> None:
    """Whoever opens matters does so alone until its transaction ends."""
    await conn.execute("SELECT pg_advisory_xact_lock($1, 0)", _LOCK)


async def look_alone(conn: Connection) -> bool:
    """Whether this transaction is the one that looks; False: another process is at it."""
    alone: bool = await conn.fetchval("SELECT pg_try_advisory_xact_lock($1, 0)", _LOCK)
    return alone


async def close_over(conn: Connection, calm: Mapping[str, timedelta], now: datetime, limit: int) -> tuple[Matter, ...]:
    """End what has been over for as long as its kind must be calm, so many at once; answers what was ended."""
    await conn.execute(
        f"""UPDATE matter m SET over_since = CASE WHEN m.over_since IS NULL THEN $1::timestamptz END
            WHERE m.closed_at IS NULL AND {_LASTS.format(kind="m.kind", ref="m.ref")} = (m.over_since IS NOT NULL)""",
        now,
    )
    rows = await conn.fetch(
        f"""UPDATE matter m SET closed_at = $1::timestamptz, due_at = NULL
            WHERE m.id IN (
                SELECT o.id FROM matter o JOIN unnest($2::text[], $3::interval[]) AS c(kind, calm) ON c.kind = o.kind
                WHERE o.closed_at IS NULL AND o.over_since <= $1::timestamptz - c.calm ORDER BY o.id LIMIT $4)
            RETURNING {", ".join(f"m.{name}" for name in _COLUMNS.split(", "))}""",
        now, list(calm), list(calm.values()), limit,
    )  # fmt: skip
    return tuple(sorted((_read(row) for row in rows), key=lambda one: one.id))


async def due(conn: Connection, now: datetime, limit: int) -> tuple[Matter, ...]:
    """What lasts and is to be reminded of; a question that was answered waits for nobody."""
    rows = await conn.fetch(
        f"""SELECT {_COLUMNS} FROM matter m WHERE closed_at IS NULL AND over_since IS NULL AND due_at <= $1
                AND CASE kind WHEN 'conflict' THEN NOT EXISTS (
                    SELECT FROM conflict c WHERE c.id = m.ref::bigint AND c.status = 'resolved') ELSE true END
            ORDER BY due_at, id LIMIT $2 FOR UPDATE""",
        now, limit,
    )  # fmt: skip
    return tuple(_read(row) for row in rows)


def _read(row: Record) -> Matter:
    facts = dict(row)
    return Matter(**facts | {"channels": tuple(facts["channels"])})
