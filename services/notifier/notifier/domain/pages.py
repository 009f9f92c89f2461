"""The console's page where an event is looked at or settled."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any
from urllib.parse import urlencode

from libs.wording import events
from notifier.domain.matters import WAITING

NOW = "/"
_RECORDS = {"order": "orders", "customer": "customers", "article": "articles"}
# Where many of one sort are settled; a stopped flow is let go on among the settings.
_LISTS: Mapping[str, str] = {
    "sync.conflict.opened": "/conflicts", "sync.conflict.refreshed": "/conflicts", WAITING: "/conflicts",
    "sync.dead-letter": "/dead-letters", "sync.flow.stopped": "/setup",
}  # fmt: skip


def page(event_type: str, event: Mapping[str, Any]) -> str:
    """The path of the page about this event: the question, its letters, the record, or how things are now."""
    found = event.get("details")
    details: Mapping[str, Any] = found if isinstance(found, Mapping) else {}
    conflict = details.get("conflictId")
    if isinstance(conflict, int) and event_type != "sync.conflict.resolved":
        return f"/conflicts/{conflict}"
    if event_type == "sync.dead-letter":
        alike = {name: details[name] for name in ("service", "reason") if details.get(name)}
        return f"/dead-letters?{urlencode(alike)}" if alike else "/dead-letters"
    if event_type == "sync.partner.unreachable" and events.is_key_refused(event):
        return "/setup"
    return _LISTS.get(event_type) or _record(event)


def page_at_end(kind: str, event: Mapping[str, Any]) -> str:
    """The path of the page to look at once it is over: the record of a question, else how things are now."""
    return _record(event) if kind == "conflict" else NOW


def page_of_many(event_types: Iterable[str]) -> str:
    """The path of the page where all of these are settled; how things are now, if they are of several sorts."""
    found = {_LISTS.get(one, NOW) for one in event_types}
    return found.pop() if len(found) == 1 else NOW


def _record(event: Mapping[str, Any]) -> str:
    records, number = _RECORDS.get(str(event.get("entity"))), event.get("bindingId")
    return f"/records/{records}/{number}" if records and isinstance(number, int) else NOW
