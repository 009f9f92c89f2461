"""Whether KeyCRM and VMS answer: a line of the status page and one event for people when it changes.

A key that is refused is told apart from a partner that is away: one is corrected by a person, the other waited for.

Promises: costs KeyCRM no call: what the polls met tells. VMS has no quota and is asked for a sign of life. Nothing that
works depends on it; the circuits decide about work.
"""

from __future__ import annotations

import asyncio
from contextlib import suppress
from typing import Literal

from libs.clients.terms import Terms
from libs.contracts.events import SyncEvent
from libs.contracts.types import Lane, Side
from libs.flow.flow import Flow
from libs.flow.telling import message
from libs.runtime.errors import KEY_REFUSED, SyncError, TransientError, WorldUnavailable
from libs.runtime.publish import Outgoing
from libs.state import outbox, partners

EVERY_SECONDS = 5.0
_Standing = Literal["reachable", "away", "refusing"]


class Reach:
    """What one service knows of both partners, all its copies together."""

    def __init__(self, flow: Flow) -> None:
        self._flow = flow
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
        failed = None if is_reachable else error
        with suppress(WorldUnavailable):
            await self._tell(partner, failed)

    async def _vms(self) -> SyncError | None:
        try:
            await self._flow.vms.health(Terms(Lane.RECONCILE))
        except SyncError as error:
            return error
        return None

    async def _tell(self, partner: Side, failed: SyncError | None) -> None:
        flow, now, reason = self._flow, self._flow.clock(), failed.reason if failed else None
        async with flow.database.transaction() as conn:
            # The service's last word, not this process's: it may have been a copy's, or one's before a restart.
            before = await partners.seen(conn, flow.service, partner)
            await partners.tell(conn, flow.service, partner, failed is None, reason, now)
            if _standing(reason) != _standing(before.reason if before else None):
                await outbox.add(conn, [self._event(partner, reason)], now)

    def _event(self, partner: Side, reason: str | None) -> Outgoing:
        kind = f"partner.{'reachable' if reason is None else 'unreachable'}"
        body = SyncEvent(
            entity="system", side=partner.value, actor=self._flow.service, reason=reason, details={"partner": partner}
        )
        return message(self._flow, partner, kind, body, self._flow.clock())


def _standing(reason: str | None) -> _Standing:
    """Why a partner fails tells whether it is away; no reason: it does not fail."""
    if reason is None:
        return "reachable"
    return "refusing" if KEY_REFUSED in reason else "away"
