"""Checks of the installation in words: what is looked at, how it is, and what to do where it is not well."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from console.handlers.setup import Check
from console.pages.say import Say
from console.pages.words import N_

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
    "broker": N_("See whether Kafka runs, and whether KAFKA_BOOTSTRAP_SERVERS is its address."),
    "database": N_("See whether PostgreSQL runs, and whether DATABASE_URL is right."),
    "consumers": N_("Look into the service’s log; a paused topic is resumed below."),
    "vms": N_("See whether VMS runs, and whether VMS_BASE_URL and VMS_API_TOKEN are right."),
    "keycrm": N_("See whether KEYCRM_API_KEY is valid and whether this machine reaches KeyCRM."),
    "flow": N_("Look at what it would change; if it is meant, let it go on below."),
    "topic": N_("Too many of its messages failed in a row. When the cause is mended, let it go on below."),
    "channel": N_("Correct its address in the file that NOTIFY_RULES_FILE names, then send a test message."),
    "none": N_("Name a channel in the file that NOTIFY_RULES_FILE names; deploy/notify.sample.toml shows how."),
}  # fmt: skip
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
    key = next((one for one in (check.fault, part, check.about, check.part) if one in _FIXES), check.part)
    fix = say.gettext(_FIXES[key]) if key in _FIXES else None
    return Line(title, _fault(check, say), fix)


def _title(check: Check, say: Say) -> str:
    if check.part == "channel" and not check.about:
        return say.gettext(N_("Channels"))
    about = {"partner": say.side, "flow": say.flow}.get(check.part, str)(check.about)
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
    return say.reason(check.fault) if check.part != "pairs" else check.fault
