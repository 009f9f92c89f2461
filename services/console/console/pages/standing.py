"""The parts that tell how everything stands: the sentence, the flows, the partners, the last events, the badges."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from jinja2 import Environment

from console.domain.verdict import Cause, Verdict
from console.handlers.comparison import Brief
from console.handlers.overview import Overview
from console.pages.say import Say
from console.pages.titles import PATHS
from console.pages.words import N_
from libs.contracts.types import Entity
from libs.state.feed import Numbered
from libs.wording import events
from libs.wording.reasons import refused_key

# Only the page Now shows these.
NOW_ONLY = ("sentence", "state", "events")
SAME = N_("Both sides are the same.")
HALTED: Mapping[str, str] = {
    "process": N_("The service “{about}” gives no sign of life: start it, or look into its log."),
    "partner": N_("{about} has not answered for {span}: {why}."),
    "key": N_("{about} refuses our key, so what is meant for it waits: correct {setting}."),
    "stopped": N_("Stopped until a person has looked: {about} ({why})."),
    "paused": N_("Paused because too much of it failed: {about}, {why}."),
    "frozen": N_("{about} has asked for a pause of {span}."),
    "outbox": N_("Kafka has taken no message for {span}."),
    "quota": N_("The calls that {about} allows in a minute are used up."),
    "backlog": N_("There is more to do than usual; it is being worked off."),
}
_ABOUT: Mapping[str, Callable[[Say, str], str]] = {
    "process": Say.service, "paused": Say.service, "partner": Say.side, "key": Say.side, "frozen": Say.side,
    "quota": Say.side, "stopped": Say.flow,
}  # fmt: skip
_COLOURS: Mapping[str, str] = {"same": "success", "working": "info", "late": "warning", "halted": "failure"}


@dataclass(frozen=True, slots=True)
class Told:
    """An event as a line."""

    number: int
    gravity: str
    text: str
    at: Any
    link: str | None


def parts(templates: Environment, say: Say, seen: Overview, last: Sequence[Numbered]) -> dict[str, str]:
    """Each live part by its name."""
    known = {"say": say, "_": say.gettext, "ngettext": say.ngettext, **facts(say, seen, last)}
    found = {name: templates.get_template(f"now-{name}.html").render(known) for name in ("sentence", "state", "events")}
    badge = templates.get_template("badge.html")
    return found | {"conflicts": badge.render(n=seen.questions), "letters": badge.render(n=seen.letters)}


def facts(say: Say, seen: Overview, last: Sequence[Numbered]) -> dict[str, Any]:
    """What the templates of the page Now are given."""
    return {
        "seen": seen, "sentence": sentence(say, seen.verdict),
        "why": [(cause(say, one), one.kind == "key") for one in seen.verdict.causes], "refused_key": refused_key,
        "colour": _COLOURS[seen.verdict.kind], "entities": tuple(Entity),
        "told": [_told(say, one) for one in last][::-1], "compared": compared(say, seen.compared),
    }  # fmt: skip


def sentence(say: Say, verdict: Verdict) -> str:
    """How it stands, in one sentence."""
    if verdict.kind == "same":
        return say.gettext(SAME)
    if verdict.kind == "working":
        return say.ngettext(
            "{n} change is on its way; all else is the same on both sides.",
            "{n} changes are on their way; all else is the same on both sides.",
            verdict.waiting,
        )
    if not verdict.late:
        return say.gettext(N_("Not everything can be carried over now."))
    late = ", ".join(say.flow(name) for name in verdict.late)
    return say.gettext(N_("Late by {span}: {what}."), span=say.duration(verdict.delay), what=late)


def compared(say: Say, brief: Brief) -> str:
    """What the comparison of both sides has found, in one line; empty: they were never compared."""
    if brief.whole_at is None:
        if not brief.differing:
            return ""
        return say.ngettext("{n} difference found so far.", "{n} differences found so far.", brief.differing)
    moment = say.moment(brief.whole_at)
    if not brief.differing:
        return say.gettext(N_("Compared as of {moment}: both sides are the same."), moment=moment)
    return say.ngettext(
        "Compared as of {moment}: {n} difference.", "Compared as of {moment}: {n} differences.", brief.differing,
        moment=moment,
    )  # fmt: skip


def cause(say: Say, one: Cause) -> str:
    """Why something waits."""
    told = _ABOUT[one.kind](say, one.about) if one.kind in _ABOUT else one.about
    span = abs(say.now - one.since) if one.since else timedelta()
    why = say.reason(one.detail) if one.detail else say.gettext(N_("no reason is known"))
    setting = refused_key(one.detail)
    return say.gettext(HALTED[one.kind], about=told, span=say.duration(span), why=why, setting=setting)


def _told(say: Say, one: Numbered) -> Told:
    item = one.item
    return Told(
        one.number,
        events.gravity(item.event_type),
        say.event(item.event_type, item.event),
        item.occurred_at,
        _link(item.event_type, item.event),
    )


def _link(kind: str, event: Mapping[str, Any]) -> str | None:
    """The page of what an event is about."""
    entity, number = event.get("entity"), event.get("bindingId")
    if kind == "sync.dead-letter":
        return "/dead-letters"
    if entity not in PATHS or number is None:
        return None
    return f"/records/{PATHS[Entity(entity)]}/{number}"
