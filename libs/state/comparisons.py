"""Comparisons: whether both sides showed the same when a record was last laid beside itself.

Safe because a difference counts only when two looks, at least `AGAIN` apart, showed the very same one; what is
written here is read by people and metrics alone, never by the merge. Why a record differs is worked out when it is
asked, from what is open, parked and due by then.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from libs.contracts.types import Entity
from libs.runtime.database import Connection, to_json
from libs.state import causes

AGAIN = timedelta(seconds=30)
"""Between the look that found a difference and the one that confirms it: far longer than a change takes to cross."""
_SLOWEST = timedelta(minutes=15)


@dataclass(frozen=True, slots=True)
class Found:
    """What one look at both sides of a record showed: each difference is `field`, `vms`, `keycrm`."""

    binding_id: int
    entity: Entity
    differences: tuple[Mapping[str, Any], ...] = ()


# A close look confirms only what an earlier one showed to the letter; another difference begins anew.
_NOTE = """
    WITH told AS (SELECT * FROM unnest($1::bigint[], $2::text[]) AS t(id, differences)),
    seen AS (
        SELECT t.id, b.entity, t.differences::jsonb AS differences FROM told t JOIN binding b ON b.id = t.id
        ORDER BY t.id)
    INSERT INTO comparison AS c (binding_id, entity, state, differences, compared_at, since, look_again_at)
    SELECT id, entity, CASE WHEN differences = '[]' THEN 'same' ELSE 'suspect' END, differences, $3::timestamptz,
        CASE WHEN differences <> '[]' THEN $3::timestamptz END,
        CASE WHEN differences <> '[]' THEN $3::timestamptz + $4::interval END
    FROM seen
    ON CONFLICT (binding_id) DO UPDATE SET
        state = CASE WHEN excluded.state = 'same' THEN 'same'
            WHEN c.differences <> excluded.differences THEN 'suspect'
            WHEN c.state = 'suspect' AND (NOT $6 OR c.since + $4::interval > $3::timestamptz) THEN 'suspect'
            ELSE 'differs' END,
        since = CASE WHEN excluded.state = 'same' THEN NULL
            WHEN c.differences <> excluded.differences THEN excluded.since ELSE c.since END,
        look_again_at = CASE WHEN excluded.state = 'same' THEN NULL
            WHEN c.differences <> excluded.differences THEN excluded.look_again_at
            ELSE $3::timestamptz + least(greatest($3::timestamptz - c.since, $4::interval), $5::interval) END,
        mended_at = CASE WHEN c.differences = excluded.differences THEN c.mended_at END,
        differences = excluded.differences, compared_at = excluded.compared_at
    WHERE c.compared_at <= excluded.compared_at
    RETURNING c.binding_id, c.state
"""


async def note(conn: Connection, found: Iterable[Found], looked_at: datetime, *, is_close: bool) -> frozenset[int]:
    """Keep what looks that began at `looked_at` showed; answers the records that now count as different.

    A close look asks each side for the record itself; a list, whose rows may lag behind, only raises a suspicion.
    """
    by_id = {one.binding_id: one for one in found}
    numbers = sorted(by_id)
    shown = [to_json(list(by_id[number].differences)) for number in numbers]
    rows = await conn.fetch(_NOTE, numbers, shown, looked_at, AGAIN, _SLOWEST, is_close)
    return frozenset(row["binding_id"] for row in rows if row["state"] == "differs")


async def to_look_at_again(conn: Connection, now: datetime, limit: int) -> tuple[int, ...]:
    """Take records whose difference wants another look, the longest waiting first; nobody else does for a minute.

    One that cannot be looked at comes again then.
    """
    rows = await conn.fetch(
        """WITH due AS (SELECT binding_id, look_again_at AS since FROM comparison
               WHERE state <> 'same' AND look_again_at <= $1 ORDER BY look_again_at LIMIT $2 FOR UPDATE SKIP LOCKED)
           UPDATE comparison c SET look_again_at = $3 FROM due WHERE c.binding_id = due.binding_id
           RETURNING c.binding_id, due.since""",
        now, limit, now + 2 * AGAIN,
    )  # fmt: skip
    return tuple(row["binding_id"] for row in sorted(rows, key=lambda row: row["since"]))


async def left_out(conn: Connection, entity: Entity, since: datetime, after: int, limit: int) -> tuple[int, ...]:
    """Bound records that were not looked at since then, by number after one of them."""
    rows = await conn.fetch(
        """SELECT b.id FROM binding b LEFT JOIN comparison c ON c.binding_id = b.id
           WHERE b.entity = $1 AND b.id > $3 AND b.vms_id IS NOT NULL AND b.keycrm_id IS NOT NULL
               AND (c.compared_at IS NULL OR c.compared_at < $2) ORDER BY b.id LIMIT $4""",
        entity, since, after, limit,
    )  # fmt: skip
    return tuple(row["id"] for row in rows)


async def mend(conn: Connection, binding_ids: Iterable[int], now: datetime) -> tuple[int, ...]:
    """Of these, the records whose difference nothing explains and that were not made due for it; now they were."""
    rows = await conn.fetch(
        f"""WITH plain AS (
                SELECT c.binding_id FROM comparison c {causes.JOINS}
                WHERE c.binding_id = ANY($2::bigint[]) AND c.state = 'differs' AND c.mended_at IS NULL
                    AND {causes.CAUSE} = 'nothing')
            UPDATE comparison c SET mended_at = $1 FROM plain WHERE c.binding_id = plain.binding_id
            RETURNING c.binding_id""",
        now, list(binding_ids),
    )  # fmt: skip
    return tuple(sorted(row["binding_id"] for row in rows))
