"""The sync's events, noted for the channels that are to be told.

Safe because event and channel are one row: an event that is read again is noted once. Nothing is sent here, so a batch
costs one statement however slow the channels are.
"""

from __future__ import annotations

from collections.abc import Sequence

from libs.contracts.events import SyncEvent
from libs.runtime.database import Database
from libs.runtime.decode import Received
from libs.runtime.work import Clock
from libs.state import notifications
from libs.state.notifications import Note
from notifier.domain.rules import Rules


class Noting:
    """The consumer of `sync.event.v1`."""

    def __init__(self, database: Database, rules: Rules, clock: Clock) -> None:
        self._database = database
        self._rules = rules
        self._clock = clock

    async def note(self, batch: Sequence[Received]) -> None:
        """Note a batch, in one transaction."""
        notes = [note for received in batch for note in self._notes(received)]
        if not notes:
            return
        async with self._database.transaction() as conn:
            await notifications.note(conn, notes, self._clock())

    def _notes(self, received: Received) -> list[Note]:
        event, envelope = received.model, received.envelope
        if not isinstance(event, SyncEvent):
            return []
        told = event.model_dump(mode="json", by_alias=True)
        return [
            Note(envelope.id, channel, envelope.type, told, envelope.correlation_id)
            for channel in self._rules.channels_for(envelope.type, event.entity)
        ]
