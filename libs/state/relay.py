"""The relay: one in the whole system moves the outbox to Kafka, in order, at least once.

Safe because it works only while its own connection holds an advisory lock, which PostgreSQL gives to one connection and
takes back when that connection ends; and it deletes a message only after the broker has acknowledged it. A crash
between the two publishes it again: readers go by the event's id. It holds no transaction while it publishes.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from contextlib import AbstractAsyncContextManager

import structlog

from libs.runtime.database import Connection, DatabaseAway, translated
from libs.runtime.errors import PermanentError, WorldUnavailable
from libs.runtime.publish import Outgoing
from libs.state import outbox
from libs.state.outbox import Waiting

log = structlog.get_logger("state.relay")

Connect = Callable[[], AbstractAsyncContextManager[Connection]]
Publish = Callable[[Sequence[Outgoing]], Awaitable[None]]

# Any number, the same in every release.
LOCK = 731_616_001
BATCH = 200
IDLE_SECONDS = 1.0
"""A notice wakes it at once; this is for a notice that was lost with its connection."""
STANDBY_SECONDS = 2.0
FIRST_PAUSE_SECONDS = 0.5
LONGEST_PAUSE_SECONDS = 15.0


class Relay:
    """Runs in every service that writes to the outbox; one of them relays, the others stand by."""

    def __init__(self, connect: Connect, publish: Publish, *, batch: int = BATCH) -> None:
        """`connect` opens a connection of its own (not of the pool): it is held as long as the relay runs."""
        self._connect = connect
        self._publish = publish
        self._batch = batch
        self._wake = asyncio.Event()
        self._pause_seconds = FIRST_PAUSE_SECONDS

    async def run(self, stopping: asyncio.Event) -> None:
        """Relay until `stopping`; never raises for an absent database or broker."""
        stop = asyncio.create_task(self._wake_on(stopping), name="relay-stop")
        try:
            while not stopping.is_set():
                try:
                    with translated():
                        async with self._connect() as conn:
                            await self._relay_or_stand_by(conn, stopping)
                except DatabaseAway as away:
                    log.info("relay.disconnected", reason=away.reason)
                    await self._idle(STANDBY_SECONDS)
        finally:
            stop.cancel()
            await asyncio.gather(stop, return_exceptions=True)

    async def _wake_on(self, stopping: asyncio.Event) -> None:
        await stopping.wait()
        self._wake.set()

    async def _relay_or_stand_by(self, conn: Connection, stopping: asyncio.Event) -> None:
        while not await conn.fetchval("SELECT pg_try_advisory_lock($1)", LOCK):
            await self._idle(STANDBY_SECONDS)
            if stopping.is_set():
                return
        log.info("relay.started")
        await conn.add_listener(outbox.CHANNEL, lambda *_: self._wake.set())
        while not stopping.is_set():
            self._wake.clear()
            if not await self.relay_once(conn):
                await self._idle(IDLE_SECONDS)

    async def relay_once(self, conn: Connection) -> int:
        """Publish one batch and delete it; answers how many went. The caller holds the lock."""
        rows = await outbox.waiting(conn, self._batch)
        if not rows:
            return 0
        try:
            await self._publish([row.message for row in rows])
        except WorldUnavailable as away:
            log.warning("relay.waits", reason=away.reason, pause_seconds=self._pause_seconds)
            await asyncio.sleep(self._pause_seconds)
            self._pause_seconds = min(LONGEST_PAUSE_SECONDS, self._pause_seconds * 2)
            return 0
        except PermanentError:
            return await self._one_by_one(conn, rows)
        self._pause_seconds = FIRST_PAUSE_SECONDS
        await outbox.remove(conn, [row.id for row in rows])
        return len(rows)

    async def _one_by_one(self, conn: Connection, rows: Sequence[Waiting]) -> int:
        """Find the message that Kafka refuses, so that the rest may pass."""
        for row in rows:
            try:
                await self._publish([row.message])
            except WorldUnavailable:
                return 0
            except PermanentError as error:
                log.error("outbox.refused", outbox_id=row.id, topic=row.message.topic, reason=error.reason)
                await outbox.refuse(conn, row.id, error.reason)
                continue
            await outbox.remove(conn, [row.id])
        return len(rows)

    async def _idle(self, seconds: float) -> None:
        try:
            await asyncio.wait_for(self._wake.wait(), seconds)
        except TimeoutError:
            return
