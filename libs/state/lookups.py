"""What is known of many records at once: the few columns that a consumer or a poll compares with what it was told.

Promises one query for any number of ids; an id that nothing is known of is absent. Refuses to answer whole bindings
(`bindings` does) and to change anything.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from libs.contracts.types import Entity
from libs.runtime.database import Connection


@dataclass(frozen=True, slots=True)
class VmsSeen:
    """How new what we know of VMS's record is: the row's change time that its newest event named (VMS's text), and
    when we last looked."""

    told: str | None
    looked_at: datetime | None


@dataclass(frozen=True, slots=True)
class Standing:
    """How a record of VMS stands: bound or not, its SKU, what its newest event told, what `Memory.from_json` takes."""

    is_bound: bool
    sku: str | None
    told_sku: str | None
    memory: Mapping[str, Any]


async def hints(conn: Connection, entity: Entity, keycrm_ids: Iterable[int]) -> dict[int, Mapping[str, Any]]:
    """By KeyCRM's id, the facts of the last row read; an id that was never read is absent (it is news)."""
    rows = await conn.fetch(
        """SELECT keycrm_id, hint FROM binding
           WHERE entity = $1 AND keycrm_id = ANY($2::bigint[]) AND hint IS NOT NULL""",
        entity, list(keycrm_ids),
    )  # fmt: skip
    return {row["keycrm_id"]: row["hint"] for row in rows}


async def vms_seen(conn: Connection, entity: Entity, vms_ids: Iterable[str]) -> dict[str, VmsSeen]:
    """By VMS's id, what was last told and seen of the records that have a binding."""
    rows = await conn.fetch(
        """SELECT vms_id, vms_event ->> 'lastDateChange' AS told, seen_vms_at AS looked_at FROM binding
           WHERE entity = $1 AND vms_id = ANY($2::text[])""",
        entity, list(vms_ids),
    )  # fmt: skip
    return {row["vms_id"]: VmsSeen(row["told"], row["looked_at"]) for row in rows}


async def standing(conn: Connection, entity: Entity, vms_ids: Iterable[str]) -> dict[str, Standing]:
    """By VMS's id, what is agreed on, on its way and told of the records that have a binding."""
    rows = await conn.fetch(
        """SELECT vms_id, keycrm_id IS NOT NULL AS is_bound, sku, vms_event ->> 'sku' AS told_sku,
               base_vms, base_keycrm, pending
           FROM binding WHERE entity = $1 AND vms_id = ANY($2::text[])""",
        entity, list(vms_ids),
    )  # fmt: skip
    return {
        row["vms_id"]: Standing(
            row["is_bound"], row["sku"], row["told_sku"],
            {name: row[name] for name in ("base_vms", "base_keycrm", "pending")},
        )
        for row in rows
    }  # fmt: skip


async def hints_of_creating(conn: Connection, entity: Entity, vms_ids: Iterable[str]) -> dict[str, Mapping[str, Any]]:
    """By VMS's id, what the record that is just being made in KeyCRM will show."""
    rows = await conn.fetch(
        """SELECT vms_id, hint FROM binding WHERE entity = $1 AND vms_id = ANY($2::text[]) AND keycrm_id IS NULL
           AND status = 'creating' AND hint IS NOT NULL""",
        entity, list(vms_ids),
    )  # fmt: skip
    return {row["vms_id"]: row["hint"] for row in rows}


async def numbers(conn: Connection, entity: Entity, keycrm_ids: Iterable[int]) -> dict[int, int]:
    """By KeyCRM's own id, the number of its binding."""
    rows = await conn.fetch(
        "SELECT keycrm_id, id FROM binding WHERE entity = $1 AND keycrm_id = ANY($2::bigint[])",
        entity, list(keycrm_ids),
    )  # fmt: skip
    return {row["keycrm_id"]: row["id"] for row in rows}


async def known(conn: Connection, entity: Entity, keycrm_ids: Iterable[int]) -> set[int]:
    """Which of KeyCRM's ids have a binding, by their own id or an alias."""
    rows = await conn.fetch(
        """SELECT keycrm_id AS id FROM binding WHERE entity = $1 AND keycrm_id = ANY($2::bigint[])
           UNION SELECT external_id::bigint FROM alias
           WHERE entity = $1 AND side = 'keycrm' AND external_id = ANY(SELECT n::text FROM unnest($2::bigint[]) n)""",
        entity, list(keycrm_ids),
    )  # fmt: skip
    return {row["id"] for row in rows}
