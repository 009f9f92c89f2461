"""Whether KeyCRM and VMS answer: a line of the status page and one event for people when it changes.

Promises: costs KeyCRM no call: what the polls met tells. VMS has no quota and is asked for a sign of life. Nothing that
works depends on it; the circuits decide about work.
"""

from __future__ import annotations

import asyncio
from contextlib import suppress

from libs.clients.terms import Terms
from libs.contracts.events import SyncEvent
from libs.contracts.types import Lane, Side
from libs.flow.flow import Flow
from libs.flow.telling import message
from libs.runtime.errors import SyncError, TransientError, WorldUnavailable
from libs.runtime.publish import Outgoing
from libs.state import outbox, partners

EVERY_SECONDS = 5.0


class Reach:
    """What one service knows of both partners."""

    def __init__(self, flow: Flow) -> None:
        self._flow = flow
        self._known: dict[str, bool] = {}
        self._failing: set[Side] = set()

    async def watch(self, stopping: asyncio.Event) -> None:
        """Ask VMS for a sign of life, again and again."""
        while not stopping.is_set():
            await self.met(Side.VMS, await self._vms())
            try:
                await asyncio.wait_for(stopping.wait(), EVERY_SECONDS)
            except TimeoutError:
                continue

    async def met(self, partner: Side, error: SyncError | None) -> None:
        """A call to the partner ended so. A refusal is an answer; of time-outs and 500s the second in a row is told."""
        is_failed = isinstance(error, TransientError)
        is_reachable = not isinstance(error, WorldUnavailable) and not (is_failed and partner in self._failing)
        (self._failing.add if is_failed else self._failing.discard)(partner)
        reason = error.reason if error is not None and not is_reachable else None
        with suppress(WorldUnavailable):
            await self._tell(partner, is_reachable, reason)

    async def _vms(self) -> SyncError | None:
        try:
            await self._flow.vms.health(Terms(Lane.RECONCILE))
        except SyncError as error:
            return error
        return None

    async def _tell(self, partner: Side, is_reachable: bool, reason: str | None) -> None:
        flow, now = self._flow, self._flow.clock()
        was_reachable = self._known.get(partner, True)
        async with flow.database.transaction() as conn:
            await partners.tell(conn, flow.service, partner, is_reachable, reason, now)
            if is_reachable != was_reachable:
                await outbox.add(conn, [self._event(partner, is_reachable, reason)], now)
        self._known[partner] = is_reachable

    def _event(self, partner: Side, is_reachable: bool, reason: str | None) -> Outgoing:
        kind = f"partner.{'reachable' if is_reachable else 'unreachable'}"
        body = SyncEvent(
            entity="system", side=partner.value, actor=self._flow.service, reason=reason, details={"partner": partner}
        )
        return message(self._flow, partner, kind, body, self._flow.clock())
