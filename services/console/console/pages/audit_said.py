"""Audit entries for people: why, how it ended, and values as they are read elsewhere in the pages.

Promises: no key of ours reaches the page where there are words for it; a value that this person may not see stays
hidden; what only a newer release knows is told as it stands.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from console.domain import masks
from console.domain.letters import Outcome
from console.domain.masks import MASK
from console.pages import answer_words, letter_words, values
from console.pages.say import Say
from console.pages.values import Names
from console.pages.words import N_
from libs.contracts.access import Person
from libs.contracts.types import Side
from libs.state.audit import Entry
from libs.wording import news

OUTCOMES: Mapping[str, tuple[str, str]] = {
    "done": (N_("done"), "success"), "sent": (N_("sent"), "success"), "accepted": (N_("accepted"), "success"),
    "asked": (N_("asked for"), "plain"), "unknown": (N_("not known"), "warning"),
    "refused": (N_("refused"), "failure"), "failed": (N_("failed"), "failure"),
    Outcome.MARKED: (N_("is due again"), "success"), Outcome.REPUBLISHED: (N_("went to its topic"), "success"),
    Outcome.SUPERSEDED: (N_("something newer had come"), "info"),
}  # fmt: skip
_BULKS: Mapping[str, str] = {"replay": N_("tried again"), **answer_words.CHOICES}
_ALLOWED = re.compile(r"allowed (\d+) min")
_BEGUN = re.compile(r"(\d+) begun")
_AMOUNT = re.compile(r"-?\d+\.\d+")


def why(entry: Entry, say: Say) -> str:
    """Why, in the reader's words; what a person typed stands as it was typed."""
    reason, action = entry.reason, entry.action
    if action == "conflict.answered" and reason in answer_words.CHOICES:
        return say.gettext(answer_words.CHOICES[reason])
    if action in ("conflict.bulk", "dead-letter.bulk") and reason in _BULKS:
        return say.gettext(_BULKS[reason])
    if action in ("dead-letter.replayed", "dead-letter.superseded") and entry.outcome in letter_words.OUTCOMES:
        return say.gettext(letter_words.OUTCOMES[entry.outcome])
    if action == "news.sent":
        kind, _, failure = reason.partition(": ")
        return ": ".join(part for part in (news.kind(kind, say.language), failure and say.reason(failure)) if part)
    return say.reason(reason) if reason else ""


def outcome(entry: Entry, say: Say) -> tuple[str, str]:
    """How it ended, and the colour of that."""
    if entry.action == "dead-letter.discarded":  # its outcome tells what a replay would have come to
        return say.gettext(N_("done")), "success"
    if found := _ALLOWED.fullmatch(entry.outcome):
        minutes = int(found[1])
        told = say.ngettext("unguarded for {n} minute", "unguarded for {n} minutes", minutes)
        return (told, "warning") if minutes else (say.gettext(N_("done")), "success")
    if found := _BEGUN.fullmatch(entry.outcome):
        return say.ngettext("{n} begun", "{n} begun", int(found[1])), "plain"
    words, colour = OUTCOMES.get(entry.outcome, (None, "plain"))
    return (say.gettext(words) if words else entry.outcome), colour


def both(entry: Entry, person: Person, say: Say, names: Names) -> tuple[str, str]:
    """Before and after, as this person may see them."""
    before, after = (
        _value(entry, masks.seen(person, entry.entity, entry.field, one), say, names)
        for one in (entry.before, entry.after)
    )
    return before, after


def about(entry: Entry, say: Say) -> str:
    """What it was about where it was no record: a flow, a topic, a channel."""
    if not entry.field:
        return ""
    return say.flow(entry.field) if entry.action.startswith("flow.") else entry.field


def _value(entry: Entry, raw: Any, say: Say, names: Names) -> str:
    if raw is None or raw == MASK:
        return raw or ""
    if isinstance(raw, Mapping):
        return ", ".join(f"{key}: {one}" for key, one in raw.items())
    found = values.value(entry.field or "", entry.side or Side.VMS, raw, say.language, names)
    text = values.flat(found)
    return text.replace(".", ",") if say.language == "uk" and _AMOUNT.fullmatch(text) else text
