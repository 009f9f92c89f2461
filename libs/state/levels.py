"""Levels: the wanted stock of a SKU in a warehouse, the wanted price of a SKU; the newest value wins (rule 29).

Safe because a newer value replaces an older one in one statement and raises the row's version; what is on its way is
kept as `sending` until an answer is recorded, so an unknown outcome is simply sent again; and a batch's records match
its token only. So 5, 4, 5 ends at 5 whenever the middle one was sent. A level waits until its article has an offer.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from enum import StrEnum
from uuid import UUID

from libs.runtime.database import Connection
from libs.runtime.errors import LeaseLost

CHANNEL = "level_due"


class Kind(StrEnum):
    """What kind of level; a price has no warehouse (an empty one)."""

    STOCK = "stock"
    PRICE = "price"

    @property
    def table(self) -> str:
        """Where its rows stand."""
        return f"{self.value}_level"


@dataclass(frozen=True, slots=True)
class Want:
    """What VMS has since `changed_at`."""

    sku: str
    warehouse: str
    value: Decimal
    changed_at: datetime
    event_id: str
    binding_id: int | None = None
    marked_at: datetime | None = None
    """When it changed at its source, if its latency should count from there; else the mark's own time."""
    correlation_id: str | None = None
    traceparent: str | None = None


@dataclass(frozen=True, slots=True)
class Level:
    """One claimed level: send `value`."""

    kind: Kind
    sku: str
    warehouse: str
    value: Decimal
    attempt: int
    version: int
    lease_token: UUID
    lease_until: datetime
    due_at: datetime
    marked_at: datetime
    figure: Decimal | None = None
    """What KeyCRM is believed to show."""
    is_drifted: bool = False
    """Whether it is sent because KeyCRM's own figure went another way."""
    binding_id: int | None = None
    correlation_id: str | None = None
    traceparent: str | None = None


# A back-off outlasts a newer value; a wait for VMS's own event ends with it.
# KeyCRM is believed to show `keycrm_figure` (what was sent, or seen later): then there is nothing to send.
_IS_SHOWN = "l.sending IS NULL AND excluded.wanted = l.keycrm_figure"
_WANT = f"""
    INSERT INTO {{table}} AS l (sku, warehouse, binding_id, wanted, changed_at, event_id, state, due_at, marked_at,
        correlation_id, traceparent, updated_at)
    SELECT sku, warehouse, binding_id, wanted, changed_at, event_id, 'due', $10::timestamptz, marked_at, correlation_id,
        traceparent, $10::timestamptz
    FROM unnest($1::text[], $2::text[], $3::bigint[], $4::numeric[], $5::timestamptz[], $6::text[], $7::timestamptz[],
        $8::text[], $9::text[])
        AS t(sku, warehouse, binding_id, wanted, changed_at, event_id, marked_at, correlation_id, traceparent)
    ORDER BY sku, warehouse
    ON CONFLICT (sku, warehouse) DO UPDATE SET
        binding_id = coalesce(excluded.binding_id, l.binding_id), wanted = excluded.wanted,
        changed_at = excluded.changed_at, event_id = excluded.event_id, version = l.version + 1,
        state = CASE WHEN {_IS_SHOWN} THEN 'settled' ELSE 'due' END,
        due_at = CASE WHEN {_IS_SHOWN} THEN NULL WHEN l.state = 'due' THEN l.due_at ELSE excluded.due_at END,
        marked_at = CASE WHEN {_IS_SHOWN} THEN NULL ELSE least(l.marked_at, excluded.marked_at) END,
        attempt = CASE WHEN l.state = 'refused' THEN 1 ELSE l.attempt END, error = NULL,
        correlation_id = excluded.correlation_id, traceparent = excluded.traceparent, updated_at = excluded.updated_at
    WHERE excluded.changed_at > l.changed_at
        OR (excluded.changed_at = l.changed_at AND excluded.event_id <> l.event_id)
    RETURNING l.state
"""
_READY = """
    l.due_at <= $1 AND (l.lease_until IS NULL OR l.lease_until <= $1)
    AND (l.binding_id IS NULL OR EXISTS (
        SELECT FROM binding b WHERE b.id = l.binding_id AND b.keycrm_id IS NOT NULL))
    AND '{kind}.to_keycrm' <> ALL (ARRAY(SELECT flow FROM stopped_flow WHERE resumed_at IS NULL))
"""
_WAREHOUSES = (
    """
    SELECT w.warehouse FROM (SELECT DISTINCT warehouse FROM {table} WHERE due_at <= $1) w
    WHERE EXISTS (SELECT FROM {table} l WHERE l.warehouse = w.warehouse AND """
    + _READY
    + """) ORDER BY 1
"""
)
_CLAIM = (
    """
    WITH lease AS MATERIALIZED (SELECT gen_random_uuid() AS token),
    picked AS MATERIALIZED (
        SELECT l.sku, l.warehouse FROM {table} l WHERE l.warehouse = $2 AND """
    + _READY
    + """
        ORDER BY l.due_at LIMIT $3 FOR UPDATE OF l SKIP LOCKED)
    UPDATE {table} l SET sending = l.wanted, lease_token = lease.token, lease_until = $1 + $4, lease_version = l.version
    FROM picked, lease WHERE l.sku = picked.sku AND l.warehouse = picked.warehouse
    RETURNING l.sku, l.warehouse, l.sending AS value, l.attempt, l.version, l.lease_token, l.lease_until, l.due_at,
        coalesce(l.marked_at, l.due_at) AS marked_at, l.keycrm_figure AS figure, l.state = 'drifted' AS is_drifted,
        l.binding_id, l.correlation_id, l.traceparent
"""
)
# Rows are locked in one order, so that a record and a mark never wait for each other in a circle.
_HELD = """
    WITH held AS MATERIALIZED (
        SELECT l.sku, l.warehouse FROM {table} l
        JOIN unnest($1::text[], $2::text[]) AS t(sku, warehouse) USING (sku, warehouse)
        WHERE l.lease_token = $3 AND l.lease_until > $4
        ORDER BY l.sku, l.warehouse FOR UPDATE OF l)
    UPDATE {table} l SET {changes} FROM held WHERE l.sku = held.sku AND l.warehouse = held.warehouse
    RETURNING l.lease_until
"""
_FREE = "lease_token = NULL, lease_until = NULL, lease_version = NULL, updated_at = $4"
# A value that came meanwhile and is the one just sent needs no second call.
_IS_DONE = "(l.version = l.lease_version OR l.wanted = l.sending)"
_FINISH = f"""
    sent = l.sending, sent_at = $4, keycrm_figure = l.sending, figure_seen_at = $4, sending = NULL, attempt = 1,
    error = NULL, state = CASE WHEN {_IS_DONE} THEN 'settled' ELSE 'due' END,
    due_at = CASE WHEN {_IS_DONE} THEN NULL ELSE $4 END,
    marked_at = CASE WHEN {_IS_DONE} THEN NULL ELSE l.marked_at END, {_FREE}
"""
_POSTPONE = f"due_at = $5, attempt = l.attempt + $6, error = $7, {_FREE}"
_RELEASE = f"due_at = least(l.due_at, $4), {_FREE}"
_GIVE_UP = f"""
    sending = NULL, state = CASE WHEN l.version = l.lease_version THEN 'refused' ELSE 'due' END,
    due_at = CASE WHEN l.version = l.lease_version THEN NULL ELSE $4 END, attempt = 1, error = $5, {_FREE}
"""
_RENEW = "lease_until = $4 + $5"


async def want(conn: Connection, kind: Kind, wants: Iterable[Want], now: datetime) -> int:
    """Note what VMS has; answers how many values became due. Older ones change nothing."""
    newest: dict[tuple[str, str], Want] = {}
    for one in wants:
        known = newest.get((one.sku, one.warehouse))
        if known is None or one.changed_at >= known.changed_at:
            newest[one.sku, one.warehouse] = one
    if not newest:
        return 0
    rows = [newest[key] for key in sorted(newest)]
    changed = await conn.fetch(
        _WANT.format(table=kind.table),
        [one.sku for one in rows],
        [one.warehouse for one in rows],
        [one.binding_id for one in rows],
        [one.value for one in rows],
        [one.changed_at for one in rows],
        [one.event_id for one in rows],
        [one.marked_at or now for one in rows],
        [one.correlation_id for one in rows],
        [one.traceparent for one in rows],
        now,
    )
    due = sum(1 for row in changed if row["state"] == "due")
    if due:
        await conn.execute("SELECT pg_notify($1, $2)", CHANNEL, kind.value)
    return due


async def warehouses_due(conn: Connection, kind: Kind, now: datetime) -> tuple[str, ...]:
    """The warehouses that have something to claim."""
    rows = await conn.fetch(_WAREHOUSES.format(table=kind.table, kind=kind.value), now)
    return tuple(row["warehouse"] for row in rows)


async def claim(
    conn: Connection, kind: Kind, warehouse: str, limit: int, now: datetime, lease_seconds: float
) -> tuple[Level, ...]:
    """Lease up to `limit` due levels of one warehouse under one token, and note what is being sent."""
    length = timedelta(seconds=lease_seconds)
    rows = await conn.fetch(_CLAIM.format(table=kind.table, kind=kind.value), now, warehouse, limit, length)
    return tuple(sorted((Level(kind=kind, **dict(row)) for row in rows), key=lambda level: level.sku))


async def finish(conn: Connection, levels: Sequence[Level], now: datetime) -> None:
    """KeyCRM took them; one that has another wanted value by now stays due. Raises LeaseLost."""
    await _held(conn, levels, now, _FINISH)


async def postpone(
    conn: Connection, levels: Sequence[Level], due_at: datetime, is_attempt_counted: bool, reason: str, now: datetime
) -> None:
    """Sent again at `due_at`, whatever became of this call. Raises LeaseLost."""
    await _held(conn, levels, now, _POSTPONE, due_at, int(is_attempt_counted), reason)


async def give_up(conn: Connection, levels: Sequence[Level], reason: str, now: datetime) -> None:
    """KeyCRM refuses this value: nothing is sent until VMS has a newer one. Raises LeaseLost."""
    await _held(conn, levels, now, _GIVE_UP, reason)


async def again(conn: Connection, kind: Kind, sku: str, warehouse: str, now: datetime) -> bool:
    """A person wants a refused value sent once more; False: it is not refused (any longer)."""
    row = await conn.fetchval(
        f"""UPDATE {kind.table} SET state = 'due', due_at = $3, marked_at = $3, attempt = 1, error = NULL,
                version = version + 1, updated_at = $3
            WHERE sku = $1 AND warehouse = $2 AND state = 'refused' RETURNING sku""",
        sku, warehouse, now,
    )  # fmt: skip
    await conn.execute("SELECT pg_notify($1, $2)", CHANNEL, kind.value)
    return row is not None


async def release(conn: Connection, levels: Sequence[Level], now: datetime) -> None:
    """Handed back untouched. Raises LeaseLost."""
    await _held(conn, levels, now, _RELEASE)


async def renew(conn: Connection, levels: Sequence[Level], now: datetime, lease_seconds: float) -> datetime:
    """The batch's new end. Raises LeaseLost."""
    return await _held(conn, levels, now, _RENEW, timedelta(seconds=lease_seconds))


async def _held(conn: Connection, levels: Sequence[Level], now: datetime, changes: str, *values: object) -> datetime:
    """Change the rows that this batch still holds; all of them, or none and LeaseLost."""
    first = levels[0]
    rows = await conn.fetch(
        _HELD.format(table=first.kind.table, changes=changes),
        [level.sku for level in levels], [level.warehouse for level in levels], first.lease_token, now, *values,
    )  # fmt: skip
    if len(rows) != len(levels):
        raise LeaseLost(f"the lease of {len(levels) - len(rows)} {first.kind} levels is lost")
    until: datetime = rows[0]["lease_until"] or now
    return until
