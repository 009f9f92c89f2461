"""Many at once: what one rule took in when a person looked, noted one by one, then done in parts.

Safe because nothing is done but what was previewed and is still so: each item keeps how often its question had been
asked. A part holds the row of its bulk for the time of its transaction, so copies of the console never do one twice,
and whatever ends in between, the rest is done by the next one. The operation people follow is counted with each part.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Literal
from uuid import UUID

from libs.runtime.database import Connection

Kind = Literal["resolve", "replay", "discard"]
MOST = 10_000
"""At once; what is over it is the next one's."""
PREVIEW_LIVES = timedelta(hours=1)


@dataclass(frozen=True, slots=True)
class Bulk:
    """A rule, what is chosen for all that it took in, and how many they are; its id is its operation's."""

    id: UUID
    kind: Kind
    rule: Mapping[str, Any]
    choice: Mapping[str, Any]
    asked_by: str
    total: int
    previewed_at: datetime
    status: Literal["previewed", "running", "done"] = "previewed"
    correlation_id: str | None = None


@dataclass(frozen=True, slots=True)
class Item:
    """One of many: a question's or letter's number, and how often the question had been asked."""

    number: int
    asked: int = 0


_COLUMNS = "id, kind, rule, choice, asked_by, total, previewed_at, status, correlation_id"


async def preview(conn: Connection, bulk: Bulk, items: Sequence[Item]) -> None:
    """Note what the rule takes in now; earlier looks of the same person, and old ones of all, are forgotten."""
    await conn.execute(
        "DELETE FROM bulk WHERE status = 'previewed' AND (asked_by = $1 OR previewed_at < $2)",
        bulk.asked_by, bulk.previewed_at - PREVIEW_LIVES,
    )  # fmt: skip
    await conn.execute(
        """INSERT INTO bulk (id, kind, rule, choice, asked_by, total, previewed_at)
           VALUES ($1, $2, $3, $4, $5, $6, $7)""",
        bulk.id, bulk.kind, dict(bulk.rule), dict(bulk.choice), bulk.asked_by, bulk.total, bulk.previewed_at,
    )  # fmt: skip
    await conn.execute(
        """INSERT INTO bulk_item (bulk_id, number, asked)
           SELECT $1, number, asked FROM unnest($2::bigint[], $3::int[]) AS t(number, asked)""",
        bulk.id, [item.number for item in items], [item.asked for item in items],
    )  # fmt: skip


async def get(conn: Connection, bulk_id: UUID) -> Bulk | None:
    """One of them."""
    row = await conn.fetchrow(f"SELECT {_COLUMNS} FROM bulk WHERE id = $1", bulk_id)
    return Bulk(**dict(row)) if row else None


async def begin(conn: Connection, bulk_id: UUID, by: str, now: datetime, correlation_id: str) -> Bulk | None:
    """Let it run, once, for the person who looked; None: it runs already, is another's, or was forgotten."""
    row = await conn.fetchrow(
        f"""UPDATE bulk SET status = 'running', begun_at = $3, correlation_id = $4
            WHERE id = $1 AND asked_by = $2 AND status = 'previewed' RETURNING {_COLUMNS}""",
        bulk_id, by, now, correlation_id,
    )  # fmt: skip
    return Bulk(**dict(row)) if row else None


async def take(conn: Connection, limit: int) -> tuple[Bulk, tuple[Item, ...]] | None:
    """The next part of the oldest that runs and that nobody else works at; it is held until the transaction ends."""
    row = await conn.fetchrow(
        f"SELECT {_COLUMNS} FROM bulk WHERE status = 'running' ORDER BY begun_at LIMIT 1 FOR UPDATE SKIP LOCKED"
    )
    if row is None:
        return None
    items = await conn.fetch(
        """SELECT number, asked FROM bulk_item WHERE bulk_id = $1 AND outcome IS NULL ORDER BY number LIMIT $2""",
        row["id"], limit,
    )  # fmt: skip
    return Bulk(**dict(row)), tuple(Item(**dict(item)) for item in items)


async def note(conn: Connection, bulk_id: UUID, outcomes: Mapping[int, str], now: datetime) -> None:
    """What became of a part; when nothing is left, its operation ends with how many came out how."""
    await conn.execute(
        """UPDATE bulk_item i SET outcome = t.outcome FROM unnest($2::bigint[], $3::text[]) AS t(number, outcome)
           WHERE i.bulk_id = $1 AND i.number = t.number""",
        bulk_id, list(outcomes), list(outcomes.values()),
    )  # fmt: skip
    await conn.execute("UPDATE operation SET done = done + $2 WHERE id = $1", bulk_id, len(outcomes))
    is_over = await conn.fetchval(
        """UPDATE bulk SET status = 'done', finished_at = $2 WHERE id = $1 AND NOT EXISTS (
               SELECT FROM bulk_item WHERE bulk_id = $1 AND outcome IS NULL) RETURNING true""",
        bulk_id, now,
    )  # fmt: skip
    if is_over:
        await conn.execute(
            "UPDATE operation SET status = 'done', finished_at = $2, outcome = $3 WHERE id = $1",
            bulk_id, now, await tally(conn, bulk_id),
        )  # fmt: skip


async def tally(conn: Connection, bulk_id: UUID) -> dict[str, int]:
    """How many came out how, so far."""
    rows = await conn.fetch(
        """SELECT outcome, count(*) AS count FROM bulk_item WHERE bulk_id = $1 AND outcome IS NOT NULL
           GROUP BY outcome ORDER BY outcome""",
        bulk_id,
    )
    return {row["outcome"]: row["count"] for row in rows}


async def sample(conn: Connection, bulk_id: UUID, limit: int, outcome: str | None = None) -> tuple[int, ...]:
    """The first numbers of it, or of those that came out so."""
    rows = await conn.fetch(
        """SELECT number FROM bulk_item WHERE bulk_id = $1 AND ($2::text IS NULL OR outcome = $2)
           ORDER BY number LIMIT $3""",
        bulk_id, outcome, limit,
    )  # fmt: skip
    return tuple(row["number"] for row in rows)
