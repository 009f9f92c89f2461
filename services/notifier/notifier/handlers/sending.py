"""One channel's messages: taken one by one or folded into one, sent, tried again, given up.

Safe because a sending is committed before it begins: what a crash cuts off says `sending` for ever, is found by its
age, and becomes a dead letter; it is never sent again by itself. A refusal is tried again after a back-off during
which the whole channel rests; the last refusal, and an outcome that nobody can tell, become a dead letter in the
transaction that ends the message. Of two processes one at a time takes from a channel.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Protocol
from uuid import UUID

import structlog

from libs.runtime import context, metrics
from libs.runtime.database import Connection, Database
from libs.runtime.errors import WorldUnavailable
from libs.runtime.fates import back_off_seconds
from libs.runtime.work import Clock, Failure
from libs.state import notifications, outbox
from libs.state.notifications import PERHAPS_READ, Note, Waiting
from libs.state.queue import letter
from notifier.channels import Refused, Sent, Taken, Unknown
from notifier.domain import pacing, texts
from notifier.domain.pacing import Single, Summary, Wait
from notifier.domain.rules import Channel
from notifier.domain.texts import SUMMARY, Message, Voice
from notifier.handlers.delivered import delivered, lost

log = structlog.get_logger("notifier.sending")

LOOK_SECONDS = 5.0
"""Between looks when nobody says that there is something; a poke ends the wait."""
AWAY_SECONDS = 2.0
STUCK_SECONDS = 180.0
"""Far beyond the longest sending: whoever began it is gone."""
MOST_WAITING = 5000
CUT_OFF = "the process ended while it was being sent"
UNKNOWN_OUTCOME = "outcome_unknown"


class Sends(Protocol):
    """A way out to people."""

    async def send(self, message: Message) -> Sent:
        """Send once."""
        ...


@dataclass(frozen=True, slots=True)
class Tools:
    """What every channel's sender is given."""

    database: Database
    service: str
    clock: Clock
    dice: Callable[[], float]
    new_id: Callable[[], UUID]
    console: str | None = None
    """The console's public address, for links."""


@dataclass(frozen=True, slots=True)
class Begun:
    """A message whose sending is committed."""

    note: Note
    attempt: int


class Sender:
    """Sends one channel's messages until the process ends."""

    def __init__(self, tools: Tools, channel: Channel, way: Sends) -> None:
        self._tools = tools
        self._channel = channel
        self._way = way
        self._poked = asyncio.Event()
        self._voice = Voice(channel.language, channel.zone, tools.console)
        self._failures = 0
        self._rests_until: datetime | None = None

    def poke(self) -> None:
        """There may be something to send."""
        self._poked.set()

    async def run(self, stopping: asyncio.Event) -> None:
        """Send until `stopping`; a message that is on its way then is waited for as long as the process may."""
        waking = asyncio.create_task(self._wake_on(stopping), name="sender-stop")
        try:
            while not stopping.is_set():
                self._poked.clear()
                try:
                    pause = await self.step()
                except WorldUnavailable as away:
                    log.info("sending.waits", channel=self._channel.name, reason=away.reason)
                    pause = AWAY_SECONDS
                # Nothing to do: whoever notes something ends the wait. A pause is ended by the stop alone.
                await _wait(self._poked if pause is None else stopping, LOOK_SECONDS if pause is None else pause)
        finally:
            waking.cancel()
            await asyncio.gather(waking, return_exceptions=True)

    async def step(self) -> float | None:
        """Give up what is stuck, send one message; answers how long to pause before the next, None: nothing waits."""
        now = self._tools.clock()
        async with self._tools.database.transaction() as conn:
            await self._give_up_stuck(conn, now)
            begun = await self._begin(conn, now)
        if not isinstance(begun, Begun):
            return begun
        with context.bound(context.start(begun.note.correlation_id), channel=self._channel.name):
            told = texts.as_of(begun.note.event_type, begun.note.event, now)
            sent = await self._way.send(texts.message(begun.note.event_type, told, self._voice))
            await self._record(begun, sent)
        return 0.0

    # ---- taking --------------------------------------------------------------------------------------------------

    async def _begin(self, conn: Connection, now: datetime) -> Begun | float | None:
        name = self._channel.name
        if self._rests_until is not None and now < self._rests_until:
            return (self._rests_until - now).total_seconds()
        waiting = await notifications.waiting(conn, name, now, MOST_WAITING)
        begun, newest_at = await notifications.begun_since(conn, name, now - pacing.WINDOW)
        match pacing.step(len(waiting), begun, newest_at, self._channel, now):
            case Single():
                first = waiting[0]
                await notifications.begin(conn, first.note.event_id, name, first.note.event_type, now)
                return Begun(first.note, first.attempt)
            case Summary():
                return await self._fold(conn, waiting, now)
            case Wait() as wait:
                return wait.seconds
            case None:
                return None

    async def _fold(self, conn: Connection, waiting: Sequence[Waiting], now: datetime) -> Begun:
        name, event_id = self._channel.name, f"{SUMMARY}-{self._tools.new_id()}"
        told = texts.fold([(one.note.event_type, one.note.event, one.noted_at) for one in waiting])
        attempt = max(one.attempt for one in waiting)
        await notifications.begin(conn, event_id, name, SUMMARY, now, event=told, attempt=attempt)
        for one in waiting:
            await notifications.end(conn, one.note.event_id, name, "muted", now, f"told in {event_id}")
        metrics.NOTIFICATIONS.labels(name, "folded").inc(len(waiting))
        log.info("notifications.folded", channel=name, count=len(waiting))
        return Begun(Note(event_id, name, SUMMARY, told), attempt)

    # ---- recording -----------------------------------------------------------------------------------------------

    async def _record(self, begun: Begun, sent: Sent) -> None:
        """Write down what became of it, however long the database is away: it must not be sent again."""
        self._rest(sent, self._tools.clock())
        while True:
            try:
                async with self._tools.database.transaction() as conn:
                    await self._settle(conn, begun, sent, self._tools.clock())
            except WorldUnavailable as away:
                log.warning("record.waits", reason=away.reason)
                await asyncio.sleep(AWAY_SECONDS)
                continue
            self._tell(begun, sent)
            return

    async def _settle(self, conn: Connection, begun: Begun, sent: Sent, now: datetime) -> None:
        name, event_id = self._channel.name, begun.note.event_id
        await delivered(conn, name, begun.note, sent, now)
        match sent:
            case Taken():
                await notifications.end(conn, event_id, name, "sent", now)
            case Unknown():
                await self._give_up(conn, begun.note, _unknown(sent.reason, begun.attempt), now)
            case Refused() if begun.attempt >= self._channel.attempts:
                await self._give_up(conn, begun.note, Failure("exhausted", sent.reason, begun.attempt), now)
            case Refused():
                due_at = self._rests_until or now
                await notifications.postpone(conn, event_id, name, due_at, begun.attempt + 1, sent.reason)

    def _rest(self, sent: Sent, now: datetime) -> None:
        """A channel that fails rests as a whole, longer each time: what waits would meet the same."""
        if isinstance(sent, Taken):
            self._failures, self._rests_until = 0, None
            return
        self._failures += 1
        channel = self._channel
        pause = back_off_seconds(self._failures, channel.retry_seconds, channel.retry_max_seconds, self._tools.dice())
        self._rests_until = now + timedelta(seconds=pause)

    async def _give_up(self, conn: Connection, note: Note, failure: Failure, now: datetime) -> bool:
        """End it as failed, with its dead letter; False: another process was faster."""
        why = f"{PERHAPS_READ}{failure.error}" if failure.reason == UNKNOWN_OUTCOME else failure.error
        if not await notifications.end(conn, note.event_id, note.channel, "failed", now, why):
            return False
        body: dict[str, object] = {
            "kind": "notification", "eventId": note.event_id, "channel": note.channel, "eventType": note.event_type,
        }  # fmt: skip
        await outbox.add(conn, [letter(self._tools.service, note.event_id, body, failure, now)], now)
        return True

    async def _give_up_stuck(self, conn: Connection, now: datetime) -> None:
        for one in await notifications.stuck(conn, self._channel.name, now - timedelta(seconds=STUCK_SECONDS)):
            if not await self._give_up(conn, one.note, _unknown(CUT_OFF, one.attempt), now):
                continue
            await lost(conn, one.note, CUT_OFF, now)
            log.warning("notification.stuck", channel=self._channel.name, event_id=one.note.event_id)

    def _tell(self, begun: Begun, sent: Sent) -> None:
        name = self._channel.name
        facts = {"event_id": begun.note.event_id, "event_type": begun.note.event_type, "attempt": begun.attempt}
        if isinstance(sent, Taken):
            metrics.NOTIFICATIONS.labels(name, "sent").inc()
            log.info("notification.sent", **facts)
        else:
            metrics.NOTIFICATIONS.labels(name, "failed").inc()
            log.warning("notification.failed", reason=sent.reason, is_known=isinstance(sent, Refused), **facts)

    async def _wake_on(self, stopping: asyncio.Event) -> None:
        await stopping.wait()
        self._poked.set()


def _unknown(error: str, attempt: int) -> Failure:
    return Failure(UNKNOWN_OUTCOME, error, attempt)


async def _wait(event: asyncio.Event, seconds: float) -> None:
    if seconds > 0:
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(event.wait(), seconds)
