"""What the console tells the world: dead letters that were kept, in few events however many they are.

Promises: ids, reasons and counts only. Letters of the notifier are never told: a channel that fails would be told of
its own failure for ever.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from console.domain.letters import Behind
from libs.contracts import people
from libs.contracts.envelope import Headers
from libs.contracts.events import SyncEvent
from libs.contracts.types import Entity

UNTOLD = "notifier"


@dataclass(frozen=True, slots=True)
class NewLetter:
    """A letter that was kept just now."""

    id: int
    service: str
    reason: str
    error: str
    behind: Behind


def about(letters: Iterable[NewLetter]) -> list[SyncEvent]:
    """One event for all letters of one service, reason and binding that came together."""
    grouped: dict[tuple[str, str, str, int | None], list[NewLetter]] = {}
    for one in letters:
        if one.service != UNTOLD:
            key = (one.service, one.reason, one.behind.kind, one.behind.binding_id)
            grouped.setdefault(key, []).append(one)
    return [_event(group) for group in grouped.values()]


def message(event_id: str, event: SyncEvent, now: datetime) -> tuple[bytes, Headers, bytes]:
    """Key, headers and body of the event on `sync.event.v1`."""
    subject = f"{event.entity}:{event.binding_id}" if event.binding_id else "system:dead-letter"
    return people.message(event_id, "console", "dead-letter", subject, event, now)


def _event(group: list[NewLetter]) -> SyncEvent:
    first = group[0]
    behind = first.behind
    entity = behind.entity.value if isinstance(behind.entity, Entity) else "system"
    return SyncEvent(
        entity=entity,
        binding_id=behind.binding_id,
        side=behind.side.value if behind.side else None,
        fields=(behind.field,) if behind.field else (),
        actor="console",
        reason=first.error or first.reason,
        details={
            "letterId": first.id,
            "service": first.service,
            "reason": first.reason,
            "count": len(group),
            **({"code": behind.code} if behind.code else {}),
        },
    )
