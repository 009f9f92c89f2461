"""The questions only the console asks of the database; nothing here writes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from libs.contracts.types import Lane, Side
from libs.runtime.database import Connection
from libs.state.levels import Kind


@dataclass(frozen=True, slots=True)
class LevelCounts:
    """The levels of one kind: how many are known, due, waiting for VMS's own event, refused; since when."""

    kind: Kind
    known: int
    due: int
    drifted: int
    refused: int
    oldest_at: datetime | None


@dataclass(frozen=True, slots=True)
class Quota:
    """A partner's budget; `limit` is None before the first call."""

    partner: str
    limit: int | None
    used: dict[Lane, int]
    frozen_until: datetime | None


@dataclass(frozen=True, slots=True)
class Half:
    """A binding's work towards one side."""

    side: Side
    due_at: datetime | None
    not_before_at: datetime | None
    attempt: int
    asleep_on: int | None
    asleep_since_at: datetime | None
    parked: str | None
    parked_at: datetime | None
    error: str | None


@dataclass(frozen=True, slots=True)
class Item:
    """A binding's work item."""

    lane: Lane
    leased_side: Side | None
    leased_until: datetime | None
    correlation_id: str | None
    halves: tuple[Half, ...]

    def half(self, side: Side) -> Half:
        """Its work towards that side."""
        return next(half for half in self.halves if half.side is side)


_HALF = ", ".join(
    f"due_{side}, not_before_{side}, attempt_{side}, asleep_on_{side}, asleep_since_{side}, parked_{side}, "
    f"parked_at_{side}, error_{side}"
    for side in Side
)
_LEVELS = """
    SELECT count(*) AS known, count(*) FILTER (WHERE due_at <= $1) AS due,
        count(*) FILTER (WHERE state = 'drifted') AS drifted, count(*) FILTER (WHERE state = 'refused') AS refused,
        min(coalesce(marked_at, due_at)) FILTER (WHERE due_at <= $1) AS oldest_at
    FROM {table}
"""


async def levels(conn: Connection, kind: Kind, now: datetime) -> LevelCounts:
    """How the levels of one kind stand."""
    row = await conn.fetchrow(_LEVELS.format(table=kind.table), now)
    assert row is not None
    return LevelCounts(kind=kind, **dict(row))


async def level_state(conn: Connection, kind: Kind, sku: str, warehouse: str) -> str | None:
    """The state of one level; None: there is none."""
    state: str | None = await conn.fetchval(
        f"SELECT state FROM {kind.table} WHERE sku = $1 AND warehouse = $2", sku, warehouse
    )
    return state


async def notification_status(conn: Connection, event_id: str, channel: str) -> str | None:
    """How one notification stands; None: there is none."""
    status: str | None = await conn.fetchval(
        "SELECT status FROM notification WHERE event_id = $1 AND channel = $2", event_id, channel
    )
    return status


async def quota(conn: Connection, partner: str, now: datetime) -> Quota:
    """The partner's budget as it stands."""
    row = await conn.fetchrow("SELECT limit_now, frozen_until FROM quota_state WHERE partner = $1", partner)
    used = await conn.fetch(
        "SELECT lane, count(*) AS used FROM quota_grant WHERE partner = $1 AND counts_until > $2 GROUP BY lane",
        partner, now,
    )  # fmt: skip
    frozen_until = row["frozen_until"] if row and row["frozen_until"] and row["frozen_until"] > now else None
    by_lane = {Lane(one["lane"]): one["used"] for one in used}
    return Quota(partner, row["limit_now"] if row else None, by_lane, frozen_until)


async def item(conn: Connection, binding_id: int) -> Item | None:
    """A binding's work item; None: nothing was ever due."""
    row = await conn.fetchrow(
        f"SELECT lane, lease_side, lease_until, correlation_id, {_HALF} FROM work_item WHERE binding_id = $1",
        binding_id,
    )
    if row is None:
        return None
    return Item(
        lane=Lane(row["lane"]),
        leased_side=Side(row["lease_side"]) if row["lease_side"] else None,
        leased_until=row["lease_until"],
        correlation_id=row["correlation_id"],
        halves=tuple(_half(dict(row), side) for side in Side),
    )


async def questions_of(conn: Connection, binding_ids: Sequence[int]) -> dict[tuple[int, str], int]:
    """The number of each open question about these bindings, by binding and field."""
    rows = await conn.fetch(
        "SELECT binding_id, field, id FROM conflict WHERE binding_id = ANY($1::bigint[]) AND status = 'open'",
        list(binding_ids),
    )
    return {(row["binding_id"], row["field"]): row["id"] for row in rows}


async def letters_of(conn: Connection, binding_ids: Sequence[int]) -> dict[int, int]:
    """The number of the newest letter about each of these bindings that waits for a person."""
    rows = await conn.fetch(
        """SELECT binding_id, max(id) AS id FROM dead_letter
           WHERE binding_id = ANY($1::bigint[]) AND status = 'kept' GROUP BY binding_id""",
        list(binding_ids),
    )
    return {row["binding_id"]: row["id"] for row in rows}


async def refused_outbox(conn: Connection) -> int:
    """Events that Kafka will never take, kept aside."""
    count: int = await conn.fetchval("SELECT count(*) FROM outbox WHERE refused IS NOT NULL")
    return count


def _half(row: dict[str, Any], side: Side) -> Half:
    return Half(
        side=side,
        due_at=row[f"due_{side}"],
        not_before_at=row[f"not_before_{side}"],
        attempt=row[f"attempt_{side}"],
        asleep_on=row[f"asleep_on_{side}"],
        asleep_since_at=row[f"asleep_since_{side}"],
        parked=row[f"parked_{side}"],
        parked_at=row[f"parked_at_{side}"],
        error=row[f"error_{side}"],
    )
