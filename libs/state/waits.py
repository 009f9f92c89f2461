"""Questions that have waited for a person for hours: each step of a rule is told to a channel once.

Safe because the longest wait that a channel was told of is kept with the question, and moves on in the transaction
that notes the message.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from libs.contracts.types import Entity
from libs.runtime.database import Connection


@dataclass(frozen=True, slots=True)
class Waiting:
    """A question that has been open for `hours`, the longest of the steps that it has reached."""

    id: int
    binding_id: int
    entity: Entity
    field: str
    reason: str
    vms_id: str | None
    keycrm_id: int | None
    opened_at: datetime
    hours: int


async def reached(
    conn: Connection, channel: str, entities: Iterable[str], hours: Sequence[int], now: datetime, limit: int
) -> tuple[Waiting, ...]:
    """Questions that have reached a step which this channel was not told of, the oldest first; now it is."""
    rows = await conn.fetch(
        """WITH found AS (
               SELECT c.id, c.binding_id, c.entity, c.field, c.reason, c.opened_at, step.hours
               FROM conflict c
               CROSS JOIN LATERAL (SELECT max(h) AS hours FROM unnest($3::int[]) AS h
                   WHERE c.opened_at <= $4::timestamptz - make_interval(hours => h)) AS step
               LEFT JOIN waited w ON w.conflict_id = c.id AND w.channel = $1
               WHERE c.status = 'open' AND c.entity = ANY($2::text[]) AND c.opened_at <= $5
                   AND step.hours > coalesce(w.hours, 0)
               ORDER BY c.opened_at, c.id LIMIT $6),
           noted AS (
               INSERT INTO waited AS w (conflict_id, channel, hours, told_at) SELECT id, $1, hours, $4 FROM found
               ON CONFLICT (conflict_id, channel) DO UPDATE SET hours = excluded.hours, told_at = excluded.told_at
               WHERE w.hours < excluded.hours RETURNING conflict_id)
           SELECT found.*, b.vms_id, b.keycrm_id FROM found JOIN noted ON noted.conflict_id = found.id
           JOIN binding b ON b.id = found.binding_id ORDER BY found.opened_at, found.id""",
        channel, list(entities), list(hours), now, _before(now, hours), limit,
    )  # fmt: skip
    return tuple(Waiting(**dict(row) | {"entity": Entity(row["entity"])}) for row in rows)


def _before(now: datetime, hours: Sequence[int]) -> datetime:
    return now - timedelta(hours=min(hours))
