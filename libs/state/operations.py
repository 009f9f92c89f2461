"""Operations: a person asked for something and follows it.

Safe because the row is written in the transaction of the mark it waits for, and ended by the statement that finishes,
or gives up, the item at that mark's version: whoever does the work ends the operation with it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Literal
from uuid import UUID

from asyncpg import Record

from libs.contracts.types import Entity, Side
from libs.runtime.database import Connection

Status = Literal["running", "done", "failed"]


@dataclass(frozen=True, slots=True)
class Operation:
    """What was asked, and what became of it; `waits` holds the mark versions that are still to be finished."""

    id: UUID
    kind: str
    asked_by: str
    entity: Entity | None = None
    binding_id: int | None = None
    waits: Mapping[Side, int] = field(default_factory=dict)
    status: Status = "running"
    outcome: Mapping[str, Any] = field(default_factory=dict)
    error: str | None = None
    created_at: datetime | None = None
    finished_at: datetime | None = None
    total: int | None = None
    """Of how many, where many are done at once."""
    done: int = 0


COLUMNS = """
    id, kind, asked_by, entity, binding_id, waits_vms, waits_keycrm, status, outcome, error, created_at, finished_at,
    total, done
"""


async def begin(conn: Connection, operation: Operation, now: datetime) -> None:
    """Write the operation beside its mark (`waits` = the mark's versions); one that waits for nothing is done."""
    is_done = not operation.waits and operation.total is None
    await conn.execute(
        """INSERT INTO operation (id, kind, asked_by, entity, binding_id, waits_vms, waits_keycrm, outcome, created_at,
               status, finished_at, total) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)""",
        operation.id, operation.kind, operation.asked_by, operation.entity, operation.binding_id,
        operation.waits.get(Side.VMS), operation.waits.get(Side.KEYCRM), dict(operation.outcome), now,
        "done" if is_done else "running", now if is_done else None, operation.total,
    )  # fmt: skip


async def get(conn: Connection, operation_id: UUID) -> Operation | None:
    """One operation."""
    row = await conn.fetchrow(f"SELECT {COLUMNS} FROM operation WHERE id = $1", operation_id)
    return read(row) if row else None


async def of(conn: Connection, binding_id: int, limit: int) -> tuple[Operation, ...]:
    """What was asked for about one binding, the newest first."""
    rows = await conn.fetch(
        f"SELECT {COLUMNS} FROM operation WHERE binding_id = $1 ORDER BY created_at DESC LIMIT $2", binding_id, limit
    )
    return tuple(read(row) for row in rows)


async def page(
    conn: Connection, before: tuple[datetime, UUID] | None, limit: int, *, running: bool | None = None
) -> tuple[Operation, ...]:
    """What was asked for, the newest first, before one of them; `running`: only what has not ended, or what has."""
    rows = await conn.fetch(
        f"""SELECT {COLUMNS} FROM operation
            WHERE ($1::timestamptz IS NULL OR (created_at, id) < ($1, $2::uuid))
                AND ($4::boolean IS NULL OR (status = 'running') = $4)
            ORDER BY created_at DESC, id DESC LIMIT $3""",
        before[0] if before else None, before[1] if before else None, limit, running,
    )  # fmt: skip
    return tuple(read(row) for row in rows)


def read(row: Record) -> Operation:
    """A row of `operation` as a value."""
    facts = dict(row)
    waits = {side: facts.pop(f"waits_{side}") for side in Side}
    facts["entity"] = Entity(row["entity"]) if row["entity"] else None
    return Operation(**facts, waits={side: version for side, version in waits.items() if version is not None})
