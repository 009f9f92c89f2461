"""How the work stands, for the status page and the metrics: one cheap query each, nothing that work depends on."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from libs.contracts.types import Entity, Lane, Side
from libs.runtime.database import Connection

# What waits for its time, its lease or its parent is told apart from what could be claimed now. Most items are at rest,
# and only what is not is counted: of a hundred thousand that takes a third of the time.
_ITEMS = """
    SELECT e.entity,
        count(*) FILTER (WHERE due_{side} <= $1 AND parked_{side} IS NULL AND asleep_on_{side} IS NULL) AS due,
        count(*) FILTER (WHERE lease_side = '{side}' AND lease_until > $1) AS leased,
        count(*) FILTER (WHERE not_before_{side} > $1 AND parked_{side} IS NULL) AS backing_off,
        count(*) FILTER (WHERE asleep_on_{side} IS NOT NULL) AS asleep,
        min(asleep_since_{side}) AS asleep_since,
        count(*) FILTER (WHERE parked_{side} IS NOT NULL) AS parked,
        min(coalesce(least(marked_at_{side}, taken_at_{side}), due_{side}))
            FILTER (WHERE due_{side} <= $1 AND parked_{side} IS NULL) AS oldest_at
    FROM unnest($2::text[]) AS e(entity) LEFT JOIN work_item w ON w.entity = e.entity AND (due_{side} IS NOT NULL
        OR not_before_{side} > $1 OR asleep_on_{side} IS NOT NULL OR parked_{side} IS NOT NULL OR lease_side = '{side}')
    GROUP BY e.entity
"""


@dataclass(frozen=True, slots=True)
class ItemCounts:
    """The items of one entity towards one side."""

    entity: Entity
    side: Side
    due: int
    leased: int
    backing_off: int
    asleep: int
    asleep_since: datetime | None
    parked: int
    oldest_at: datetime | None


async def items(conn: Connection, now: datetime) -> tuple[ItemCounts, ...]:
    """Work items by entity and side; nothing to do is zeros."""
    found = []
    for side in Side:
        for row in await conn.fetch(_ITEMS.format(side=side), now, list(Entity)):
            facts = dict(row)
            found.append(ItemCounts(entity=Entity(facts.pop("entity")), side=side, **facts))
    return tuple(found)


async def bindings(conn: Connection) -> dict[tuple[Entity, str], int]:
    """Bindings by entity and status."""
    rows = await conn.fetch("SELECT entity, status, count(*) AS found FROM binding GROUP BY entity, status")
    return {(Entity(row["entity"]), row["status"]): row["found"] for row in rows}


async def oldest_questions(conn: Connection) -> dict[Entity, datetime]:
    """Since when the oldest open question of each entity waits for a person."""
    rows = await conn.fetch(
        "SELECT entity, min(opened_at) AS since FROM conflict WHERE status = 'open' GROUP BY entity"
    )
    return {Entity(row["entity"]): row["since"] for row in rows}


async def polled_until(conn: Connection) -> dict[str, datetime]:
    """Up to when each poll has seen everything; walks without times are not among them."""
    rows = await conn.fetch("SELECT name, at FROM watermark WHERE at IS NOT NULL AND name NOT LIKE 'sync.%'")
    return {row["name"]: row["at"] for row in rows}


async def lanes_waiting(conn: Connection, now: datetime) -> frozenset[Lane]:
    """The lanes in which somebody waits for a call's grant."""
    rows = await conn.fetch("SELECT DISTINCT lane FROM quota_wait WHERE until > $1", now)
    return frozenset(Lane(row["lane"]) for row in rows)


async def known(conn: Connection, entity: Entity) -> int:
    """How many records of an entity are bound on both sides."""
    found: int = await conn.fetchval(
        "SELECT count(*) FROM binding WHERE entity = $1 AND vms_id IS NOT NULL AND keycrm_id IS NOT NULL", entity
    )
    return found
