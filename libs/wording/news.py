"""News of what lasts, ends or waits, and summaries, in words.

Promises: like events: ids, names, reasons and counts, nothing else; every number takes its plural form.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from libs.wording import catalogue, events
from libs.wording.catalogue import N_
from libs.wording.figures import duration
from libs.wording.languages import Language

_KINDS: Mapping[str, str] = {
    "sync.created": N_("made on the other side"), "sync.updated": N_("updated"),
    "sync.attached": N_("joined with the other side"), "sync.conflict.opened": N_("waits for a decision"),
    "sync.conflict.refreshed": N_("still waits for a decision, with other values"),
    "sync.conflict.resolved": N_("question settled"), "sync.dead-letter": N_("set aside"),
    "sync.alias": N_("has a further number"), "sync.partner.unreachable": N_("partner does not answer"),
    "sync.partner.reachable": N_("partner answers again"), "sync.flow.stopped": N_("flow stopped"),
    "news.conflict-waiting": N_("has long waited for a decision"), "news.all-well": N_("all is well again"),
    "news.still": N_("reminder"), "news.test": N_("test message"), "summary": N_("summary of many"),
}  # fmt: skip
_STILL: Mapping[str, str] = {
    "sync.conflict.opened": N_("{what} still waits for your decision"),
    "sync.conflict.refreshed": N_("{what} still waits for your decision"),
    "sync.dead-letter": N_("{what}: something is still set aside, a person must look"),
    "sync.partner.unreachable": N_("{what} still does not answer"),
    "sync.flow.stopped": N_("Still stopped: {what}"),
}
_OF_KEY: Mapping[str, str] = {
    N_("{what} still does not answer"): N_("{what} still refuses our key"),
    N_("{what} answers again"): N_("{what} accepts our key again"),
}
"""The same of a partner that answers and refuses our key."""
_ENDS: Mapping[str, str] = {
    "conflict": N_("{what}: the question is settled"),
    "partner": N_("{what} answers again"),
    "letters": N_("{what}: nothing is set aside any more"),
    "flow": N_("{what}: goes on"),
}


def kind(event_type: str, language: Language) -> str:
    """What sort of news it is, for a count in a summary."""
    msgid = _KINDS.get(event_type)
    return catalogue.of(language).gettext(msgid) if msgid else event_type


def still(event_type: str, event: Mapping[str, Any], language: Language) -> str:
    """The title of a reminder."""
    msgid = _STILL.get(event_type, N_("Still: {what}"))
    about = events.what(event, language) if event_type in _STILL else events.title(event_type, event, language)
    told = catalogue.of(language).gettext(_of_key(msgid, event)).format(what=about)
    return told[:1].upper() + told[1:]


def all_well(of: str, event: Mapping[str, Any], language: Language) -> str:
    """The title that closes what was told: a question (`conflict`), a partner, letters or a flow."""
    said = catalogue.of(language).gettext
    about = events.what(event, language)
    ended = said(_of_key(_ENDS[of], event)).format(what=about) if of in _ENDS else about
    return said(N_("All is well: {title}")).format(title=ended)


def _of_key(msgid: str, event: Mapping[str, Any]) -> str:
    return _OF_KEY.get(msgid, msgid) if events.is_key_refused(event) else msgid


def waiting(event: Mapping[str, Any], hours: int, language: Language) -> str:
    """The title about a question that nobody has answered for so long."""
    said, days = catalogue.of(language), hours // 24
    if hours % 24 == 0 and days > 1:
        told = said.ngettext(
            "{what} has waited for your decision for {n} day", "{what} has waited for your decision for {n} days", days
        )
        return told.format(what=events.what(event, language), n=days)
    told = said.ngettext(
        "{what} has waited for your decision for {n} hour", "{what} has waited for your decision for {n} hours", hours
    )
    return told.format(what=events.what(event, language), n=hours)


def when(moment: str, language: Language) -> str:
    """When something happened."""
    return catalogue.of(language).gettext(N_("When: {moment}.")).format(moment=moment)


def since(moment: str, span: timedelta, language: Language) -> str:
    """Since when something lasts."""
    told = catalogue.of(language).gettext(N_("Since {moment}, for {duration}."))
    return _once(told.format(moment=moment, duration=duration(span, language)))


def lasted(moment: str, span: timedelta, language: Language) -> str:
    """How long something lasted."""
    told = catalogue.of(language).gettext(N_("It began {moment} and lasted {duration}."))
    return _once(told.format(moment=moment, duration=duration(span, language)))


def _once(sentence: str) -> str:
    """A unit that ends with a point of its own (2 дн.) ends the sentence too."""
    return f"{sentence.rstrip('.')}."


def times(count: int, language: Language) -> str:
    """How often it was told of meanwhile."""
    return catalogue.of(language).ngettext("Seen {n} time.", "Seen {n} times.", count).format(n=count)


def summary(count: int, language: Language) -> str:
    """The title of one message about many events."""
    said = catalogue.of(language)
    return said.ngettext("{n} piece of news in one message", "{n} pieces of news in one message", count).format(n=count)


def others(count: int, language: Language) -> str:
    """What a summary does not list."""
    said = catalogue.of(language)
    return said.ngettext("and {n} of another kind", "and {n} of other kinds", count).format(n=count)


def span(begin: str, end: str, language: Language) -> str:
    """From when to when."""
    return catalogue.of(language).gettext(N_("From {begin} to {end}.")).format(begin=begin, end=end)


def page(address: str, language: Language) -> str:
    """Where it is settled."""
    return catalogue.of(language).gettext(N_("Open: {address}")).format(address=address)


def trial(channel: str, asked_by: str, language: Language) -> tuple[str, str]:
    """Title and text of a message that only tries a channel."""
    said = catalogue.of(language).gettext
    text = said(N_("{actor} is trying the channel {channel}: if you read this, it works."))
    return said(N_("A test: messages arrive")), text.format(actor=asked_by, channel=channel)
