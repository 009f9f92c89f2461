"""The sync's events, noted for the channels that are to be told, and appended to the feed for whoever listens.

Safe because event and channel are one row, and so is an event in the feed: one that is read again is noted once.
Nothing is sent here, so a batch costs a few statements however slow the channels are. The feed comes last, since other
copies of the notifier wait for its lock until the commit.
"""

from __future__ import annotations

from collections.abc import Sequence

from libs.contracts.events import SyncEvent
from libs.runtime.database import Database
from libs.runtime.decode import Received
from libs.runtime.work import Clock
from libs.state import feed, notifications
from notifier.domain.rules import Rules
from notifier.handlers.telling import Heard, named, notes_of


class Noting:
    """The consumer of `sync.event.v1`."""

    def __init__(self, database: Database, rules: Rules, clock: Clock) -> None:
        self._database = database
        self._rules = rules
        self._clock = clock

    async def note(self, batch: Sequence[Received]) -> None:
        """Note a batch, in one transaction."""
        heard = [one for received in batch if (one := _heard(received)) is not None]
        if not heard:
            return
        now = self._clock()
        async with self._database.transaction() as conn:
            heard = await named(conn, heard)
            notes = await notes_of(conn, self._rules, heard, now)
            if notes:
                await notifications.note(conn, notes, now)
            await feed.add(conn, [_item(one) for one in heard], now)


def _heard(received: Received) -> Heard | None:
    event, envelope = received.model, received.envelope
    if not isinstance(event, SyncEvent):
        return None
    told = event.model_dump(mode="json", by_alias=True)
    return Heard(envelope.id, envelope.type, told, envelope.time, envelope.correlation_id, envelope.subject)


def _item(one: Heard) -> feed.Item:
    return feed.Item(one.id, one.event_type, one.event, one.happened_at, one.subject, one.correlation_id)
