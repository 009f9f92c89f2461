"""What KeyCRM shows of levels, and what the guard asks (rule 30).

Safe because a figure read before our last send began is not believed, one that is on its way is left alone, and each
new figure restarts the wait for VMS's own event: KeyCRM's write-off on shipment is not undone for a minute.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal

from libs.runtime.database import Connection
from libs.state.levels import Kind


@dataclass(frozen=True, slots=True)
class Figure:
    """What KeyCRM showed to a read (or told by a webhook) that began at `began_at`."""

    sku: str
    warehouse: str
    value: Decimal
    began_at: datetime


@dataclass(frozen=True, slots=True)
class Preview:
    """What sending all that is due would do: `zeroed` had stock in KeyCRM, `changed` had another figure there."""

    known: int
    due: int
    zeroed: int
    changed: int


@dataclass(frozen=True, slots=True)
class LevelRow:
    """One level as it stands, for the verifier and the console."""

    sku: str
    warehouse: str
    wanted: Decimal
    changed_at: datetime
    sent: Decimal | None
    keycrm_figure: Decimal | None
    state: str
    due_at: datetime | None
    error: str | None


# What KeyCRM makes of a figure of ours (rounded to as many places as it shows) is told by the first look after it was
# sent; from then on it is that figure that must not move.
_IS_MADE = """l.state = 'settled' AND l.figure_seen_at = l.sent_at
        AND round(l.wanted, scale(trim_scale(h.value))) = h.value"""
_IS_KEPT = "l.state = 'settled' AND h.value = l.keycrm_figure"
_SEE = """
    WITH held AS MATERIALIZED (
        SELECT l.sku, l.warehouse, t.value, t.began_at FROM {table} l
        JOIN unnest($1::text[], $2::text[], $3::numeric[], $4::timestamptz[]) AS t(sku, warehouse, value, began_at)
            USING (sku, warehouse)
        WHERE l.sending IS NULL AND (l.sent_at IS NULL OR t.began_at > l.sent_at)
            AND (l.figure_seen_at IS NULL OR t.began_at >= l.figure_seen_at)
        ORDER BY l.sku, l.warehouse FOR UPDATE OF l)
    UPDATE {table} l SET keycrm_figure = h.value, figure_seen_at = h.began_at, updated_at = $5,
        state = CASE WHEN h.value = l.wanted AND l.state <> 'refused' THEN 'settled'
                     WHEN {made} OR {kept} THEN l.state
                     WHEN l.state = 'settled' THEN 'drifted' ELSE l.state END,
        due_at = CASE WHEN h.value = l.wanted OR {made} OR {kept} THEN NULL
                      WHEN l.state = 'settled' THEN $6
                      WHEN l.state = 'drifted' AND h.value IS DISTINCT FROM l.keycrm_figure THEN $6
                      ELSE l.due_at END,
        marked_at = CASE WHEN h.value = l.wanted OR {made} OR {kept} THEN NULL
                         WHEN l.state = 'settled' THEN $5 ELSE l.marked_at END
    FROM held h WHERE l.sku = h.sku AND l.warehouse = h.warehouse AND l.sending IS NULL
    RETURNING l.state = 'drifted' AND l.due_at = $6 AS is_drifted
"""


async def see(conn: Connection, kind: Kind, figures: Iterable[Figure], now: datetime, settle_seconds: float) -> int:
    """Compare KeyCRM's figures with the wanted ones; answers how many waits for VMS's own event began anew."""
    newest: dict[tuple[str, str], Figure] = {}
    for figure in figures:
        known = newest.get((figure.sku, figure.warehouse))
        if known is None or figure.began_at >= known.began_at:
            newest[figure.sku, figure.warehouse] = figure
    rows = [newest[key] for key in sorted(newest)]
    if not rows:
        return 0
    seen = await conn.fetch(
        _SEE.format(table=kind.table, made=_IS_MADE, kept=_IS_KEPT),
        [row.sku for row in rows],
        [row.warehouse for row in rows],
        [row.value for row in rows],
        [row.began_at for row in rows],
        now,
        now + timedelta(seconds=settle_seconds),
    )
    return sum(row["is_drifted"] for row in seen)


async def preview(conn: Connection, kind: Kind, now: datetime) -> Preview:
    """What is due now, against all that is known: the guard decides on shares of it."""
    row = await conn.fetchrow(
        f"""SELECT count(*) AS known, count(*) FILTER (WHERE due_at <= $1) AS due,
                count(*) FILTER (WHERE due_at <= $1 AND wanted = 0 AND keycrm_figure > 0) AS zeroed,
                count(*) FILTER (WHERE due_at <= $1 AND wanted <> keycrm_figure) AS changed
            FROM {kind.table}""",
        now,
    )
    assert row is not None
    return Preview(**dict(row))


async def page(
    conn: Connection,
    kind: Kind,
    *,
    skus: Iterable[str] | None = None,
    after: tuple[str, str] = ("", ""),
    limit: int = 500,
) -> tuple[LevelRow, ...]:
    """Levels by SKU and warehouse, after one of them."""
    rows = await conn.fetch(
        f"""SELECT sku, warehouse, wanted, changed_at, sent, keycrm_figure, state, due_at, error FROM {kind.table}
            WHERE ($1::text[] IS NULL OR sku = ANY($1::text[])) AND (sku, warehouse) > ($2, $3)
            ORDER BY sku, warehouse LIMIT $4""",
        None if skus is None else list(skus), after[0], after[1], limit,
    )  # fmt: skip
    return tuple(LevelRow(**dict(row)) for row in rows)
