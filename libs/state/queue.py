"""The runtime's queue over `work_items`: each step a transaction of its own.

Safe because every step is one fenced statement or one transaction; an item that is given up leaves the queue and gets
its dead letter (through the outbox, to the service's dead-letter topic) together or not at all.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

import orjson

from libs.contracts.dead_letter import DeadLetter
from libs.contracts.topics import dead_letter_topic
from libs.contracts.types import Entity, Lane, Side
from libs.runtime.database import Database
from libs.runtime.publish import Outgoing
from libs.runtime.work import Backlog, Failure, WorkItem
from libs.state import leases, outbox, sleepers, work_items


class BindingQueue:
    """Bindings due towards one side, for one service."""

    def __init__(
        self, database: Database, side: Side, service: str, entities: Sequence[Entity] = tuple(Entity)
    ) -> None:
        self._database = database
        self._side = side
        self._service = service
        self._entities = tuple(entities)

    @property
    def side(self) -> Side:
        """Towards which side its items are due."""
        return self._side

    async def due(self, now: datetime) -> Sequence[Lane]:
        """Lanes that have something to claim, first lane first."""
        async with self._database.connection() as conn:
            return await work_items.lanes_due(conn, self._side, now, self._entities)

    async def claim(self, lane: Lane, now: datetime, lease_seconds: float) -> WorkItem | None:
        """The item longest due in this lane; None: nothing, or another was faster."""
        async with self._database.connection() as conn:
            return await work_items.claim(conn, self._side, lane, now, lease_seconds, self._entities)

    async def renew(self, item: WorkItem, now: datetime, lease_seconds: float) -> datetime:
        """The lease's new end; raises LeaseLost."""
        async with self._database.connection() as conn:
            return await leases.renew(conn, item, now, lease_seconds)

    async def finish(self, item: WorkItem, now: datetime) -> None:
        """Finished, or due again at once if it was marked meanwhile; raises LeaseLost."""
        async with self._database.transaction() as conn:
            await work_items.finish(conn, item, now)

    async def postpone(self, item: WorkItem, due_at: datetime, attempt: int, reason: str, now: datetime) -> None:
        """Not before `due_at`, as attempt number `attempt`; raises LeaseLost."""
        async with self._database.connection() as conn:
            await work_items.postpone(conn, item, due_at, attempt, reason, now)

    async def sleep(self, item: WorkItem, parent_binding_id: int, now: datetime) -> None:
        """Asleep until the parent is bound, or due again if it is bound by now; raises LeaseLost."""
        async with self._database.transaction() as conn:
            await sleepers.sleep(conn, item, parent_binding_id, now)

    async def dead_letter(self, item: WorkItem, failure: Failure, now: datetime) -> None:
        """Given up with its reason, and the dead letter on its way; raises LeaseLost."""
        async with self._database.transaction() as conn:
            await work_items.give_up(conn, item, failure, now)
            await outbox.add(conn, [letter_of(self._service, item, failure)], now)

    async def release(self, item: WorkItem, now: datetime) -> None:
        """Handed back untouched; raises LeaseLost."""
        async with self._database.connection() as conn:
            await work_items.release(conn, item, now)

    async def backlog(self, now: datetime) -> Sequence[Backlog]:
        """What is due, for the metrics."""
        async with self._database.connection() as conn:
            return await work_items.backlog(conn, self._side, now)


def letter_of(service: str, item: WorkItem, failure: Failure) -> Outgoing:
    """An item's dead letter: no record stands behind it, so it has no origin, and a replay is a new mark."""
    body = {
        "kind": "item", "bindingId": item.binding_id, "entity": item.entity.value, "side": item.side.value,
        "lane": item.lane.value, "code": failure.code, "field": failure.field,
    }  # fmt: skip
    return letter(service, f"{item.entity.value}-{item.binding_id}", body, failure, item.marked_at)


def letter(
    service: str, key: str, body: dict[str, object], failure: Failure, first_failed_at: datetime | None
) -> Outgoing:
    """A dead letter of something that was never a record."""
    dead = DeadLetter(
        topic="", partition=-1, offset=-1, key=key.encode(), body=orjson.dumps(body), headers=(),
        reason=failure.reason, error=failure.error, attempts=failure.attempts, first_failed_at=first_failed_at,
    )  # fmt: skip
    headers, encoded = dead.encode()
    return Outgoing(dead_letter_topic(service).name, dead.key, headers, encoded)
