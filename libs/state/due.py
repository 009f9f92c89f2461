"""Making bindings due: the one statement that raises a work item.

Safe because the item's version grows with every mark, so a worker that claimed an older version finds it due again
(rule 28); rows are touched by ascending id, each once. The notice goes out with the commit, never before.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime

from libs.contracts.types import Lane, Side
from libs.runtime.database import Connection

CHANNEL = "work_due"

# A back-off outlasts a mark, except for a person who waits; a dead item gets a new start from any mark.
_DUE = """
    INSERT INTO work_item AS w (binding_id, entity, lane, correlation_id, traceparent, due_vms, due_keycrm,
        version_vms, version_keycrm, marked_at_vms, marked_at_keycrm)
    SELECT t.id, b.entity, t.lane, t.correlation_id, t.traceparent, CASE WHEN t.is_vms THEN $8::timestamptz END,
        CASE WHEN t.is_keycrm THEN $8::timestamptz END, t.is_vms::int, t.is_keycrm::int,
        CASE WHEN t.is_vms THEN t.marked_at END, CASE WHEN t.is_keycrm THEN t.marked_at END
    FROM unnest($1::bigint[], $2::boolean[], $3::boolean[], $4::int[], $5::timestamptz[], $6::text[], $7::text[])
        AS t(id, is_vms, is_keycrm, lane, marked_at, correlation_id, traceparent)
    JOIN binding b ON b.id = t.id ORDER BY t.id
    ON CONFLICT (binding_id) DO UPDATE SET
        lane = CASE WHEN excluded.due_vms IS NULL AND excluded.due_keycrm IS NULL THEN w.lane
                    WHEN w.due_vms IS NULL AND w.due_keycrm IS NULL THEN excluded.lane
                    ELSE least(w.lane, excluded.lane) END,
        correlation_id = coalesce(excluded.correlation_id, w.correlation_id),
        traceparent = coalesce(excluded.traceparent, w.traceparent),
        {sides}
    RETURNING w.binding_id, w.version_vms, w.version_keycrm
""".format(
    sides=", ".join(
        f"""
        due_{side} = least(w.due_{side}, excluded.due_{side}),
        version_{side} = w.version_{side} + excluded.version_{side},
        marked_at_{side} = least(w.marked_at_{side}, excluded.marked_at_{side}),
        not_before_{side} = CASE WHEN excluded.due_{side} IS NOT NULL
            AND (excluded.lane = 0 OR w.parked_{side} IS NOT NULL) THEN NULL ELSE w.not_before_{side} END,
        attempt_{side} = CASE WHEN excluded.due_{side} IS NOT NULL
            AND (excluded.lane = 0 OR w.parked_{side} IS NOT NULL) THEN 1 ELSE w.attempt_{side} END,
        parked_{side} = CASE WHEN excluded.due_{side} IS NULL THEN w.parked_{side} END,
        parked_at_{side} = CASE WHEN excluded.due_{side} IS NULL THEN w.parked_at_{side} END"""
        for side in Side
    )
)


@dataclass(frozen=True, slots=True)
class MarkBinding:
    """A known binding, due towards `due` (nobody: it only gets its work item)."""

    binding_id: int
    due: tuple[Side, ...]
    lane: Lane
    marked_at: datetime | None = None
    """When it changed at its source, if its latency should count from there; else the mark's own time."""
    correlation_id: str | None = None
    traceparent: str | None = None

    def joined(self, later: MarkBinding) -> MarkBinding:
        """Two marks of one binding as one: due where either is, in the first lane, since the older of the two."""
        if not later.due:
            return self
        if not self.due:
            return later
        times = [at for at in (self.marked_at, later.marked_at) if at is not None]
        return replace(
            self,
            due=tuple(side for side in Side if side in self.due or side in later.due),
            lane=min(self.lane, later.lane),
            marked_at=min(times) if times else None,
            correlation_id=later.correlation_id or self.correlation_id,
            traceparent=later.traceparent or self.traceparent,
        )


def gather(marks: Iterable[MarkBinding]) -> list[MarkBinding]:
    """One mark a binding, by ascending id."""
    by_id: dict[int, MarkBinding] = {}
    for mark in marks:
        known = by_id.get(mark.binding_id)
        by_id[mark.binding_id] = known.joined(mark) if known else mark
    return [by_id[number] for number in sorted(by_id)]


async def make_due(conn: Connection, marks: Iterable[MarkBinding], now: datetime) -> dict[int, Mapping[Side, int]]:
    """Raise the items of these bindings; answers each one's version by side."""
    gathered = gather(marks)
    rows = await conn.fetch(
        _DUE,
        [mark.binding_id for mark in gathered],
        [Side.VMS in mark.due for mark in gathered],
        [Side.KEYCRM in mark.due for mark in gathered],
        [mark.lane for mark in gathered],
        [mark.marked_at or now for mark in gathered],
        [mark.correlation_id for mark in gathered],
        [mark.traceparent for mark in gathered],
        now,
    )
    await notify(conn, [side for side in Side if any(side in mark.due for mark in gathered)])
    return {row["binding_id"]: {Side.VMS: row["version_vms"], Side.KEYCRM: row["version_keycrm"]} for row in rows}


async def notify(conn: Connection, sides: Iterable[Side]) -> None:
    """Wake the workers of these sides when the transaction commits."""
    for side in sides:
        await conn.execute("SELECT pg_notify($1, $2)", CHANNEL, side.value)
