"""Dead letters as the console keeps them: shown, replayed or discarded by a person.

Safe because a letter's place on its topic is unique (read twice, kept once), and a decision is taken on a letter that
is still undecided, in the transaction of its effect: the record on its way to its origin again, or the mark.
Headers of one passage are stripped on replay; a letter without an origin is an item's, and its replay is a mark.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from asyncpg import Record

from libs.contracts.dead_letter import DeadLetter
from libs.contracts.types import Entity, Side
from libs.runtime.database import Connection

Decision = Literal["replayed", "discarded", "superseded"]


@dataclass(frozen=True, slots=True)
class Received:
    """A letter with its place on the dead-letter topic; the rest where an item stands behind it."""

    service: str
    topic: str
    partition: int
    offset: int
    letter: DeadLetter
    code: str = ""
    field: str | None = None
    entity: Entity | None = None
    binding_id: int | None = None
    side: Side | None = None


@dataclass(frozen=True, slots=True)
class Kept:
    """A letter with its number and what was decided."""

    id: int
    received: Received
    kept_at: datetime
    status: Literal["kept", "replayed", "discarded", "superseded"]
    decided_by: str | None
    decided_at: datetime | None
    decision: str | None


_KEEP = """
    INSERT INTO dead_letter (service, letter_topic, letter_partition, letter_offset, origin_topic, origin_partition,
        origin_offset, key, header_names, header_values, body, reason, error, attempts, first_failed_at, code, field,
        entity, binding_id, side, kept_at)
    VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18,
        coalesce((SELECT f.binding_id FROM former_binding f WHERE f.id = $19), $19), $20, $21)
    ON CONFLICT (letter_topic, letter_partition, letter_offset) DO NOTHING RETURNING id
"""


async def keep(conn: Connection, letters: Sequence[Received], now: datetime) -> tuple[int, ...]:
    """Keep letters; answers the numbers of those that were not kept before."""
    numbers = []
    for one in letters:
        letter = one.letter
        number: int | None = await conn.fetchval(
            _KEEP, one.service, one.topic, one.partition, one.offset, letter.topic, letter.partition, letter.offset,
            letter.key, [name for name, _ in letter.headers], [value for _, value in letter.headers], letter.body,
            letter.reason, letter.error, letter.attempts, letter.first_failed_at or now, one.code, one.field,
            one.entity, one.binding_id, one.side, now,
        )  # fmt: skip
        if number is not None:
            numbers.append(number)
    return tuple(numbers)


async def get(conn: Connection, letter_id: int, *, is_locked: bool = False) -> Kept | None:
    """One letter; `is_locked` holds it until the transaction ends, so that two people do not decide on it."""
    lock = "FOR UPDATE" if is_locked else ""
    row = await conn.fetchrow(f"SELECT * FROM dead_letter WHERE id = $1 {lock}", letter_id)
    return read(row) if row else None


async def page(
    conn: Connection,
    *,
    status: str | None = "kept",
    service: str | None = None,
    reason: str | None = None,
    binding_id: int | None = None,
    after: int = 0,
    limit: int = 50,
) -> tuple[Kept, ...]:
    """Letters in the order of their numbers, after one of them."""
    rows = await conn.fetch(
        """SELECT * FROM dead_letter WHERE id > $1 AND ($2::text IS NULL OR status = $2)
               AND ($3::text IS NULL OR service = $3) AND ($4::text IS NULL OR reason = $4)
               AND ($5::bigint IS NULL OR binding_id = $5) ORDER BY id LIMIT $6""",
        after, status, service, reason, binding_id, limit,
    )  # fmt: skip
    return tuple(read(row) for row in rows)


async def decide(
    conn: Connection, letter_id: int, decision: Decision, by: str, now: datetime, text: str | None = None
) -> bool:
    """Note what a person decided; False: it was decided before, and nothing may be done twice."""
    number = await conn.fetchval(
        """UPDATE dead_letter SET status = $2, decided_by = $3, decided_at = $4, decision = $5
           WHERE id = $1 AND status = 'kept' RETURNING id""",
        letter_id, decision, by, now, text,
    )  # fmt: skip
    return number is not None


async def count_kept(conn: Connection) -> dict[tuple[str, str], int]:
    """Undecided letters by service and reason."""
    rows = await conn.fetch(
        "SELECT service, reason, count(*) AS kept FROM dead_letter WHERE status = 'kept' GROUP BY service, reason"
    )
    return {(row["service"], row["reason"]): row["kept"] for row in rows}


def read(row: Record) -> Kept:
    """A row of `dead_letter` as a value."""
    letter = DeadLetter(
        topic=row["origin_topic"] or "", partition=row["origin_partition"], offset=row["origin_offset"], key=row["key"],
        body=row["body"], headers=tuple(zip(row["header_names"], row["header_values"], strict=True)),
        reason=row["reason"], error=row["error"], attempts=row["attempts"], first_failed_at=row["first_failed_at"],
    )  # fmt: skip
    received = Received(
        row["service"], row["letter_topic"], row["letter_partition"], row["letter_offset"], letter, row["code"],
        row["field"], Entity(row["entity"]) if row["entity"] else None, row["binding_id"],
        Side(row["side"]) if row["side"] else None,
    )  # fmt: skip
    return Kept(
        row["id"], received, row["kept_at"], row["status"], row["decided_by"], row["decided_at"], row["decision"]
    )
