"""What a flow has to tell people, ready for the outbox."""

from __future__ import annotations

from datetime import datetime

from libs.contracts import people
from libs.contracts.events import SyncEvent
from libs.contracts.topics import SYNC_EVENT
from libs.flow.flow import Flow
from libs.runtime.publish import Outgoing


def message(flow: Flow, subject: str, kind: str, body: SyncEvent, now: datetime) -> Outgoing:
    """One event on `sync.event.v1`, keyed by its subject; `kind` is the type without `sync.`."""
    return Outgoing(SYNC_EVENT.name, *people.message(str(flow.new_id()), flow.service, kind, subject, body, now))
