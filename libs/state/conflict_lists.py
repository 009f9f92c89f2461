"""Questions as a list: filtered, counted by what is asked, and the numbers of all that one rule takes in.

Promises: pages go by the questions' numbers, so that none is shown twice and none is passed over while others are
answered; what a rule takes in is told with how often each was asked, so that an answer can name what was seen.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal

from libs.contracts.types import Entity
from libs.runtime.database import Connection
from libs.state.conflicts import COLUMNS, Conflict, read

Moved = Literal["vms", "keycrm", "both"]


@dataclass(frozen=True, slots=True)
class Filter:
    """Which questions; None is any. `moved`: the side that shows something else than what was last agreed on."""

    status: str | None = "open"
    entity: Entity | None = None
    field: str | None = None
    reason: str | None = None
    moved: Moved | None = None
    binding_id: int | None = None
    opened_before: datetime | None = None
    opened_after: datetime | None = None


@dataclass(frozen=True, slots=True)
class Group:
    """Open questions that ask the same of the same field."""

    entity: Entity
    field: str
    reason: str
    count: int
    oldest_at: datetime
    newest_at: datetime


# Which side shows something else than what was last agreed on.
_MOVED = {
    "vms": "shown_vms IS DISTINCT FROM base_vms AND shown_keycrm IS NOT DISTINCT FROM base_keycrm",
    "keycrm": "shown_keycrm IS DISTINCT FROM base_keycrm AND shown_vms IS NOT DISTINCT FROM base_vms",
    "both": "shown_vms IS DISTINCT FROM base_vms AND shown_keycrm IS DISTINCT FROM base_keycrm",
}


async def page(
    conn: Connection, wanted: Filter, *, after: int = 0, before: int | None = None, limit: int = 50
) -> tuple[Conflict, ...]:
    """Questions in the order of their numbers: after one of them, or, with `before`, the last ones before it."""
    way, edge = ("ASC", "id > {}") if before is None else ("DESC", "id < {}")
    where, values = _where(wanted, (edge, after if before is None else before))
    rows = await conn.fetch(
        f"SELECT {COLUMNS} FROM conflict WHERE {where} ORDER BY id {way} LIMIT ${len(values) + 1}", *values, limit
    )
    found = tuple(read(row) for row in rows)
    return found if before is None else found[::-1]


async def count(conn: Connection, wanted: Filter) -> int:
    """How many there are."""
    where, values = _where(wanted)
    found: int = await conn.fetchval(f"SELECT count(*) FROM conflict WHERE {where}", *values)
    return found


async def groups(conn: Connection) -> tuple[Group, ...]:
    """Open questions by entity, field and reason, the most frequent first."""
    rows = await conn.fetch(
        """SELECT entity, field, reason, count(*) AS count, min(opened_at) AS oldest_at, max(opened_at) AS newest_at
           FROM conflict WHERE status = 'open' GROUP BY entity, field, reason
           ORDER BY count(*) DESC, entity, field, reason"""
    )
    return tuple(Group(**dict(row) | {"entity": Entity(row["entity"])}) for row in rows)


async def taken_in(conn: Connection, wanted: Filter, choice: str, limit: int) -> tuple[tuple[int, int], ...]:
    """Number and `asked` of each question that the rule means and that takes this choice, oldest first."""
    where, values = _where(wanted, ("choices ? {}", choice))
    rows = await conn.fetch(
        f"SELECT id, asked FROM conflict WHERE {where} ORDER BY id LIMIT ${len(values) + 1}", *values, limit
    )
    return tuple((row["id"], row["asked"]) for row in rows)


async def several(conn: Connection, numbers: Sequence[int]) -> tuple[Conflict, ...]:
    """The questions of these numbers that there are."""
    rows = await conn.fetch(f"SELECT {COLUMNS} FROM conflict WHERE id = ANY($1::bigint[]) ORDER BY id", list(numbers))
    return tuple(read(row) for row in rows)


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
        ("status = {}", wanted.status), ("entity = {}", wanted.entity), ("field = {}", wanted.field),
        ("reason = {}", wanted.reason), ("binding_id = {}", wanted.binding_id),
        ("opened_at < {}", wanted.opened_before), ("opened_at >= {}", wanted.opened_after), *more,
    ]  # fmt: skip
    given = [(clause, value) for clause, value in asked if value is not None]
    clauses = [clause.format(f"${number}") for number, (clause, _) in enumerate(given, start=1)]
    if wanted.moved is not None:
        clauses.append(_MOVED[wanted.moved])
    return " AND ".join(clauses) or "true", [value for _, value in given]
