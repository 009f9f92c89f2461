"""Short words for the state's tests: a fixed clock, marks, claims, and questions about rows."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

from libs.contracts.types import Entity, Lane, Side
from libs.runtime.database import Connection, Database
from libs.runtime.work import Failure, WorkItem
from libs.state import attach, marks, work_items
from libs.state.bindings import Binding, get
from libs.state.marks import Mark, VmsEvent

NOW = datetime(2026, 1, 15, 9, 30, tzinfo=UTC)
LEASE_SECONDS = 120.0
GUID = "11111111-2222-3333-4444-555555555555"
OPERATION = UUID("00000000-0000-0000-0000-000000000001")
DEAD = Failure(reason="permanent", error="status 77 has no pair: add it to the pairs file", attempts=1, code="no-pair")


def at(seconds: float) -> datetime:
    """So many seconds after the tests' beginning."""
    return NOW + timedelta(seconds=seconds)


def event(event_id: str, seconds: float, **body: Any) -> VmsEvent:
    """A VMS event of that moment that shows `body`."""
    look = {"image": body, "changed_at": at(seconds).isoformat()}
    return VmsEvent(event_id, at(seconds), {"orderId": GUID, **body}, look)


async def mark(
    conn: Connection,
    external_id: str | int,
    *,
    entity: Entity = Entity.ORDER,
    side: Side | None = None,
    due: tuple[Side, ...] | None = None,
    lane: Lane = Lane.ORDER,
    now: datetime = NOW,
    event: VmsEvent | None = None,
) -> marks.Marked:
    """Mark one record, due towards the other side unless `due` says otherwise."""
    whose = side or (Side.KEYCRM if isinstance(external_id, int) else Side.VMS)
    towards = (whose.other,) if due is None else due
    async with conn.transaction():
        return (await marks.mark(conn, [Mark(entity, whose, external_id, towards, lane, event=event)], now))[0]


async def claim(
    conn: Connection, side: Side, *, lane: Lane = Lane.ORDER, now: datetime = NOW, lease_seconds: float = LEASE_SECONDS
) -> WorkItem:
    """Claim what must be claimable."""
    item = await work_items.claim(conn, side, lane, now, lease_seconds)
    assert item is not None, "nothing could be claimed"
    return item


async def is_claimable(conn: Connection, side: Side, *, lane: Lane = Lane.ORDER, now: datetime = NOW) -> bool:
    """Whether a claim would find something; leaves it unclaimed."""
    transaction = conn.transaction()
    await transaction.start()
    try:
        return await work_items.claim(conn, side, lane, now, LEASE_SECONDS) is not None
    finally:
        await transaction.rollback()


async def finish(database: Database, item: WorkItem, now: datetime = NOW) -> None:
    """Finish in a transaction of its own."""
    async with database.transaction() as conn:
        await work_items.finish(conn, item, now)


async def binding_of(conn: Connection, binding_id: int) -> Binding:
    """A binding that must be there."""
    found = await get(conn, binding_id)
    assert found is not None
    return found


async def item_row(conn: Connection, binding_id: int) -> dict[str, Any]:
    """The work item's row."""
    row = await conn.fetchrow("SELECT * FROM work_item WHERE binding_id = $1", binding_id)
    assert row is not None
    return dict(row)


async def bind(database: Database, item: WorkItem, side: Side, external_id: str | int, now: datetime = NOW) -> Binding:
    """Bind in a transaction of its own."""
    async with database.transaction() as conn:
        return await attach.bind(conn, item, side, external_id, now)


async def join(database: Database, item: WorkItem, half_id: int, into_id: int, now: datetime = NOW) -> attach.Attached:
    """Attach in a transaction of its own."""
    async with database.transaction() as conn:
        return await attach.attach(conn, item, half_id, into_id, now)
