"""What became of a sending, in the audit and on the console's list of channels.

Safe because both are written in the transaction that records the outcome; nothing of a channel's address is in them.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from libs.contracts.types import Entity
from libs.runtime.database import Connection
from libs.state import audit, news
from libs.state.audit import Entry
from libs.state.notifications import Note
from notifier.channels import Refused, Sent, Taken, Unknown

ACTOR = "notifier"


async def delivered(conn: Connection, channel: str, note: Note, sent: Sent, now: datetime) -> None:
    """Write down one sending through a channel."""
    if isinstance(sent, Taken):
        await news.took(conn, channel, now)
    else:
        await news.refused(conn, channel, sent.reason, now)
    await audit.append(conn, [entry(channel, note, sent)], now)


async def lost(conn: Connection, note: Note, why: str, now: datetime) -> None:
    """Write down a sending whose process ended in the middle: that is no failure of the channel."""
    await audit.append(conn, [entry(note.channel, note, Unknown(why))], now)


def entry(channel: str, note: Note, sent: Sent) -> Entry:
    """The audit's row: `news.sent`, the channel as its field, the event's type as its reason."""
    event = _event(note)
    vms, keycrm, binding = event.get("vmsId"), event.get("keycrmId"), event.get("bindingId")
    why = note.event_type if isinstance(sent, Taken) else f"{note.event_type}: {sent.reason}"
    return Entry(
        ACTOR,
        "news.sent",
        reason=why,
        entity=next((one for one in Entity if one == event.get("entity")), None),
        binding_id=binding if isinstance(binding, int) else None,
        vms_id=None if vms is None else str(vms),
        keycrm_id=keycrm if isinstance(keycrm, int) else None,
        field=channel,
        outcome="done" if isinstance(sent, Taken) else "refused" if isinstance(sent, Refused) else "unknown",
        correlation_id=note.correlation_id,
    )


def _event(note: Note) -> Mapping[str, Any]:
    inner = note.event.get("event")
    return inner if isinstance(inner, Mapping) else note.event
