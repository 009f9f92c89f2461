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
    before: int | None = None,
    limit: int = 100,
) -> tuple[Kept, ...]:
    """Entries, newest first, before one of them; a binding's include those of the halves that became part of it."""
    rows = await conn.fetch(
        f"""SELECT id, at, {", ".join(_NAMES)} FROM audit_entry
            WHERE ($1::bigint IS NULL OR binding_id = $1
                OR binding_id IN (SELECT f.id FROM former_binding f WHERE f.binding_id = $1))
                AND ($2::text IS NULL OR actor = $2) AND ($3::text IS NULL OR action = $3)
                AND ($4::timestamptz IS NULL OR at >= $4) AND ($5::timestamptz IS NULL OR at < $5)
                AND ($6::bigint IS NULL OR id < $6)
            ORDER BY id DESC LIMIT $7""",
        binding_id, actor, action, since, until, before, limit,
    )  # fmt: skip
    return tuple(_read(dict(row)) for row in rows)


async def of(conn: Connection, binding_id: int, limit: int) -> tuple[Kept, ...]:
    """The newest entries of one binding and of the halves that became part of it, the newest first."""
    rows = await conn.fetch(
        f"""SELECT id, at, {", ".join(_NAMES)} FROM audit_entry WHERE binding_id = ANY(ARRAY(
                SELECT f.id FROM former_binding f WHERE f.binding_id = $1 UNION ALL SELECT $1))
            ORDER BY id DESC LIMIT $2""",
        binding_id, limit,
    )  # fmt: skip
    return tuple(_read(dict(row)) for row in rows)


def _read(facts: dict[str, Any]) -> Kept:
    number, at = facts.pop("id"), facts.pop("at")
    entity, side = facts["entity"], facts["side"]
    facts |= {"entity": Entity(entity) if entity else None, "side": Side(side) if side else None}
    return Kept(number, at, Entry(**facts))
