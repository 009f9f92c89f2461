"""A person asks for one record to be synchronised now, and follows what becomes of it.

Safe because mark, operation and audit are one transaction: whoever finishes the item at that mark's version ends the
operation with it. Both sides become due, so that whatever is wrong on either is put right and told.
"""

from __future__ import annotations

import asyncio
from uuid import UUID

from console.domain.refusals import Absent
from console.handlers.desk import Desk
from libs.contracts.access import Person
from libs.contracts.types import Entity, Lane, Side
from libs.runtime import context
from libs.state import audit, marks, operations
from libs.state.audit import Entry
from libs.state.marks import Mark
from libs.state.operations import Operation

LOOK_SECONDS = 0.1
"""Between two looks at a running operation: one read by its key."""


async def ask(desk: Desk, person: Person, entity: Entity, side: Side, external_id: str | int) -> Operation:
    """Make the record due on both sides, before everything else, and begin an operation that ends with it."""
    now, trace = desk.clock(), context.current()
    mark = Mark(
        entity, side, external_id, tuple(Side), Lane.INTERACTIVE,
        correlation_id=trace.correlation_id, traceparent=trace.traceparent,
    )  # fmt: skip
    async with desk.database.transaction() as conn:
        marked = (await marks.mark(conn, [mark], now))[0]
        operation = Operation(
            desk.new_id(), "sync", person.name, entity, marked.binding_id, dict(marked.versions), created_at=now
        )
        await operations.begin(conn, operation, now)
        entry = Entry(
            person.name, "sync.asked", entity=entity, binding_id=marked.binding_id,
            vms_id=str(external_id) if side is Side.VMS else None,
            keycrm_id=int(external_id) if side is Side.KEYCRM else None,
            correlation_id=trace.correlation_id, operation_id=operation.id,
        )  # fmt: skip
        await audit.append(conn, [entry], now)
    return operation


async def follow(desk: Desk, operation_id: UUID, wait_seconds: float = 0.0) -> Operation:
    """The operation once it has ended, or as it stands when the patience or the process ends.

    Raises:
        Absent: there is none of this id, or its time of keeping is over.
    """
    loop = asyncio.get_running_loop()
    patience_ends = loop.time() + wait_seconds
    while True:
        async with desk.database.connection() as conn:
            operation = await operations.get(conn, operation_id)
        if operation is None:
            raise Absent("there is no such operation: it may be older than the time such are kept")
        if operation.status != "running" or loop.time() >= patience_ends or desk.stopping.is_set():
            return operation
        await asyncio.sleep(min(LOOK_SECONDS, max(0.0, patience_ends - loop.time())))
