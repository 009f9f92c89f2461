"""What a record is called in a list: its number, name and SKU, and how it stands; a few columns of many bindings.

Promises: one query for any number of bindings; a half that was attached is named by what it became part of.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from asyncpg import Record

from libs.contracts.types import Entity
from libs.runtime.database import Connection

_COLUMNS = """
    b.id, b.entity, b.vms_id, b.keycrm_id, b.status, b.parent_id, b.sku, b.error, b.last_sync_at, b.created_at,
    coalesce(b.vms_event ->> 'numberOrder',
        CASE WHEN b.entity = 'order' AND b.keycrm_id IS NOT NULL THEN 'KC-' || b.keycrm_id END) AS number,
    coalesce(b.spans #>> '{keycrm,name,value}', b.spans #>> '{vms,name,value}', b.base_keycrm ->> 'name',
        b.base_vms ->> 'name', b.vms_event ->> 'contactName', b.vms_event ->> 'nameUa', b.vms_event ->> 'name') AS name
"""


@dataclass(frozen=True, slots=True)
class Label:
    """A record as a line of a list; a customer's `name` is personal, an article's is not."""

    id: int
    entity: Entity
    vms_id: str | None
    keycrm_id: int | None
    status: str
    parent_id: int | None
    sku: str | None
    error: str | None
    last_sync_at: datetime | None
    created_at: datetime
    number: str | None
    """The order's number; for orders that were born in KeyCRM `KC-<id>`."""
    name: str | None


async def of(conn: Connection, binding_ids: Iterable[int]) -> dict[int, Label]:
    """By the numbers asked, those that there are."""
    asked = list(binding_ids)
    rows = await conn.fetch(
        f"""SELECT n.asked AS asked_as, {_COLUMNS} FROM unnest($1::bigint[]) AS n(asked)
            LEFT JOIN former_binding f ON f.id = n.asked JOIN binding b ON b.id = coalesce(f.binding_id, n.asked)""",
        asked,
    )
    return {row["asked_as"]: _read(row) for row in rows}


async def orders_of(conn: Connection, customer_ids: Iterable[int], limit: int) -> tuple[Label, ...]:
    """The newest orders of these customers, so many of each."""
    rows = await conn.fetch(
        f"""SELECT {_COLUMNS} FROM unnest($1::bigint[]) AS c(id) CROSS JOIN LATERAL (
                SELECT id FROM binding WHERE parent_id = c.id AND entity = 'order' ORDER BY id DESC LIMIT $2) AS o
            JOIN binding b ON b.id = o.id ORDER BY b.id DESC""",
        list(customer_ids), limit,
    )  # fmt: skip
    return tuple(_read(row) for row in rows)


async def lately_changed(conn: Connection, limit: int, look_at: int = 400) -> tuple[int, ...]:
    """The bindings of the newest audit entries, the newest first."""
    rows = await conn.fetch(
        """SELECT binding_id FROM (
               SELECT id, binding_id FROM audit_entry ORDER BY id DESC LIMIT $2) AS newest
           WHERE binding_id IS NOT NULL GROUP BY binding_id ORDER BY max(id) DESC LIMIT $1""",
        limit, look_at,
    )  # fmt: skip
    return tuple(row["binding_id"] for row in rows)


def _read(row: Record) -> Label:
    facts = {name: row[name] for name in Label.__slots__}
    return Label(**facts | {"entity": Entity(row["entity"])})
