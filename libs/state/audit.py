"""The audit: who did what, to which field, why, from which value to which, by which call, with what outcome.

Safe because the services' role may add and read entries and nothing else: neither a bug nor a stolen password of a
service can change what is written here. Entries are written in the transaction of what they tell of.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from libs.contracts.types import Entity, Side
from libs.runtime.database import Connection


@dataclass(frozen=True, slots=True)
class Entry:
    """One act. `before` and `after` are JSON values and may be personal: they never leave this table and its API."""

    actor: str
    action: str
    reason: str = ""
    entity: Entity | None = None
    binding_id: int | None = None
    vms_id: str | None = None
    keycrm_id: int | None = None
    side: Side | None = None
    field: str | None = None
    before: Any = None
    after: Any = None
    call: str | None = None
    outcome: str = "done"
    correlation_id: str | None = None
    operation_id: UUID | None = None


@dataclass(frozen=True, slots=True)
class Kept:
    """An entry with its number and time."""

    id: int
    at: datetime
    entry: Entry


_NAMES = (
    "actor", "action", "reason", "entity", "binding_id", "vms_id", "keycrm_id", "side", "field", "before", "after",
    "call", "outcome", "correlation_id", "operation_id",
)  # fmt: skip


async def append(conn: Connection, entries: Iterable[Entry], now: datetime) -> None:
    """Write entries."""
    rows = [(now, *(getattr(entry, name) for name in _NAMES)) for entry in entries]
    if rows:
        places = ", ".join(f"${number}" for number in range(1, len(_NAMES) + 2))
        await conn.executemany(f"INSERT INTO audit_entry (at, {', '.join(_NAMES)}) VALUES ({places})", rows)


async def count(conn: Connection, action: str, since: datetime) -> int:
    """How often this was done since then."""
    found: int = await conn.fetchval(
        "SELECT count(*) FROM audit_entry WHERE at >= $1 AND action = $2", since, action
    )  # fmt: skip
    return found


async def count_writes(
    conn: Connection, entity: Entity, side: Side, field: str, since: datetime, afters: Collection[int] | None = None
) -> int:
    """How many records had this field written on that side since then, to one of these values if they are given."""
    found: int = await conn.fetchval(
        """SELECT count(DISTINCT binding_id) FROM audit_entry
           WHERE at >= $1 AND entity = $2 AND side = $3 AND field = $4 AND action = 'updated'
               AND ($5::jsonb[] IS NULL OR after = ANY($5::jsonb[]))""",
        since, entity, side, field, None if afters is None else list(afters),
    )  # fmt: skip
    return found


async def page(
    conn: Connection,
    *,
    binding_id: int | None = None,
    actor: str | None = None,
    action: str | None = None,
    since: datetime | None = None,
    until: datetime | None = None,
    operation_id: UUID | None = None,
    before: int | None = None,
    limit: int = 100,
) -> tuple[Kept, ...]:
    """Entries, newest first, before one of them; a binding's include those of the halves that became part of it."""
    asked = [
        ("binding_id = ANY(ARRAY(SELECT f.id FROM former_binding f WHERE f.binding_id = {0} UNION ALL SELECT {0}))",
         binding_id),
        ("actor = {0}", actor), ("action = {0}", action), ("at >= {0}", since), ("at < {0}", until),
        ("operation_id = {0}", operation_id), ("id < {0}", before),
    ]  # fmt: skip
    # Only what is asked for stands in the statement: each has a plan of its own, with the index that fits.
    given = [(clause, value) for clause, value in asked if value is not None]
    where = " AND ".join(clause.format(f"${number}") for number, (clause, _) in enumerate(given, start=1))
    rows = await conn.fetch(
        f"""SELECT id, at, {", ".join(_NAMES)} FROM audit_entry WHERE {where or "true"}
            ORDER BY id DESC LIMIT ${len(given) + 1}""",
        *(value for _, value in given), limit,
    )  # fmt: skip
    return tuple(_read(dict(row)) for row in rows)


async def actors(conn: Connection, limit: int = 200) -> tuple[str, ...]:
    """Who is in it, found by hopping along the index from one name to the next."""
    rows = await conn.fetch(
        """WITH RECURSIVE found AS (
               (SELECT actor FROM audit_entry ORDER BY actor LIMIT 1)
               UNION ALL
               SELECT (SELECT actor FROM audit_entry WHERE actor > found.actor ORDER BY actor LIMIT 1)
               FROM found WHERE found.actor IS NOT NULL)
           SELECT actor FROM found WHERE actor IS NOT NULL LIMIT $1""",
        limit,
    )
    return tuple(row["actor"] for row in rows)


async def actions(conn: Connection, limit: int = 200) -> tuple[str, ...]:
    """What was ever done, likewise."""
    rows = await conn.fetch(
        """WITH RECURSIVE found AS (
               (SELECT action FROM audit_entry ORDER BY action LIMIT 1)
               UNION ALL
               SELECT (SELECT action FROM audit_entry WHERE action > found.action ORDER BY action LIMIT 1)
               FROM found WHERE found.action IS NOT NULL)
           SELECT action FROM found WHERE action IS NOT NULL LIMIT $1""",
        limit,
    )
    return tuple(row["action"] for row in rows)


def _read(facts: dict[str, Any]) -> Kept:
    number, at = facts.pop("id"), facts.pop("at")
    entity, side = facts["entity"], facts["side"]
    facts |= {"entity": Entity(entity) if entity else None, "side": Side(side) if side else None}
    return Kept(number, at, Entry(**facts))
