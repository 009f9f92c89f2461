"""What a person reads: title, a few lines, and how grave it is.

Promises: ids, field names, reasons and counts, nothing else; an event of a type that only a newer release knows is
told by its type.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal

Gravity = Literal["info", "success", "warning", "failure"]
SUMMARY = "summary"
_MOST_LINE = 300
_MOST_KINDS = 12

_TITLES: Mapping[str, tuple[str, Gravity]] = {
    "sync.created": ("{what} was made on the other side", "success"),
    "sync.updated": ("{what} was updated", "info"),
    "sync.attached": ("{what} was joined with its other side", "info"),
    "sync.conflict.opened": ("{what}: a question for you", "warning"),
    "sync.conflict.refreshed": ("{what}: a question has changed", "warning"),
    "sync.conflict.resolved": ("{what}: a question is settled", "success"),
    "sync.dead-letter": ("{what}: set aside, a person must look", "failure"),
    "sync.flow.stopped": ("{what} has stopped: too much would change at once", "warning"),
    "sync.alias": ("{what} has a further id", "info"),
    "sync.partner.unreachable": ("{what} does not answer", "failure"),
    "sync.partner.reachable": ("{what} answers again", "success"),
}
_ORDER: tuple[Gravity, ...] = ("info", "success", "warning", "failure")
# Of an event's details, what is told, and how.
_DETAILS = {
    "conflictId": "conflict", "letterId": "dead letter", "service": "service", "partner": "partner", "count": "count",
    "outcome": "outcome", "operationId": "operation", "flow": "flow",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Message:
    """One message for one channel."""

    title: str
    body: str
    gravity: Gravity


def message(event_type: str, event: Mapping[str, Any]) -> Message:
    """An event, or a summary, in words."""
    if event_type == SUMMARY:
        return _summary(event)
    title, gravity = _TITLES.get(event_type, ("{what}: " + event_type, "info"))
    lines = [
        _line("fields", ", ".join(str(name).replace("_", " ") for name in event.get("fields") or ())),
        _line("side", {"vms": "VMS", "keycrm": "KeyCRM"}.get(str(event.get("side")), "")),
        _line("reason", str(event.get("reason") or "").replace("_", " ")),
        *(_line(word, event.get("details", {}).get(key)) for key, word in _DETAILS.items()),
        _line("by", event.get("actor")),
        event_type,
    ]
    return Message(title.format(what=_what(event)), "\n".join(line for line in lines if line), gravity)


def fold(notes: Sequence[tuple[str, Mapping[str, Any], datetime]]) -> dict[str, Any]:
    """One summary of several: type, event and time of each; a summary among them counts as what it sums up."""
    counts: Counter[str] = Counter()
    since = min(at for _, _, at in notes)
    for event_type, event, _ in notes:
        if event_type == SUMMARY:
            counts.update({str(name): int(count) for name, count in event["counts"].items()})
            since = min(since, datetime.fromisoformat(event["since"]))
        else:
            counts[event_type] += 1
    until = max(at for _, _, at in notes)
    return {"counts": dict(counts), "since": since.isoformat(), "until": until.isoformat()}


def _summary(event: Mapping[str, Any]) -> Message:
    counts = {str(name): int(count) for name, count in event["counts"].items()}
    ranked = sorted(counts.items(), key=lambda pair: (-pair[1], pair[0]))
    lines = [f"{count} × {name}" for name, count in ranked[:_MOST_KINDS]]
    if len(ranked) > _MOST_KINDS:
        lines.append(f"and {sum(count for _, count in ranked[_MOST_KINDS:])} of other kinds")
    since, until = (datetime.fromisoformat(event[name]).strftime("%Y-%m-%d %H:%M UTC") for name in ("since", "until"))
    gravities = [_TITLES[name][1] for name in counts if name in _TITLES]
    gravity = max(gravities, key=_ORDER.index, default=_ORDER[0])
    return Message(f"{sum(counts.values())} events in one message", "\n".join([*lines, f"{since} to {until}"]), gravity)


def _what(event: Mapping[str, Any]) -> str:
    entity = str(event.get("entity") or "system")
    details = event.get("details") or {}
    if entity == "system":
        return str(details.get("partner") or details.get("service") or "The sync")[:_MOST_LINE]
    ids = [
        f"{name} {event[key]}"
        for key, name in (("vmsId", "VMS"), ("keycrmId", "KeyCRM"), ("bindingId", "binding"))
        if event.get(key)
    ]
    return f"{entity.capitalize()} ({', '.join(ids[:2])})" if ids else entity.capitalize()


def _line(word: str, value: Any) -> str:
    return f"{word}: {str(value)[:_MOST_LINE]}" if value not in (None, "") else ""
