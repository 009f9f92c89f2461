"""VMS's recent orders, swept by date: an event that was lost shows here.

Promises: an order is made due only if its row has changed since an event told of it or a worker looked at it; one that
nobody knows becomes a half, unless it is older than the start. A sweep that fails is done again at its next turn.
VMS offers no list by change time, and none of customers' changes at all: those wait for their next event.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterable
from datetime import datetime, timedelta

import structlog

from libs.clients.terms import Terms
from libs.contracts.types import Entity, Lane, Side
from libs.contracts.vms import Order
from libs.flow.flow import Flow
from libs.flow.opening import StartAt
from libs.flow.turns import in_turn, pause
from libs.reconcile import normalise
from libs.runtime.errors import SyncError
from libs.state import lookups, marks
from libs.state.lookups import VmsSeen
from libs.state.marks import Mark
from outbound_sync.domain import is_unseen

log = structlog.get_logger("outbound_sync.poll")

SWEEP_SECONDS = 900.0
SWEEP_DAYS = timedelta(days=30)
AHEAD = timedelta(days=1)
"""VMS's clock may be ahead of ours, and its dates are local ones."""


class Sweep:
    """outbound-sync's sweep of VMS's orders."""

    def __init__(self, flow: Flow, start_at: StartAt) -> None:
        self._flow, self._start_at = flow, start_at

    async def run(self, stopping: asyncio.Event) -> None:
        """Sweep every quarter of an hour until `stopping`."""
        await pause(stopping, SWEEP_SECONDS)
        await in_turn(self._flow, "turn.vms-sweep", SWEEP_SECONDS, self._tried, stopping)

    async def orders(self) -> int:
        """Orders of the last thirty days; answers how many became due.

        Raises:
            SyncError: VMS or the database is away; nothing was marked.
        """
        now, zone = self._flow.clock(), self._flow.zone
        first, last = (normalise.to_local(moment, zone) for moment in (now - SWEEP_DAYS, now + AHEAD))
        rows = await self._flow.vms.orders_by_date_range(first, last, Terms(Lane.RECONCILE))
        start_at = await self._start_at()
        async with self._flow.database.transaction() as conn:
            seen = await lookups.vms_seen(conn, Entity.ORDER, [row.order_id.lower() for row in rows])
            due = list(self._due(rows, seen, start_at, now))
            await marks.mark(conn, due, now)
        log.info("orders.swept", rows=len(rows), due=len(due))
        return len(due)

    def _due(
        self, rows: Iterable[Order], seen: dict[str, VmsSeen], start_at: datetime, now: datetime
    ) -> Iterable[Mark]:
        for row in rows:
            number, changed_at = row.order_id.lower(), self._instant(row.last_date_change, now)
            known = seen.get(number)
            born_at = self._instant(row.order_date, now)
            if known is None and born_at is not None and born_at < start_at:
                continue
            told_at = self._instant(known.told, now) if known else None
            if is_unseen(changed_at, told_at, known.looked_at if known else None):
                yield Mark(Entity.ORDER, Side.VMS, number, (Side.KEYCRM,), Lane.RECONCILE, marked_at=changed_at)

    def _instant(self, text: str | None, now: datetime) -> datetime | None:
        return normalise.row_instant(text, self._flow.zone, now)

    async def _tried(self) -> None:
        try:
            await self.orders()
        except SyncError as error:
            log.warning("sweep.failed", reason=error.reason)
