"""One event of the feed as the hub says it: facts for programs, sentences for people.

Promises: ids, field names, reasons and counts, in both languages; who may not see personal data is told neither the
name of the person who acted nor words that a person typed. Numbers fit every language's integers; times are
ISO 8601 text.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from libs.wording import events, names, reasons
from libs.wording.languages import LANGUAGES
from notifier.domain.groups import groups_of
from notifier.domain.pages import page

_DETAILS = ("conflictId", "number", "sku", "partner", "flow", "service", "code", "count")
"""What of an event's details is said; the rest is for the services."""


def versions(
    number: int, event_id: str, event_type: str, at: datetime, event: Mapping[str, Any], console: str | None
) -> dict[bool, Mapping[str, Any]]:
    """The envelope for who may see personal data (True) and who may not (False)."""
    full = _envelope(number, event_id, event_type, at, event, console)
    masked = mask(event)
    if masked == event:
        return {True: full, False: full}
    return {True: full, False: _envelope(number, event_id, event_type, at, masked, console)}


def mask(event: Mapping[str, Any]) -> Mapping[str, Any]:
    """Without a person's name, without words that are no reason of ours, without details that are not said."""
    details = event.get("details") or {}
    return {**without_person(event), "details": {name: value for name, value in details.items() if name in _DETAILS}}


def without_person(event: Mapping[str, Any]) -> Mapping[str, Any]:
    """Without a person's name and without words that are no reason of ours."""
    actor, reason = event.get("actor"), event.get("reason")
    return {
        **event,
        "actor": None if actor and names.is_person(str(actor)) else actor,
        "reason": reason if reason is None or reasons.is_known(str(reason)) else None,
    }


def _envelope(
    number: int, event_id: str, event_type: str, at: datetime, event: Mapping[str, Any], console: str | None
) -> Mapping[str, Any]:
    details = event.get("details") or {}
    told = {
        "number": number,
        "id": event_id,
        "type": event_type,
        "time": at.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z"),
        "gravity": events.gravity(event_type),
        "entity": event.get("entity"),
        "ids": _present(binding=event.get("bindingId"), vms=event.get("vmsId"), keycrm=event.get("keycrmId")),
        "side": event.get("side"),
        "fields": _texts(event.get("fields")),
        "reason": event.get("reason"),
        "actor": event.get("actor"),
        "details": {name: details[name] for name in _DETAILS if details.get(name) is not None},
        "groups": list(groups_of(event_type, event)),
        "text": {language: events.sentence(event_type, event, language) for language in LANGUAGES},
    }
    return told if console is None else told | {"link": console.rstrip("/") + page(event_type, event)}


def _present(**ids: Any) -> dict[str, Any]:
    return {name: value for name, value in ids.items() if value is not None}


def _texts(fields: Sequence[Any] | None) -> list[str]:
    return [str(field) for field in fields or ()]
