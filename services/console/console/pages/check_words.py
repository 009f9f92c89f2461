"""Checks of the installation in words: what is looked at, how it is, and what to do where it is not well."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial

from console.handlers.setup import Check
from console.pages.say import Say
from console.pages.words import N_
from libs.wording import pairs

_TITLES: Mapping[str, str] = {
    "pairs": N_("The pairs file"), "process": N_("Service: {about}"), "partner": N_("Connection to {about}"),
    "flow": N_("Flows and topics"), "topic": N_("Topic: {about}"), "channel": N_("Channel: {about}"),
}  # fmt: skip
_WELL: Mapping[str, str] = {
    "pairs": N_("read, without a mistake"), "process": N_("runs, and all its parts work"), "partner": N_("answers"),
    "flow": N_("none is stopped"), "topic": N_("is read"), "channel": N_("takes messages"),
}  # fmt: skip
_FIXES: Mapping[str, str] = {
    "pairs": N_("Correct the file that SYNC_PAIRS_FILE names, then start the services again."),
    "silent": N_("Start it, or look into its log: it tells every five seconds that it lives."),
    "silent ingress": N_(
        "Start it, or look into its log. It tells over Kafka that it lives: if Kafka is away, mend that first. "
        "Meanwhile the poll finds what KeyCRM’s webhooks would tell."
    ),
    "broker": N_("See whether Kafka runs, and whether KAFKA_BOOTSTRAP_SERVERS is its address."),
    "database": N_("See whether PostgreSQL runs, and whether DATABASE_URL is right."),
    "consumers": N_("Look into the service’s log; a paused topic is resumed below."),
    "vms": N_("See whether VMS runs, and whether VMS_BASE_URL and VMS_API_TOKEN are right."),
    "keycrm": N_("See whether KEYCRM_API_KEY is valid and whether this machine reaches KeyCRM."),
    "flow": N_(
        "See in the audit what was written in the last hour, and check where it came from. If it is meant, let it go "
        "on below."
    ),
    "topic": N_("Too many of its messages failed in a row. When the cause is mended, let it go on below."),
    "channel": N_("Correct its address in the file that NOTIFY_RULES_FILE names, then send a test message."),
    "none": N_("Name a channel in the file that NOTIFY_RULES_FILE names; deploy/notify.sample.toml shows how."),
}  # fmt: skip
_PARTS: Mapping[str, str] = {
    "broker": "Kafka", "database": "PostgreSQL", "consumers": N_("reading of topics"), "pairs": N_("pairs file"),
    "vms": "VMS", "keycrm": "KeyCRM",
}  # fmt: skip
# What a process says of a part that does not work.
_WHYS: tuple[tuple[re.Pattern[str], str], ...] = (
    (re.compile(r"not checked yet"), N_("not checked yet")),
    (re.compile(r"no answer(?: within .*)?"), N_("does not answer in time")),
    (re.compile(r"kafka: .*|database: .*"), N_("does not answer")),
    (re.compile(r"held by the flood guard: (?P<topics>.*)"), N_("paused: {topics}")),
    (re.compile(r"set aside, .*: (?P<topics>.*)"), N_("a message cannot be unpacked: {topics}")),
    (re.compile(r"the check failed: (?P<kind>\w+)"), N_("the check itself failed ({kind})")),
)
SILENT = N_("no sign of life")
NEVER = N_("has never told of itself")
NOBODY = N_("nobody is told anything")


@dataclass(frozen=True, slots=True)
class Line:
    """A check as it is shown."""

    title: str
    told: str
    fix: str | None = None


def line(check: Check, say: Say) -> Line:
    """The check in words."""
    title = _title(check, say)
    if check.fault is None:
        return Line(title, say.gettext(_WELL[check.part]))
    part = check.fault.partition(":")[0]
    keys = (f"{check.fault} {check.about}", check.fault, part, check.about, check.part)
    key = next((one for one in keys if one in _FIXES), check.part)
    fix = say.gettext(_FIXES[key]) if key in _FIXES else None
    return Line(title, _fault(check, say), fix)


def _title(check: Check, say: Say) -> str:
    if check.part == "channel" and not check.about:
        return say.gettext(N_("Channels"))
    names: Mapping[str, Callable[[str], str]] = {
        "partner": say.side, "flow": say.flow, "process": partial(_service, say),
    }  # fmt: skip
    about = names.get(check.part, str)(check.about)
    if check.part == "flow" and check.about:
        return say.gettext(N_("Flow: {about}"), about=about)
    return (
        say.gettext(_TITLES[check.part], about=about)
        if "{" in _TITLES[check.part]
        else say.gettext(_TITLES[check.part])
    )


def _fault(check: Check, say: Say) -> str:
    assert check.fault is not None
    if check.fault == "silent":
        return say.gettext(SILENT if check.since else NEVER)
    if check.fault == "none":
        return say.gettext(NOBODY)
    if check.part == "process":
        part, _, why = check.fault.partition(": ")
        return f"{_part(part, say)}: {_why(why, say)}"
    if check.mistake is not None:
        return pairs.mistake(check.mistake.key, check.mistake.params, say.language)
    return say.reason(check.fault)


def _service(say: Say, key: str) -> str:
    """What it is there for, and its name for whoever has to start it."""
    told = say.service(key)
    return told if told == key else f"{told} ({key})"


def _part(key: str, say: Say) -> str:
    words = _PARTS.get(key, key)
    return say.gettext(words) if key in ("consumers", "pairs") else words


def _why(text: str, say: Say) -> str:
    for pattern, msgid in _WHYS:
        if found := pattern.fullmatch(text):
            return say.gettext(msgid).format(**found.groupdict())
    return pairs.retold(text, say.language) or say.reason(text)
