"""The verifier: goes over every bound record again and again, looks twice at what differs, and has it mended.

Promises: costs KeyCRM one call for fifty records and at most as many in a minute as `SYNC_COMPARE_SECONDS` allows,
unless a person waits; a difference counts only when a second, close look confirms it; one that nothing explains is made
due once, so that the merge, not this, decides what is right. A partner that is away only delays it.
"""

from __future__ import annotations

import asyncio
from contextlib import suppress
from datetime import datetime, timedelta

import structlog

from inbound_apply.comparing.portions import Portion, Portions
from inbound_apply.comparing.standing import FOUND, Standing, count
from libs.contracts.types import Lane, Side
from libs.flow.flow import Flow
from libs.runtime.database import Connection
from libs.runtime.errors import SyncError
from libs.state import audit, bindings, comparison_passes, comparisons, level_figures, marks
from libs.state.audit import Entry
from libs.state.comparison_passes import Pass
from libs.state.due import MarkBinding
from libs.state.levels import Kind

log = structlog.get_logger("inbound_apply.comparing")

TICK_SECONDS = 2.0
HELD_SECONDS = 300.0
"""How long a pass is in one process's hands after its last portion began: longer than fifty reads of VMS take."""
CLOSE_LOOKS = 5
"""Suspects looked at in one tick: each costs a call to KeyCRM."""
AFTER_FAILURE = timedelta(seconds=30)


class Verifier:
    """Compares both sides; any number of processes may run one."""

    def __init__(self, flow: Flow, portions: Portions, pause_seconds: float, settle_seconds: float) -> None:
        self._flow, self._portions = flow, portions
        self._pause, self._settle = timedelta(seconds=pause_seconds), settle_seconds
        self._token = flow.new_id()
        # The first portion comes a pause after the start, not with it.
        self._last: dict[str, datetime] = dict.fromkeys(comparison_passes.SUBJECTS, flow.clock())
        self._not_before = flow.clock()
        self._standing = Standing(flow, is_standing=pause_seconds > 0)

    async def run(self, stopping: asyncio.Event) -> None:
        """Compare until `stopping`."""
        while not stopping.is_set():
            with suppress(SyncError):
                await self.tick()
            with suppress(TimeoutError):
                await asyncio.wait_for(stopping.wait(), TICK_SECONDS)
        with suppress(SyncError):
            async with self._flow.database.connection() as conn:
                await comparison_passes.release(conn, self._token)

    async def tick(self) -> None:
        """What is due now: second looks, then a portion of each subject whose turn it is; then tell how it stands.

        Raises:
            SyncError: the database is away.
        """
        now = self._flow.clock()
        if now >= self._not_before:
            try:
                await self._look_again(now)
                for this in await self._passes():
                    if self._is_turn_of(this, self._flow.clock()):
                        await self._go_on(this)
            except SyncError as error:
                self._not_before = self._flow.clock() + AFTER_FAILURE
                log.info("comparing.delayed", reason=error.reason)
        await self._standing.tell(self._flow.clock())

    async def _passes(self) -> tuple[Pass, ...]:
        async with self._flow.database.connection() as conn:
            return await comparison_passes.all_passes(conn)

    def _is_turn_of(self, this: Pass, now: datetime) -> bool:
        if this.is_asked:
            return True
        # The polls show stock page by page anyway; a pass of its own costs calls only when a person asks.
        if not self._pause or this.subject == "stock" or not (this.is_running or this.begins(now)):
            return False
        return now - self._last[this.subject] >= self._pause

    async def _go_on(self, this: Pass) -> None:
        """One portion, if no other process has the pass in hand."""
        now = self._flow.clock()
        self._last[this.subject] = now
        async with self._flow.database.transaction() as conn:
            held = await comparison_passes.hold(conn, this.subject, self._token, now, HELD_SECONDS)
            if held is None:
                return
            if held.begins(now):
                await comparison_passes.begin(conn, this.subject, self._token, now)
                held = await comparison_passes.hold(conn, this.subject, self._token, now, HELD_SECONDS)
        if held is not None and held.is_running:
            await self._record(held, await self._portions.next(held))

    async def _record(self, this: Pass, portion: Portion) -> None:
        now = self._flow.clock()
        async with self._flow.database.transaction() as conn:
            if portion.strangers:
                await marks.mark(conn, portion.strangers, now)
            await self._note(conn, portion, now)
            if this.operation_id is not None and this.is_asked:
                await comparison_passes.advance(conn, this.operation_id, portion.rows)
            if portion.cursor is None:
                await comparison_passes.end(conn, this.subject, self._token, now)
                log.info("comparing.passed", subject=this.subject)
            else:
                await comparison_passes.move(conn, this.subject, self._token, portion.cursor)

    async def _note(self, conn: Connection, portion: Portion, now: datetime) -> None:
        differing = await comparisons.note(conn, portion.found, portion.looked_at, is_close=portion.is_close)
        count(portion.found, differing)
        for kind, figures in ((Kind.STOCK, portion.stocks), (Kind.PRICE, portion.prices)):
            await level_figures.see(conn, kind, figures, now, self._settle)

    async def _look_again(self, now: datetime) -> None:
        """Second and further looks at what differed; what nothing explains is made due, once."""
        async with self._flow.database.connection() as conn:
            suspects = await comparisons.to_look_at_again(conn, now, CLOSE_LOOKS)
        if not suspects:
            return
        looked_at, found = self._flow.clock(), await self._portions.closely(suspects)
        async with self._flow.database.transaction() as conn:
            differing = await comparisons.note(conn, found, looked_at, is_close=True)
            count(found, differing)
            await self._mend(conn, await comparisons.mend(conn, differing, looked_at), looked_at)

    async def _mend(self, conn: Connection, numbers: tuple[int, ...], now: datetime) -> None:
        due = [MarkBinding(number, (Side.VMS, Side.KEYCRM), Lane.RECONCILE) for number in numbers]
        await marks.mark_bindings(conn, due, now)
        known = await bindings.of(conn, numbers)
        entries = [
            Entry(
                self._flow.service, FOUND, entity=one.entity, binding_id=one.id, vms_id=one.vms_id,
                keycrm_id=one.keycrm_id,
            )
            for one in known.values()
        ]  # fmt: skip
        await audit.append(conn, entries, now)
        for number in numbers:
            log.warning("comparing.unexplained", binding_id=number)
