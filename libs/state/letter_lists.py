"""Dead letters as a list: filtered, grouped by what is wrong with them, and the numbers of all that a rule takes in.

Promises: no list reads what letters carry, which may be a megabyte each; pages go by the letters' numbers.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from libs.runtime.database import Connection
from libs.state.dead_letters import Kept, read

_COLUMNS = """
    id, service, letter_topic, letter_partition, letter_offset, origin_topic, origin_partition, origin_offset, key,
    '{}'::text[] AS header_names, '{}'::bytea[] AS header_values, NULL::bytea AS body, reason, error, code, field,
    attempts, entity, binding_id, side, first_failed_at, kept_at, status, decided_by, decided_at, decision
"""


@dataclass(frozen=True, slots=True)
class Filter:
    """Which letters; None is any. `topic` is where they came from, "" that they were never records of a topic."""

    status: str | None = "kept"
    service: str | None = None
    topic: str | None = None
    reason: str | None = None
    code: str | None = None
    field: str | None = None
    binding_id: int | None = None


@dataclass(frozen=True, slots=True)
class Group:
    """Undecided letters of one service and topic with one thing wrong; `first_id` is one to look at."""

    service: str
    topic: str
    reason: str
    code: str
    field: str | None
    count: int
    first_id: int
    oldest_at: datetime
    newest_at: datetime


async def groups(conn: Connection) -> tuple[Group, ...]:
    """Undecided letters by what is wrong with them, the most frequent first."""
    rows = await conn.fetch(
        """SELECT service, coalesce(origin_topic, '') AS topic, reason, code, field, count(*) AS count,
               min(id) AS first_id, min(kept_at) AS oldest_at, max(kept_at) AS newest_at
           FROM dead_letter WHERE status = 'kept' GROUP BY 1, 2, 3, 4, 5 ORDER BY count(*) DESC, 1, 2, 3, 4, 5"""
    )
    return tuple(Group(**dict(row)) for row in rows)


async def page(
    conn: Connection, wanted: Filter, *, after: int = 0, before: int | None = None, limit: int = 50
) -> tuple[Kept, ...]:
    """Letters in the order of their numbers, without what they carry: after one, or the last ones before one."""
    way, edge = ("ASC", "id > {}") if before is None else ("DESC", "id < {}")
    where, values = _where(wanted, (edge, after if before is None else before))
    rows = await conn.fetch(
        f"SELECT {_COLUMNS} FROM dead_letter WHERE {where} ORDER BY id {way} LIMIT ${len(values) + 1}", *values, limit
    )
    found = tuple(read(row) for row in rows)
    return found if before is None else found[::-1]


async def count(conn: Connection, wanted: Filter) -> int:
    """How many there are."""
    where, values = _where(wanted)
    found: int = await conn.fetchval(f"SELECT count(*) FROM dead_letter WHERE {where}", *values)
    return found


async def taken_in(conn: Connection, wanted: Filter, limit: int) -> tuple[int, ...]:
    """The number of each letter that the rule means, oldest first."""
    where, values = _where(wanted)
    rows = await conn.fetch(
        f"SELECT id FROM dead_letter WHERE {where} ORDER BY id LIMIT ${len(values) + 1}", *values, limit
    )
    return tuple(row["id"] for row in rows)


def told(wanted: Filter) -> dict[str, Any]:
    """The filter as JSON: what is asked for, by its name."""
    given = {name: getattr(wanted, name) for name in Filter.__slots__}
    return {
        name: value.isoformat() if isinstance(value, datetime) else value
        for name, value in given.items()
        if value is not None
    }


def _where(wanted: Filter, *more: tuple[str, Any]) -> tuple[str, list[Any]]:
    """Only what is asked for stands in the statement: each has a plan of its own, with the index that fits."""
    asked = [
        ("status = {}", wanted.status), ("service = {}", wanted.service),
        ("coalesce(origin_topic, '') = {}", wanted.topic), ("reason = {}", wanted.reason), ("code = {}", wanted.code),
        ("field = {}", wanted.field), ("binding_id = {}", wanted.binding_id), *more,
    ]  # fmt: skip
    given = [(clause, value) for clause, value in asked if value is not None]
    clauses = [clause.format(f"${number}") for number, (clause, _) in enumerate(given, start=1)]
    return " AND ".join(clauses) or "true", [value for _, value in given]
