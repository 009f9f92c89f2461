"""An event for people as `sync.event.v1` carries it: one way to say it, whichever service has something to tell.

Promises: the key is the subject, so that what is told of one thing keeps its order; the type begins with `sync.`.
"""

from __future__ import annotations

from datetime import datetime

from libs.contracts.envelope import Envelope, Headers, encode
from libs.contracts.events import SyncEvent


def message(
    event_id: str, service: str, kind: str, subject: str, event: SyncEvent, now: datetime
) -> tuple[bytes, Headers, bytes]:
    """Key, headers and body; `kind` is the type without `sync.`."""
    body = event.model_dump_json(by_alias=True).encode()
    headers, data = encode(Envelope(event_id, f"/sync/{service}", f"sync.{kind}", subject, now, body))
    return subject.encode(), headers, data
