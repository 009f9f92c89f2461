"""The one `mark`: webhook, poll, sweep, VMS event and console all say "this is due" here.

Safe because it is a handful of statements in the caller's one transaction: bindings are found or made (half) under
unique indexes, an event replaces only an older one (rule 15), and the item's version grows, so that a worker that
is busy with it finds it due again (28). A batch names each record once and goes by ascending id, so two batches never
wait for each other in a circle. Nothing is de-duplicated by content: 5, 4, 5 are three events.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, TypeAlias

from libs.contracts.types import Entity, Lane, Side
from libs.runtime.database import Connection, to_json
from libs.state import turnstile
from libs.state.bindings import column_of
from libs.state.due import MarkBinding, make_due

Key: TypeAlias = tuple[Entity, Side, str]
KEPT_EVENTS = 50

# Which binding has the record, by alias or by its own id; a new one is made where there is none. Nothing is locked but
# what is new: DO NOTHING waits for a batch that makes the same one and leaves its row alone, since locking here by name
# and later by id would be a circle. Such a row has no id in the answer and is found by asking again.
_FIND = """
    WITH named AS MATERIALIZED (
        SELECT n, entity, side, external_id FROM unnest($1::int[], $2::text[], $3::text[], $4::text[])
            AS t(n, entity, side, external_id)),
    known AS MATERIALIZED (
        SELECT i.*, coalesce(a.binding_id, v.id, k.id) AS id FROM named i
        LEFT JOIN alias a ON a.entity = i.entity AND a.side = i.side AND a.external_id = i.external_id
        LEFT JOIN binding v ON i.side = 'vms' AND v.entity = i.entity AND v.vms_id = i.external_id
        LEFT JOIN binding k ON i.side = 'keycrm' AND k.entity = i.entity
            AND k.keycrm_id = CASE WHEN i.side = 'keycrm' THEN i.external_id::bigint END),
    made_vms AS (
        INSERT INTO binding AS b (entity, vms_id, created_at, updated_at)
        SELECT entity, external_id, $5, $5 FROM known WHERE id IS NULL AND side = 'vms' ORDER BY entity, external_id
        ON CONFLICT (entity, vms_id) WHERE vms_id IS NOT NULL DO NOTHING
        RETURNING b.id, b.entity, b.vms_id AS external_id),
    made_keycrm AS (
        INSERT INTO binding AS b (entity, keycrm_id, created_at, updated_at)
        SELECT entity, external_id::bigint, $5, $5 FROM known WHERE id IS NULL AND side = 'keycrm'
        ORDER BY entity, external_id::bigint
        ON CONFLICT (entity, keycrm_id) WHERE keycrm_id IS NOT NULL DO NOTHING
        RETURNING b.id, b.entity, b.keycrm_id::text AS external_id)
    SELECT k.n, coalesce(k.id, v.id, c.id) AS id, k.id IS NULL AS is_new FROM known k
    LEFT JOIN made_vms v ON k.id IS NULL AND k.side = 'vms' AND v.entity = k.entity AND v.external_id = k.external_id
    LEFT JOIN made_keycrm c
        ON k.id IS NULL AND k.side = 'keycrm' AND c.entity = k.entity AND c.external_id = k.external_id
"""
# Of events that show the same, the first and the last tell all there is to tell of when.
_IS_RUN = """b.events #> '{-1,look,image}' = t.looks::jsonb #> '{0,look,image}'
        AND b.events #> '{-2,look,image}' = t.looks::jsonb #> '{0,look,image}'"""
# The very event applied last changes nothing; the same time with another id is applied, and is news if it says more:
# VMS tells one change once for each aspect of it.
_APPLY = f"""
    WITH told AS MATERIALIZED (
        SELECT * FROM unnest($1::bigint[], $2::text[], $3::timestamptz[], $4::text[], $5::text[])
            AS t(id, event_id, event_at, body, looks)),
    held AS MATERIALIZED (
        SELECT id, vms_event_at AS told_at, vms_event AS told FROM binding
        WHERE id = ANY($1::bigint[]) ORDER BY id FOR NO KEY UPDATE)
    UPDATE binding b SET
        vms_event = t.body::jsonb, vms_event_id = t.event_id, vms_event_at = t.event_at, updated_at = $6,
        events = jsonb_path_query_array(
            CASE WHEN {_IS_RUN} THEN b.events - (-1) ELSE b.events END || t.looks::jsonb,
            '$[last - {KEPT_EVENTS - 1} to last]')
    FROM told t JOIN held USING (id)
    WHERE b.id = t.id AND (b.vms_event_at IS NULL OR t.event_at > b.vms_event_at
        OR (t.event_at = b.vms_event_at AND t.event_id <> b.vms_event_id))
    RETURNING b.id, held.told_at = t.event_at AND held.told = t.body::jsonb AS is_repeat
"""


@dataclass(frozen=True, slots=True)
class VmsEvent:
    """One VMS event: its whole body is kept if it is the newest, what it showed until a worker has folded it in."""

    id: str
    at: datetime
    body: Mapping[str, Any]
    look: Mapping[str, Any]

    def seen(self, now: datetime) -> dict[str, Any]:
        """The row of `Binding.events`."""
        return {"event_id": self.id, "at": self.at.isoformat(), "noted_at": now.isoformat(), "look": self.look}


@dataclass(frozen=True, slots=True)
class Mark:
    """A record of one side, due towards `due` (nobody: the binding is only found or made)."""

    entity: Entity
    side: Side
    external_id: str | int
    due: tuple[Side, ...]
    lane: Lane
    marked_at: datetime | None = None
    """When it changed at its source, if its latency should count from there; else the mark's own time."""
    event: VmsEvent | None = None
    correlation_id: str | None = None
    traceparent: str | None = None

    def key(self) -> Key:
        """What names the record; KeyCRM's ids are numbers, and nothing else passes for one."""
        return self.entity, self.side, str(column_of(self.side, self.external_id)[1])

    def of(self, binding_id: int, is_due: bool) -> MarkBinding:
        """The same mark, of a binding; an event that is no news makes nothing due."""
        due = self.due if is_due else ()
        return MarkBinding(binding_id, due, self.lane, self.marked_at, self.correlation_id, self.traceparent)


@dataclass(frozen=True, slots=True)
class Marked:
    """What became of a mark. Not due: its event was older than the newest applied, or said nothing more."""

    binding_id: int
    versions: Mapping[Side, int]
    """For each side it is due towards, the version that a worker must have finished to have seen this mark."""
    is_new: bool
    is_due: bool


async def mark(conn: Connection, marks: Sequence[Mark], now: datetime) -> list[Marked]:
    """Make records due; answers one `Marked` for each mark, in order. First in its transaction (see `turnstile`)."""
    await turnstile.together(conn)
    if not marks:
        return []
    found = await _find(conn, marks, now)
    ids = [found[one.key()][0] for one in marks]
    applied = await _apply(conn, list(zip(ids, marks, strict=True)), now)
    is_due = [one.event is None or applied.get(number, False) for number, one in zip(ids, marks, strict=True)]
    raised = [one.of(number, is_wanted) for number, one, is_wanted in zip(ids, marks, is_due, strict=True)]
    versions = await make_due(conn, raised, now)
    return [
        Marked(up.binding_id, {s: versions[up.binding_id][s] for s in up.due}, found[one.key()][1], is_wanted)
        for up, one, is_wanted in zip(raised, marks, is_due, strict=True)
    ]


async def mark_bindings(conn: Connection, marks: Sequence[MarkBinding], now: datetime) -> dict[int, Mapping[Side, int]]:
    """Make bindings due; answers their versions by the number asked. An attached half leads to where it went.

    Raises:
        LookupError: there is no such binding.
    """
    where = await _whereabouts(conn, [one.binding_id for one in marks])
    versions = await make_due(conn, [replace(one, binding_id=where[one.binding_id]) for one in marks], now)
    return {number: versions[there] for number, there in where.items()}


async def _whereabouts(conn: Connection, numbers: Sequence[int]) -> dict[int, int]:
    """Which binding each number means now; it cannot be attached elsewhere until the transaction ends."""
    where = {number: number for number in numbers}
    lost = set(numbers)
    while lost:
        held = await conn.fetch(
            "SELECT id FROM binding WHERE id = ANY($1::bigint[]) ORDER BY id FOR KEY SHARE", sorted(set(where.values()))
        )
        lost = set(where.values()) - {row["id"] for row in held}
        moved = await conn.fetch("SELECT id, binding_id FROM former_binding WHERE id = ANY($1::bigint[])", sorted(lost))
        leads = {row["id"]: row["binding_id"] for row in moved}
        if set(leads) != lost:
            raise LookupError(f"there is no binding {min(lost - set(leads))}")
        where = {number: leads.get(there, there) for number, there in where.items()}
    return where


async def _find(conn: Connection, marks: Sequence[Mark], now: datetime) -> dict[Key, tuple[int, bool]]:
    found: dict[Key, tuple[int, bool]] = {}
    keys = sorted({one.key() for one in marks})
    while keys:
        rows = await conn.fetch(
            _FIND,
            list(range(len(keys))),
            [entity for entity, _, _ in keys],
            [side for _, side, _ in keys],
            [external_id for _, _, external_id in keys],
            now,
        )
        found |= {keys[row["n"]]: (row["id"], row["is_new"]) for row in rows if row["id"] is not None}
        keys = [key for key in keys if key not in found]
    return found


async def _apply(conn: Connection, marks: Sequence[tuple[int, Mark]], now: datetime) -> dict[int, bool]:
    """Keep each binding's newest event and what all of them showed; answers who got a newer one, and if it is news."""
    told: dict[int, list[VmsEvent]] = {}
    for number, one in marks:
        if one.event is not None:
            told.setdefault(number, []).append(one.event)
    if not told:
        return {}
    ids = sorted(told)
    in_time = [sorted(told[number], key=lambda event: event.at) for number in ids]
    rows = await conn.fetch(
        _APPLY,
        ids,
        [events[-1].id for events in in_time],
        [events[-1].at for events in in_time],
        [to_json(events[-1].body) for events in in_time],
        [to_json([event.seen(now) for event in _ends_of_runs(events)]) for events in in_time],
        now,
    )
    return {row["id"]: not row["is_repeat"] for row in rows}


def _ends_of_runs(events: Sequence[VmsEvent]) -> list[VmsEvent]:
    """The first and the last of each run of events that show the same."""
    images = [event.look.get("image") for event in events]
    return [
        event
        for number, event in enumerate(events)
        if number in (0, len(events) - 1) or not images[number - 1] == images[number] == images[number + 1]
    ]
