"""How well the two sides agree, counted: by subject, what was compared, what differs and why; and what differs, listed.

Promises: reads only; a subject that was never compared says so. Stock and prices are told from the levels: what
KeyCRM showed since we last sent, against what is wanted.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any

from asyncpg import Record

from libs.contracts.types import Entity
from libs.runtime.database import Connection
from libs.state import causes
from libs.state.causes import Cause
from libs.state.levels import Kind


class Subject(StrEnum):
    """What is compared: records of three entities, and two kinds of levels."""

    ORDER = "order"
    CUSTOMER = "customer"
    ARTICLE = "article"
    STOCK = "stock"
    PRICE = "price"


@dataclass(frozen=True, slots=True)
class Tally:
    """One subject. `known` are bound on both sides (levels: known to KeyCRM), `compared` of them at least once.

    `suspects` showed a difference once and wait for a second look; `oldest_at` is the oldest look that still counts.
    """

    subject: Subject
    known: int
    compared: int
    suspects: int
    differing: Mapping[Cause, int] = field(default_factory=dict)
    oldest_at: datetime | None = None

    @property
    def differs(self) -> int:
        """How many differ, whatever the cause."""
        return sum(self.differing.values())

    @property
    def ratio(self) -> float:
        """The share of what was compared that differs; 0 where nothing was."""
        return self.differs / self.compared if self.compared else 0.0


@dataclass(frozen=True, slots=True)
class Unlike:
    """A record that differs: `differences` are `field`, `vms`, `keycrm`, each in its own side's terms."""

    binding_id: int
    entity: Entity
    differences: tuple[Mapping[str, Any], ...]
    since: datetime
    compared_at: datetime
    cause: Cause


@dataclass(frozen=True, slots=True)
class Compared:
    """One record's last comparison: the same, a suspicion that a second look settles, or `unlike`."""

    at: datetime
    is_suspect: bool
    unlike: Unlike | None


@dataclass(frozen=True, slots=True)
class UnlikeLevel:
    """A stock figure or a price that differs: what VMS has, what KeyCRM showed."""

    kind: Kind
    sku: str
    warehouse: str
    vms: str
    keycrm: str
    binding_id: int | None
    compared_at: datetime
    cause: Cause


# What was sent but not seen since is a belief, not a look.
_IS_SEEN = "l.keycrm_figure IS NOT NULL AND l.figure_seen_at > coalesce(l.sent_at, '-infinity')"
_IS_UNLIKE = f"{_IS_SEEN} AND l.state <> 'settled' AND l.keycrm_figure <> l.wanted"


async def all_tallies(conn: Connection, now: datetime) -> tuple[Tally, ...]:
    """Every subject, in the order of `Subject`."""
    records = await _records(conn, now)
    return (*records, await _levels(conn, Kind.STOCK), await _levels(conn, Kind.PRICE))


async def differing(conn: Connection) -> int:
    """How many records and levels differ, whatever the cause."""
    stock, price = (f"(SELECT count(*) FROM {kind.table} l WHERE {_IS_UNLIKE})" for kind in Kind)
    records = "(SELECT count(*) FROM comparison WHERE state = 'differs')"
    found: int = await conn.fetchval(f"SELECT {records} + {stock} + {price}")
    return found


async def unlike(
    conn: Connection, now: datetime, *, entity: Entity | None = None, cause: Cause | None = None,
    after: tuple[datetime, int] | None = None, limit: int = 50,
) -> tuple[Unlike, ...]:  # fmt: skip
    """Records that differ, those that have for longest first, after one of them (its `since` and number)."""
    rows = await conn.fetch(
        f"""SELECT c.binding_id, c.entity, c.differences, c.since, c.compared_at, {causes.CAUSE} AS cause
            FROM comparison c {causes.JOINS}
            WHERE c.state = 'differs' AND ($2::timestamptz IS NULL OR (c.since, c.binding_id) > ($2, $3::bigint))
                AND ($5::text IS NULL OR c.entity = $5) AND ($6::text IS NULL OR {causes.CAUSE} = $6)
            ORDER BY c.since, c.binding_id LIMIT $4""",
        now, after[0] if after else None, after[1] if after else None, limit, entity, cause,
    )  # fmt: skip
    return tuple(_unlike(row) for row in rows)


async def of(conn: Connection, binding_id: int, now: datetime) -> Compared | None:
    """How one record looked when it was last compared; None: it never was."""
    row = await conn.fetchrow(
        f"""SELECT c.binding_id, c.entity, c.state, c.differences, c.since, c.compared_at, {causes.CAUSE} AS cause
            FROM comparison c {causes.JOINS} WHERE c.binding_id = $2""",
        now, binding_id,
    )  # fmt: skip
    if row is None:
        return None
    return Compared(row["compared_at"], row["state"] == "suspect", _unlike(row) if row["state"] == "differs" else None)


async def unlike_levels(
    conn: Connection, kind: Kind, *, cause: Cause | None = None, after: tuple[str, str] = ("", ""), limit: int = 50
) -> tuple[UnlikeLevel, ...]:
    """Levels that differ, by SKU and warehouse, after one of them."""
    why = causes.LEVEL_CAUSE.format(kind=kind)
    rows = await conn.fetch(
        f"""SELECT l.sku, l.warehouse, l.wanted, l.keycrm_figure, l.binding_id, l.figure_seen_at, {why} AS cause
            FROM {kind.table} l
            WHERE {_IS_UNLIKE} AND (l.sku, l.warehouse) > ($1, $2) AND ($4::text IS NULL OR {why} = $4)
            ORDER BY l.sku, l.warehouse LIMIT $3""",
        after[0], after[1], limit, cause,
    )  # fmt: skip
    return tuple(
        UnlikeLevel(
            kind, row["sku"], row["warehouse"], f"{row['wanted'].normalize():f}",
            f"{row['keycrm_figure'].normalize():f}", row["binding_id"], row["figure_seen_at"], Cause(row["cause"]),
        )
        for row in rows
    )  # fmt: skip


def _unlike(row: Record) -> Unlike:
    facts = {name: row[name] for name in ("binding_id", "since", "compared_at")}
    return Unlike(
        **facts, entity=Entity(row["entity"]), differences=tuple(row["differences"]), cause=Cause(row["cause"])
    )


async def _records(conn: Connection, now: datetime) -> tuple[Tally, ...]:
    # Entity by entity, so that indexes alone are read: of a hundred thousand rows the table is twice as slow.
    compared = await conn.fetch(
        """SELECT entity, (SELECT count(*) FROM binding b WHERE b.entity = e.entity AND b.vms_id IS NOT NULL
                   AND b.keycrm_id IS NOT NULL) AS known,
               (SELECT count(*) FROM comparison c WHERE c.entity = e.entity) AS compared,
               (SELECT count(*) FROM comparison c WHERE c.entity = e.entity AND c.state = 'suspect') AS suspects,
               (SELECT min(compared_at) FROM comparison c WHERE c.entity = e.entity) AS oldest_at
           FROM unnest($1::text[]) AS e(entity)""",
        list(Entity),
    )  # fmt: skip
    differing = await conn.fetch(
        f"""SELECT c.entity, {causes.CAUSE} AS cause, count(*) FROM comparison c {causes.JOINS}
            WHERE c.state = 'differs' GROUP BY 1, 2""",
        now,
    )
    looked = {row["entity"]: row for row in compared}
    return tuple(
        Tally(
            Subject(entity),
            looked[entity]["known"],
            looked[entity]["compared"],
            looked[entity]["suspects"],
            {Cause(row["cause"]): row["count"] for row in differing if row["entity"] == entity},
            looked[entity]["oldest_at"],
        )
        for entity in Entity
    )


async def _levels(conn: Connection, kind: Kind) -> Tally:
    row = await conn.fetchrow(
        f"""SELECT count(*) FILTER (WHERE l.keycrm_figure IS NOT NULL) AS known,
                count(*) FILTER (WHERE {_IS_SEEN}) AS compared,
                min(l.figure_seen_at) FILTER (WHERE {_IS_SEEN}) AS oldest_at FROM {kind.table} l"""
    )
    assert row is not None
    differing = await conn.fetch(
        f"""SELECT {causes.LEVEL_CAUSE.format(kind=kind)} AS cause, count(*) FROM {kind.table} l
            WHERE {_IS_UNLIKE} GROUP BY 1"""
    )
    return Tally(
        Subject(kind), row["known"], row["compared"], 0, {Cause(one["cause"]): one["count"] for one in differing},
        row["oldest_at"],
    )  # fmt: skip
