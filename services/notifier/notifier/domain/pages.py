"""The console's page where an event is looked at or settled."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

_RECORDS = {"order": "orders", "customer": "customers", "article": "articles"}


def page(event_type: str, event: Mapping[str, Any]) -> str:
    """The path of the page about this event: the question, the letters, the record, or how things are now."""
    details = event.get("details")
    conflict = details.get("conflictId") if isinstance(details, Mapping) else None
    if isinstance(conflict, int) and event_type != "sync.conflict.resolved":
        return f"/conflicts/{conflict}"
    if event_type == "sync.dead-letter":
        return "/dead-letters"
    return _record(event)


def page_at_end(kind: str, event: Mapping[str, Any]) -> str:
    """The path of the page to look at once it is over: the record of a question, else how things are now."""
    return _record(event) if kind == "conflict" else "/"


def _record(event: Mapping[str, Any]) -> str:
    records, number = _RECORDS.get(str(event.get("entity"))), event.get("bindingId")
    return f"/records/{records}/{number}" if records and isinstance(number, int) else "/"
