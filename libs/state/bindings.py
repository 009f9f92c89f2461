"""Bindings: "these two records are the same thing", with what the merge remembers about them.

Safe because each side's id stands in a unique index, so two workers cannot make two bindings of one record, and
because `save` matches no row once the lease is lost. What the merge remembers is opaque here. Bindings are made by
`marks.mark` (half, with one id) and joined by `attach`; nothing else makes or ends one.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import Enum, StrEnum
from typing import Any, Final

from asyncpg import Record

from libs.contracts.types import Entity, Side
from libs.runtime.database import Connection
from libs.runtime.work import WorkItem
from libs.state import leases

MEMORY = ("base_vms", "base_keycrm", "pending", "spans", "windows")
# Named one by one: a column that a newer migration adds does not disturb a release that is still running.
COLUMNS = ", ".join(
    f"b.{name}"
    for name in (
        "id", "entity", "vms_id", "keycrm_id", "reference", "status", "parent_id", "sku", "product_id", *MEMORY,
        "events", "hint", "vms_event", "vms_event_id", "vms_event_at", "seen_vms_at", "seen_keycrm_at",
        "last_sync_at", "error", "version", "created_at", "updated_at",
    )
)  # fmt: skip


class Status(StrEnum):
    """How a binding stands."""

    PENDING = "pending"
    CREATING = "creating"
    SYNCED = "synced"
    CONFLICT = "conflict"
    ERROR = "error"


class Keep(Enum):
    """Marks a value that stays as it is, where None would empty it."""

    KEEP = "keep"


KEEP: Final = Keep.KEEP


@dataclass(frozen=True, slots=True)
class Binding:
    """One binding as it stands in the database."""

    id: int
    entity: Entity
    vms_id: str | None
    keycrm_id: int | None
    reference: str | None
    status: Status
    parent_id: int | None
    sku: str | None
    product_id: int | None
    memory: Mapping[str, Any]
    """base_vms, base_keycrm, pending, spans, windows: what `Memory.from_json` takes."""
    events: tuple[Mapping[str, Any], ...]
    """What VMS's events showed since the last save, oldest first: `event_id`, `at`, `noted_at`, `look`."""
    hint: Mapping[str, Any] | None
    """Facts of the last row read from KeyCRM."""
    vms_event: Mapping[str, Any] | None
    vms_event_id: str | None
    vms_event_at: datetime | None
    seen_vms_at: datetime | None
    seen_keycrm_at: datetime | None
    last_sync_at: datetime | None
    error: str | None
    version: int
    created_at: datetime
    updated_at: datetime

    @property
    def is_bound(self) -> bool:
        """Whether both sides are known."""
        return self.vms_id is not None and self.keycrm_id is not None

    def id_on(self, side: Side) -> str | int | None:
        """That side's id."""
        return self.vms_id if side is Side.VMS else self.keycrm_id


@dataclass(frozen=True, slots=True)
class Change:
    """What `save` changes; `None` leaves a time or status alone, `KEEP` anything that can be emptied."""

    memory: Mapping[str, Any] | None = None
    status: Status | None = None
    reference: str | Keep | None = KEEP
    parent_id: int | Keep | None = KEEP
    sku: str | Keep | None = KEEP
    product_id: int | Keep | None = KEEP
    hint: Mapping[str, Any] | Keep | None = KEEP
    error: str | Keep | None = KEEP
    seen_vms_at: datetime | None = None
    seen_keycrm_at: datetime | None = None
    last_sync_at: datetime | None = None
    folded: Sequence[str] = ()
    """The `event_id`s of `Binding.events` that are in `memory` now."""

    def columns(self) -> dict[str, Any]:
        """The columns to set."""
        columns: dict[str, Any] = {}
        if self.memory is not None:
            columns |= {name: self.memory[name] for name in MEMORY}
        for name in ("reference", "parent_id", "sku", "product_id", "hint", "error"):
            if getattr(self, name) is not KEEP:
                columns[name] = getattr(self, name)
        for name in ("status", "seen_vms_at", "seen_keycrm_at", "last_sync_at"):
            if getattr(self, name) is not None:
                columns[name] = getattr(self, name)
        return columns


async def get(conn: Connection, binding_id: int) -> Binding | None:
    """One binding; the number of a half that was attached answers the binding it became part of."""
    row = await conn.fetchrow(
        f"""SELECT {COLUMNS} FROM binding b WHERE b.id = coalesce(
               (SELECT f.binding_id FROM former_binding f WHERE f.id = $1), $1)""",
        binding_id,
    )
    return read(row) if row else None


async def find(conn: Connection, entity: Entity, side: Side, external_id: str | int) -> Binding | None:
    """The binding of a record, known by its own id or by an alias."""
    column, value = column_of(side, external_id)
    row = await conn.fetchrow(
        f"""SELECT {COLUMNS} FROM binding b WHERE b.entity = $1 AND b.{column} = $2
            UNION ALL
            SELECT {COLUMNS} FROM alias a JOIN binding b ON b.id = a.binding_id
            WHERE a.entity = $1 AND a.side = $3 AND a.external_id = $4
            LIMIT 1""",
        entity, value, side, str(external_id),
    )  # fmt: skip
    return read(row) if row else None


async def find_bound(conn: Connection, entity: Entity, keycrm_ids: Iterable[int]) -> tuple[Binding, ...]:
    """The bound records of an entity that have one of KeyCRM's ids as their own."""
    rows = await conn.fetch(
        f"""SELECT {COLUMNS} FROM binding b WHERE b.entity = $1 AND b.keycrm_id = ANY($2::bigint[])
            AND b.vms_id IS NOT NULL ORDER BY id""",
        entity, list(keycrm_ids),
    )  # fmt: skip
    return tuple(read(row) for row in rows)


async def of(conn: Connection, binding_ids: Iterable[int]) -> dict[int, Binding]:
    """By their own numbers, those that there are."""
    rows = await conn.fetch(f"SELECT {COLUMNS} FROM binding b WHERE b.id = ANY($1::bigint[])", list(binding_ids))
    return {row["id"]: read(row) for row in rows}


async def find_articles(conn: Connection, skus: Iterable[str]) -> tuple[Binding, ...]:
    """Articles with one of these SKUs, oldest first; two with one SKU are two."""
    rows = await conn.fetch(f"SELECT {COLUMNS} FROM binding b WHERE sku = ANY($1::text[]) ORDER BY id", list(skus))
    return tuple(read(row) for row in rows)


async def find_told_articles(conn: Connection, skus: Iterable[str]) -> tuple[Binding, ...]:
    """Articles without an offer yet whose newest event named one of these SKUs, oldest first."""
    rows = await conn.fetch(
        f"""SELECT {COLUMNS} FROM binding b WHERE entity = 'article' AND keycrm_id IS NULL
            AND vms_event ->> 'sku' = ANY($1::text[]) ORDER BY id""",
        list(skus),
    )
    return tuple(read(row) for row in rows)


async def find_by_product(conn: Connection, product_id: int) -> tuple[Binding, ...]:
    """The articles whose offers belong to this product of KeyCRM."""
    rows = await conn.fetch(f"SELECT {COLUMNS} FROM binding b WHERE product_id = $1 ORDER BY id", product_id)
    return tuple(read(row) for row in rows)


async def children(conn: Connection, parent_id: int) -> tuple[Binding, ...]:
    """The orders of a customer."""
    rows = await conn.fetch(f"SELECT {COLUMNS} FROM binding b WHERE parent_id = $1 ORDER BY id", parent_id)
    return tuple(read(row) for row in rows)


async def page(
    conn: Connection, entity: Entity, *, after: int = 0, limit: int = 100, status: Status | None = None
) -> tuple[Binding, ...]:
    """Bindings in the order of their numbers, after one of them."""
    rows = await conn.fetch(
        f"""SELECT {COLUMNS} FROM binding b WHERE entity = $1 AND id > $2 AND ($3::text IS NULL OR status = $3)
           ORDER BY id LIMIT $4""",
        entity, after, status, limit,
    )  # fmt: skip
    return tuple(read(row) for row in rows)


async def save(conn: Connection, item: WorkItem, change: Change, now: datetime) -> int:
    """Change the binding that `item` holds; answers its new version.

    Raises:
        LeaseLost: the lease is no longer ours; nothing was changed.
    """
    await leases.hold(conn, item, now)
    columns = change.columns()
    settings = [f"{name} = ${number}" for number, name in enumerate(columns, start=4)]
    version: int = await conn.fetchval(
        f"""UPDATE binding SET {", ".join([*settings, "version = version + 1", "updated_at = $2"])},
                events = CASE WHEN $3::text[] = '{{}}' THEN events ELSE (
                    SELECT coalesce(jsonb_agg(e ORDER BY n), '[]') FROM jsonb_array_elements(events) WITH ORDINALITY
                    AS t(e, n) WHERE NOT e ->> 'event_id' = ANY($3::text[])) END
            WHERE id = $1 RETURNING version""",
        item.binding_id, now, list(change.folded), *columns.values(),
    )  # fmt: skip
    return version


def column_of(side: Side, external_id: str | int) -> tuple[str, str | int]:
    """Where a side's id stands and the value it has there."""
    return ("vms_id", str(external_id)) if side is Side.VMS else ("keycrm_id", int(external_id))


def read(row: Record) -> Binding:
    """A row of `binding` as a value."""
    facts = dict(row)
    memory = {name: facts.pop(name) for name in MEMORY}
    facts |= {"entity": Entity(row["entity"]), "status": Status(row["status"]), "events": tuple(row["events"])}
    return Binding(**facts, memory=memory)
