"""Records and levels that differ, written as the comparison writes them: two close looks that showed the same."""

from __future__ import annotations

from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any
from uuid import uuid4

from libs.contracts.types import Entity
from libs.runtime.database import Connection
from libs.state import comparison_passes, comparisons, level_figures, levels
from libs.state.comparisons import AGAIN, Found
from libs.state.level_figures import Figure
from libs.state.levels import Kind, Want

LONG_AGO = timedelta(hours=2)


def different(field: str, vms: Any, keycrm: Any) -> dict[str, Any]:
    """One field as a comparison keeps it."""
    return {"field": field, "vms": vms, "keycrm": keycrm}


async def same(conn: Connection, binding_id: int, at: datetime) -> None:
    """A look at both sides of a record showed the same."""
    await comparisons.note(conn, [await _found(conn, binding_id)], at, is_close=True)


async def suspected(conn: Connection, binding_id: int, at: datetime, *fields: dict[str, Any]) -> None:
    """One look showed a difference; nothing has confirmed it."""
    await comparisons.note(conn, [await _found(conn, binding_id, *fields)], at, is_close=True)


async def differs(conn: Connection, binding_id: int, since: datetime, *fields: dict[str, Any]) -> None:
    """Two looks showed the very same difference."""
    await suspected(conn, binding_id, since, *fields)
    found = await _found(conn, binding_id, *fields)
    assert await comparisons.note(conn, [found], since + 2 * AGAIN, is_close=True)


async def level_differs(
    conn: Connection, kind: Kind, sku: str, warehouse: str, vms: str, keycrm: str, now: datetime
) -> None:
    """VMS has one figure, it was sent long ago, and KeyCRM shows another since."""
    at = now - LONG_AGO
    await levels.want(conn, kind, [Want(sku, warehouse, Decimal(vms), at, f"e-{sku}-{warehouse}")], at)
    claimed = await levels.claim(conn, kind, warehouse, 100, at, 60)
    await levels.finish(conn, claimed, at)
    await level_figures.see(conn, kind, [Figure(sku, warehouse, Decimal(keycrm), now - timedelta(minutes=2))], now, 60)


async def passed(conn: Connection, began: datetime, ended: datetime | None) -> None:
    """The pass of every subject, to its end or not."""
    token = uuid4()
    for subject in comparison_passes.SUBJECTS:
        await comparison_passes.hold(conn, subject, token, began, 60)
        await comparison_passes.begin(conn, subject, token, began)
        if ended is not None:
            await comparison_passes.end(conn, subject, token, ended)
    await comparison_passes.release(conn, token)


async def _found(conn: Connection, binding_id: int, *fields: dict[str, Any]) -> Found:
    entity = await conn.fetchval("SELECT entity FROM binding WHERE id = $1", binding_id)
    return Found(binding_id, Entity(entity), fields)
