"""The event log: what was received, and what became of it.

Safe because it is written in the transaction of the mark, an event's source and id are unique (a redelivery is not
logged twice), and an event is settled by the statement that finishes, or gives up, the item at its mark version.
Payloads are kept only where they carry no personal data.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from libs.contracts.types import Entity, Side
from libs.runtime.database import Connection, to_json


@dataclass(frozen=True, slots=True)
class Received:
    """One event and the mark it made; without a binding nothing is due and it is processed at once."""

    source: str
    event_id: str
    event_type: str
    entity: Entity | None = None
    external_id: str | None = None
    due_side: Side | None = None
    binding_id: int | None = None
    version: int | None = None
    payload: Mapping[str, Any] | None = None
    happened_at: datetime | None = None
    correlation_id: str | None = None


@dataclass(frozen=True, slots=True)
class Logged:
    """An event of the log."""

    id: int
    received: Received
    status: str
    received_at: datetime
    processed_at: datetime | None
    error: str | None


_NAMES = (
    "source", "event_id", "event_type", "entity", "external_id", "due_side", "binding_id", "version", "payload",
    "happened_at", "correlation_id",
)  # fmt: skip
_RECORD = """
    INSERT INTO webhook_event (source, event_id, event_type, entity, external_id, due_side, binding_id, version,
        payload, happened_at, correlation_id, received_at, status, processed_at)
    SELECT t.source, t.event_id, t.event_type, t.entity, t.external_id, t.due_side, t.binding_id, t.version,
        t.payload::jsonb, t.happened_at, t.correlation_id, $12::timestamptz,
        CASE WHEN t.version IS NULL THEN 'processed' ELSE 'pending' END,
        CASE WHEN t.version IS NULL THEN $12::timestamptz END
    FROM unnest($1::text[], $2::text[], $3::text[], $4::text[], $5::text[], $6::text[], $7::bigint[], $8::bigint[],
        $9::text[], $10::timestamptz[], $11::text[])
        AS t(source, event_id, event_type, entity, external_id, due_side, binding_id, version, payload, happened_at,
            correlation_id)
    ORDER BY t.source, t.event_id
    ON CONFLICT (source, event_id) DO NOTHING RETURNING id
"""


async def record(conn: Connection, events: Iterable[Received], now: datetime) -> int:
    """Log events; answers how many were new."""
    by_id = {(event.source, event.event_id): event for event in events}
    if not by_id:
        return 0
    rows = list(by_id.values())
    columns = [[getattr(row, name) for row in rows] for name in _NAMES]
    columns[_NAMES.index("payload")] = [None if row.payload is None else to_json(row.payload) for row in rows]
    return len(await conn.fetch(_RECORD, *columns, now))


async def page(
    conn: Connection,
    *,
    binding_id: int | None = None,
    status: str | None = None,
    before: int | None = None,
    limit: int = 100,
) -> tuple[Logged, ...]:
    """Events, newest first, before one of them."""
    rows = await conn.fetch(
        f"""SELECT id, status, received_at, processed_at, error, {", ".join(_NAMES)} FROM webhook_event
            WHERE ($1::bigint IS NULL OR binding_id = $1) AND ($2::text IS NULL OR status = $2)
                AND ($3::bigint IS NULL OR id < $3) ORDER BY id DESC LIMIT $4""",
        binding_id, status, before, limit,
    )  # fmt: skip
    return tuple(_read(dict(row)) for row in rows)


async def of(conn: Connection, binding_id: int, limit: int) -> tuple[Logged, ...]:
    """The newest events of one binding, the newest first."""
    rows = await conn.fetch(
        f"""SELECT id, status, received_at, processed_at, error, {", ".join(_NAMES)} FROM webhook_event
            WHERE binding_id = $1 ORDER BY id DESC LIMIT $2""",
        binding_id, limit,
    )  # fmt: skip
    return tuple(_read(dict(row)) for row in rows)


async def count(conn: Connection, since: datetime) -> dict[str, int]:
    """How many events received since then are pending, processed or in error."""
    rows = await conn.fetch(
        "SELECT status, count(*) AS events FROM webhook_event WHERE received_at >= $1 GROUP BY status", since
    )
    return {row["status"]: row["events"] for row in rows}


def _read(facts: dict[str, Any]) -> Logged:
    received = {name: facts.pop(name) for name in _NAMES}
    entity, side = received["entity"], received["due_side"]
    received |= {"entity": Entity(entity) if entity else None, "due_side": Side(side) if side else None}
    return Logged(received=Received(**received), **facts)
