"""What a person reads: title, a few lines, the page where it is settled, and how grave it is.

Promises: in the channel's language and zone; ids, field names, reasons and counts, nothing else: neither the name of
the person who acted nor words that a person typed; an event of a type that only a newer release knows is told by its
type.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from libs.wording import events, figures, news
from libs.wording.events import GRAVITIES, Gravity
from libs.wording.languages import DEFAULT, Language
from notifier.domain import pages
from notifier.domain.envelopes import without_person
from notifier.domain.matters import ALL_WELL, STILL, TEST, WAITING
from notifier.domain.rules import KYIV

SUMMARY = "summary"
_MOST_LINES = 12
_FEW = 3
"""So many of one kind are named in a summary; more are counted."""


@dataclass(frozen=True, slots=True)
class Message:
    """One message for one channel."""

    title: str
    body: str
    gravity: Gravity


@dataclass(frozen=True, slots=True)
class Voice:
    """In which language and zone a channel is spoken to, and where the console is, for links."""

    language: Language = DEFAULT
    zone: ZoneInfo = KYIV
    console: str | None = None


def message(event_type: str, told: Mapping[str, Any], voice: Voice) -> Message:
    """An event, news of what lasts, or a summary, in words; `told` is what was noted."""
    if (say := _OURS.get(event_type)) is not None:
        return say(told, voice)
    event = without_person(told)
    title = events.title(event_type, event, voice.language)
    lines = [events.sentence(event_type, event, voice.language), *_when(told, voice)]
    return _message(title, lines, events.gravity(event_type), pages.page(event_type, event), voice)


def as_of(event_type: str, told: Mapping[str, Any], now: datetime) -> Mapping[str, Any]:
    """What lasts goes on lasting while a message about it waits for a channel that is down, or quiet."""
    if event_type not in (STILL, WAITING):
        return told
    late = now - datetime.fromisoformat(str(told["at"]))
    hours = int(told.get("hours", 0)) + max(0, late // timedelta(hours=1))
    return {**told, "at": now.isoformat(), "hours": hours}


def _still(told: Mapping[str, Any], voice: Voice) -> Message:
    event_type, event, language = str(told["type"]), _whole(told), voice.language
    lines = [events.sentence(event_type, event, language), news.since(*_span(told, voice), language)]
    if (count := int(told.get("times", 1))) > 1 and event_type == "sync.partner.unreachable":
        lines.append(news.times(count, language))
    title = news.still(event_type, event, language)
    return _message(title, lines, events.gravity(event_type), pages.page(event_type, event), voice)


def _all_well(told: Mapping[str, Any], voice: Voice) -> Message:
    kind, event = str(told["kind"]), _whole(told)
    title = news.all_well(kind, event, voice.language)
    return _message(
        title, [news.lasted(*_span(told, voice), voice.language)], "success", pages.page_at_end(kind, event), voice
    )


def _whole(told: Mapping[str, Any]) -> Mapping[str, Any]:
    """What a matter is about: many letters are those of a service, though the newest is about one record."""
    event = without_person(told["event"])
    if told["type"] != "sync.dead-letter":
        return event
    details = {**(event.get("details") or {}), "count": int(told.get("times", 1))}
    return {**event, "entity": "system", "fields": [], "details": details}


def _waiting(told: Mapping[str, Any], voice: Voice) -> Message:
    event = without_person(told["event"])
    lines = [
        events.sentence("sync.conflict.opened", event, voice.language),
        news.since(*_span(told, voice), voice.language),
    ]
    title = news.waiting(event, int(told["hours"]), voice.language)
    return _message(title, lines, "warning", pages.page("sync.conflict.opened", event), voice)


def _trial(told: Mapping[str, Any], voice: Voice) -> Message:
    title, text = news.trial(str(told["channel"]), str(told["actor"]), voice.language)
    return _message(title, [text], "info", "/setup", voice)


def _message(title: str, lines: Sequence[str], gravity: Gravity, page: str, voice: Voice) -> Message:
    links = [news.page(f"{voice.console.rstrip('/')}{page}", voice.language)] if voice.console else []
    return Message(title, "\n".join([*lines, *links]), gravity)


def _when(told: Mapping[str, Any], voice: Voice) -> list[str]:
    """When it happened: a message may come late."""
    if "at" not in told:
        return []
    at = figures.moment(datetime.fromisoformat(str(told["at"])), voice.language, voice.zone)
    return [news.when(at, voice.language)]


def _span(told: Mapping[str, Any], voice: Voice) -> tuple[str, timedelta]:
    since, at = (datetime.fromisoformat(str(told[name])) for name in ("since", "at"))
    return figures.moment(since, voice.language, voice.zone), at - since


# ---- summaries ------------------------------------------------------------------------------------------------------


def fold(notes: Sequence[tuple[str, Mapping[str, Any], datetime]]) -> dict[str, Any]:
    """Many notes, with their times, as the event of one summary; a summary among them is taken apart."""
    counts: Counter[str] = Counter()
    named: dict[str, list[Any]] = {}
    since = min(at for _, _, at in notes)
    for event_type, event, _ in notes:
        if event_type == SUMMARY:
            counts.update({str(name): int(count) for name, count in event["counts"].items()})
            since = min(since, datetime.fromisoformat(event["since"]))
        else:
            counts[_sort(event_type, event)] += 1
        for name, some in _named(event_type, event).items():
            named[name] = [*named.get(name, ()), *some][: _FEW + 1]
    until = max(at for _, _, at in notes)
    few = {name: some for name, some in named.items() if len(some) == counts[name] <= _FEW}
    return {"counts": dict(counts), "named": few, "since": since.isoformat(), "until": until.isoformat()}


def _sort(event_type: str, event: Mapping[str, Any]) -> str:
    """As what it is counted: a reminder as what it reminds of."""
    return str(event["type"]) if event_type == STILL else event_type


def _named(event_type: str, event: Mapping[str, Any]) -> Mapping[str, list[Any]]:
    """What a summary may name, by sort."""
    if event_type == SUMMARY:
        return dict(event.get("named", {}))
    return {_sort(event_type, event): [{"type": event_type, "told": event}]}


def _summary(told: Mapping[str, Any], voice: Voice) -> Message:
    language = voice.language
    counts = {str(name): int(count) for name, count in told["counts"].items()}
    begin, end = (
        figures.moment(datetime.fromisoformat(told[name]), language, voice.zone) for name in ("since", "until")
    )
    lines = [*_listed(counts, told.get("named", {}), voice), news.span(begin, end, language)]
    gravity = max(map(_gravity, counts), key=GRAVITIES.index, default=GRAVITIES[0])
    page = pages.page_of_many(counts)
    return _message(news.summary(sum(counts.values()), language), lines, gravity, page, voice)


def _listed(counts: Mapping[str, int], named: Mapping[str, Sequence[Any]], voice: Voice) -> list[str]:
    """The gravest first; few of a kind by their titles, many by their number."""
    lines: list[str] = []
    left = sum(counts.values())
    for name in sorted(counts, key=lambda one: (-GRAVITIES.index(_gravity(one)), -counts[one], one)):
        titles = [message(one["type"], one["told"], voice).title for one in named.get(name, ())]
        more = titles or [f"{counts[name]} × {news.kind(name, voice.language)}"]
        if len(lines) + len(more) > _MOST_LINES:
            return [*lines, news.others(left, voice.language)]
        lines, left = [*lines, *more], left - counts[name]
    return lines


def _gravity(event_type: str) -> Gravity:
    own: Mapping[str, Gravity] = {WAITING: "warning", ALL_WELL: "success"}
    return own.get(event_type) or events.gravity(event_type)


_OURS: Mapping[str, Callable[[Mapping[str, Any], Voice], Message]] = {
    SUMMARY: _summary, STILL: _still, ALL_WELL: _all_well, WAITING: _waiting, TEST: _trial,
}  # fmt: skip
