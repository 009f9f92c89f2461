"""The runtime's levels over `levels`: one claim takes the due levels of one warehouse, since one call carries those.

A warehouse rests for a moment between two batches, so that a flood of changes becomes few calls; the first change after
a pause goes at once. Safe because every step is one fenced statement; a level that is given up leaves the queue and
gets its dead letter together or not at all.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from decimal import Decimal

from libs.contracts.types import Entity, Lane, Side
from libs.runtime.database import Connection, Database
from libs.runtime.work import Failure
from libs.state import audit, levels, outbox
from libs.state.audit import Entry
from libs.state.levels import Kind, Level
from libs.state.queue import letter

GATHER = timedelta(seconds=1)
_CALLS = {Kind.STOCK: "PUT /offers/stocks", Kind.PRICE: "PUT /offers"}


class LevelQueue:
    """Stock or prices due towards KeyCRM, for one service; stock and prices draw on one lane."""

    def __init__(self, database: Database, kind: Kind, service: str) -> None:
        self._database = database
        self._kind = kind
        self._service = service
        self._claimed_at: dict[str, datetime] = {}

    @property
    def lane(self) -> Lane:
        """Whose share of the quota they draw on."""
        return Lane.STOCK

    async def is_due(self, now: datetime) -> bool:
        """Whether there is anything to claim."""
        async with self._database.connection() as conn:
            return bool(await self._rested(conn, now))

    async def claim(self, limit: int, now: datetime, lease_seconds: float) -> Sequence[Level]:
        """Up to `limit` levels of the first warehouse that has any."""
        async with self._database.transaction() as conn:
            for warehouse in await self._rested(conn, now):
                claimed = await levels.claim(conn, self._kind, warehouse, limit, now, lease_seconds)
                if claimed:
                    self._claimed_at[warehouse] = now
                    return claimed
        return ()

    async def renew(self, batch: Sequence[Level], now: datetime, lease_seconds: float) -> datetime:
        """The lease's new end; raises LeaseLost."""
        async with self._database.transaction() as conn:
            return await levels.renew(conn, batch, now, lease_seconds)

    async def finish(self, batch: Sequence[Level], now: datetime) -> None:
        """Sent, which the audit tells; what has a newer value stays due. Raises LeaseLost."""
        async with self._database.transaction() as conn:
            await levels.finish(conn, batch, now)
            await audit.append(conn, [self._entry(level) for level in batch], now)

    async def postpone(
        self, batch: Sequence[Level], due_at: datetime, is_attempt_counted: bool, reason: str, now: datetime
    ) -> None:
        """Sent again at `due_at`; raises LeaseLost."""
        async with self._database.transaction() as conn:
            await levels.postpone(conn, batch, due_at, is_attempt_counted, reason, now)

    async def dead_letter(self, level: Level, failure: Failure, now: datetime) -> None:
        """Refused, with the dead letter on its way; raises LeaseLost."""
        body: dict[str, object] = {
            "kind": level.kind.value, "sku": level.sku, "warehouse": level.warehouse, "bindingId": level.binding_id,
            "side": "keycrm", "lane": self.lane.value, "code": failure.code, "field": failure.field,
        }  # fmt: skip
        key = f"{level.kind.value}-{level.sku}-{level.warehouse}"
        async with self._database.transaction() as conn:
            await levels.give_up(conn, [level], failure.error, now)
            await outbox.add(conn, [letter(self._service, key, body, failure, level.marked_at)], now)

    async def release(self, batch: Sequence[Level], now: datetime) -> None:
        """Handed back untouched; raises LeaseLost."""
        async with self._database.transaction() as conn:
            await levels.release(conn, batch, now)

    def _entry(self, level: Level) -> Entry:
        return Entry(
            self._service, "updated", "returned" if level.is_drifted else "changed", entity=Entity.ARTICLE,
            binding_id=level.binding_id, side=Side.KEYCRM, field=f"{level.kind} {level.warehouse}".strip(),
            before=_text(level.figure), after=_text(level.value),
            call=_CALLS[level.kind], correlation_id=level.correlation_id,
        )  # fmt: skip

    async def _rested(self, conn: Connection, now: datetime) -> list[str]:
        """The warehouses that have something to claim and have rested since their last batch."""
        due = await levels.warehouses_due(conn, self._kind, now)
        return [warehouse for warehouse in due if not self._rests(warehouse, now)]

    def _rests(self, warehouse: str, now: datetime) -> bool:
        claimed_at = self._claimed_at.get(warehouse)
        return claimed_at is not None and timedelta() <= now - claimed_at < GATHER


def _text(value: Decimal | None) -> str | None:
    """As people write it: no trailing zeros, no exponent."""
    return None if value is None else f"{value.normalize():f}"
