"""Work items: claim under a lease, then finish, postpone, park or hand back.

Safe because a claim locks its row and skips rows that others hold, so no two workers get one binding, whatever the
side; every later step matches the claim's token and no row once it is lost; and finishing compares the mark version,
so that what was marked during work stays due. Lanes and stopped flows are honoured here and nowhere else.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from libs.contracts.types import Entity, Lane, Side
from libs.runtime.database import Connection
from libs.runtime.work import Backlog, Failure, WorkItem
from libs.state import leases

DEAD = "dead"

# Written once for both sides; `{side}` is one of two words of ours, never input.
_READY = """
    w.due_{side} <= $1 AND w.asleep_on_{side} IS NULL AND w.parked_{side} IS NULL
    AND (w.not_before_{side} IS NULL OR w.not_before_{side} <= $1) AND (w.lease_until IS NULL OR w.lease_until <= $1)
    AND w.entity || '.to_{side}' <> ALL (ARRAY(SELECT flow FROM stopped_flow WHERE resumed_at IS NULL))
"""
_CLAIM = (
    """
    WITH picked AS MATERIALIZED (
        SELECT w.binding_id FROM work_item w
        WHERE w.lane = $3 AND w.entity = ANY($4::text[]) AND """
    + _READY
    + """
        ORDER BY w.due_{side} LIMIT 1 FOR UPDATE OF w SKIP LOCKED)
    UPDATE work_item w SET lease_token = gen_random_uuid(), lease_side = '{side}', lease_until = $1 + $2,
        taken_at_{side} = least(w.taken_at_{side}, w.marked_at_{side}), marked_at_{side} = NULL
    FROM picked WHERE w.binding_id = picked.binding_id
    RETURNING w.binding_id, w.entity, w.lane, w.attempt_{side} AS attempt, w.version_{side} AS version, w.lease_token,
        w.lease_until, w.due_{side} AS due_at, coalesce(w.taken_at_{side}, w.due_{side}) AS marked_at,
        w.correlation_id, w.traceparent
"""
)
# One probe of the index a lane: without order and limit all that is due, or all there is, would be read.
_LANES = (
    """
    SELECT lane FROM generate_series(0, 5) AS lane CROSS JOIN LATERAL (
        SELECT FROM work_item w WHERE w.lane = lane.lane AND w.entity = ANY($2::text[]) AND """
    + _READY
    + """ ORDER BY w.due_{side} LIMIT 1) AS ready ORDER BY lane
"""
)
_BACKLOG = """
    SELECT lane, count(*) AS due, min(coalesce(least(marked_at_{side}, taken_at_{side}), due_{side})) AS oldest_at
    FROM work_item WHERE due_{side} <= $1 AND parked_{side} IS NULL AND asleep_on_{side} IS NULL
    GROUP BY lane ORDER BY lane
"""
_FREE = "lease_token = NULL, lease_side = NULL, lease_until = NULL"
_FENCE = "w.binding_id = $1 AND w.lease_token = $2 AND w.lease_until > $3"
# Whoever waited for this version, or saw an event up to it, is served in the same statement.
_FINISH = f"""
    WITH done AS (
        UPDATE work_item w SET
            due_{{side}} = CASE WHEN w.version_{{side}} > $4 THEN w.due_{{side}} ELSE $5::timestamptz END,
            marked_at_{{side}} = CASE WHEN w.version_{{side}} > $4 THEN coalesce(w.marked_at_{{side}}, $3)
                ELSE $5::timestamptz END,
            taken_at_{{side}} = NULL, attempt_{{side}} = 1, not_before_{{side}} = NULL, error_{{side}} = NULL, {_FREE}
        WHERE {_FENCE} RETURNING w.binding_id),
    logged AS (
        UPDATE webhook_event e SET status = 'processed', processed_at = $3 FROM done
        WHERE e.binding_id = done.binding_id AND e.due_side = '{{side}}' AND e.version <= $4 AND e.status = 'pending'),
    operated AS (
        UPDATE operation o SET waits_{{side}} = NULL, outcome = o.outcome || jsonb_build_object('{{side}}', $6::jsonb),
            status = CASE WHEN o.waits_{{other}} IS NULL THEN 'done' ELSE o.status END,
            finished_at = CASE WHEN o.waits_{{other}} IS NULL THEN $3 END
        FROM done WHERE o.binding_id = done.binding_id AND o.status = 'running' AND o.waits_{{side}} <= $4
        RETURNING o.id, o.finished_at)
    SELECT (SELECT count(*) FROM done) AS finished,
        ARRAY(SELECT id FROM operated WHERE finished_at IS NOT NULL) AS operations
"""
_POSTPONE = f"""
    UPDATE work_item w SET not_before_{{side}} = $4, attempt_{{side}} = $5, error_{{side}} = $6,
        marked_at_{{side}} = least(w.marked_at_{{side}}, w.taken_at_{{side}}), taken_at_{{side}} = NULL, {_FREE}
    WHERE {_FENCE} RETURNING w.binding_id
"""
_RELEASE = f"""
    UPDATE work_item w SET marked_at_{{side}} = least(w.marked_at_{{side}}, w.taken_at_{{side}}),
        taken_at_{{side}} = NULL, {_FREE}
    WHERE {_FENCE} RETURNING w.binding_id
"""
# A newer mark keeps even a dead item due: what it brings may be the cure.
_PARK = f"""
    UPDATE work_item w SET
        due_{{side}} = CASE WHEN w.version_{{side}} > $4 THEN w.due_{{side}} END,
        parked_{{side}} = CASE WHEN w.version_{{side}} > $4 THEN NULL ELSE $5 END,
        parked_at_{{side}} = CASE WHEN w.version_{{side}} > $4 THEN NULL ELSE $3 END,
        error_{{side}} = $6, attempt_{{side}} = 1, not_before_{{side}} = NULL, taken_at_{{side}} = NULL, {_FREE}
    WHERE {_FENCE} RETURNING w.version_{{side}}
"""
_FAIL_LOGGED = """
    UPDATE webhook_event SET status = 'error', processed_at = $4, error = $5
    WHERE binding_id = $1 AND due_side = $2 AND version <= $3 AND status = 'pending'
"""
_FAIL_OPERATIONS = """
    UPDATE operation SET status = 'failed', finished_at = $3, error = $4
    WHERE binding_id = $1 AND status = 'running' AND waits_{side} <= $2 RETURNING id
"""
_ALL = tuple(Entity)


async def claim(
    conn: Connection, side: Side, lane: Lane, now: datetime, lease_seconds: float, entities: Sequence[Entity] = _ALL
) -> WorkItem | None:
    """Lease the item that has been due longest in this lane; None: nothing is due, or others hold what is."""
    length = timedelta(seconds=lease_seconds)
    row = await conn.fetchrow(_CLAIM.format(side=side), now, length, lane, list(entities))
    if row is None:
        return None
    return WorkItem(
        binding_id=row["binding_id"], entity=Entity(row["entity"]), side=side, lane=Lane(row["lane"]),
        attempt=row["attempt"], mark_version=row["version"], lease_token=row["lease_token"],
        lease_until=row["lease_until"], due_at=row["due_at"], marked_at=row["marked_at"],
        correlation_id=row["correlation_id"], traceparent=row["traceparent"],
    )  # fmt: skip


async def finish(
    conn: Connection,
    item: WorkItem,
    now: datetime,
    *,
    due_again_at: datetime | None = None,
    outcome: Mapping[str, Any] | None = None,
) -> tuple[UUID, ...]:
    """Done with this version, or due again at once if it was marked meanwhile; answers the operations that ended.

    `due_again_at`: nothing is wrong, but there is something to look at later (a write that must settle).

    Raises:
        LeaseLost: nothing was changed; the caller's transaction must not commit.
    """
    row = await conn.fetchrow(
        _FINISH.format(side=item.side, other=item.side.other), item.binding_id, item.lease_token, now,
        item.mark_version, due_again_at, dict(outcome or {}),
    )  # fmt: skip
    if row is None or not row["finished"]:
        raise leases.lost(item)
    return tuple(row["operations"])


async def postpone(
    conn: Connection, item: WorkItem, due_at: datetime, attempt: int, reason: str, now: datetime
) -> None:
    """Not before `due_at`, then as attempt number `attempt`; the lease is given up."""
    sql = _POSTPONE.format(side=item.side)
    if await conn.fetchval(sql, item.binding_id, item.lease_token, now, due_at, attempt, reason) is None:
        raise leases.lost(item)


async def release(conn: Connection, item: WorkItem, now: datetime) -> None:
    """Handed back untouched: due as before, for anyone."""
    if await conn.fetchval(_RELEASE.format(side=item.side), item.binding_id, item.lease_token, now) is None:
        raise leases.lost(item)


async def give_up(
    conn: Connection, item: WorkItem, failure: Failure, now: datetime, *, parked: str = DEAD
) -> tuple[UUID, ...]:
    """Out of the queue with its reason, until a mark or a person; answers the operations that failed with it."""
    await leases.hold(conn, item, now)
    await conn.execute(
        """UPDATE binding SET status = CASE status WHEN 'creating' THEN status ELSE 'error' END, error = $2,
               updated_at = $3 WHERE id = $1""",
        item.binding_id, failure.error, now,
    )  # fmt: skip
    sql = _PARK.format(side=item.side)
    await conn.execute(sql, item.binding_id, item.lease_token, now, item.mark_version, parked, failure.error)
    await conn.execute(_FAIL_LOGGED, item.binding_id, item.side, item.mark_version, now, failure.error)
    rows = await conn.fetch(
        _FAIL_OPERATIONS.format(side=item.side), item.binding_id, item.mark_version, now, failure.error
    )
    return tuple(row["id"] for row in rows)


async def lanes_due(conn: Connection, side: Side, now: datetime, entities: Sequence[Entity] = _ALL) -> tuple[Lane, ...]:
    """Lanes that have something to claim, first lane first."""
    rows = await conn.fetch(_LANES.format(side=side), now, list(entities))
    return tuple(Lane(row["lane"]) for row in rows)


async def backlog(conn: Connection, side: Side, now: datetime) -> tuple[Backlog, ...]:
    """How much is due, lane by lane, and since when; what is claimed, backing off or stopped counts too."""
    rows = await conn.fetch(_BACKLOG.format(side=side), now)
    return tuple(Backlog(Lane(row["lane"]), row["due"], row["oldest_at"]) for row in rows)
