"""What the sync did, asked or could not do, in words: a title, one full sentence, and how grave it is.

Promises: ids, field names, reasons and counts, nothing else of an event; an event of a type that only a newer release
knows is told by its type.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, Literal, TypeAlias

from libs.wording import catalogue, names, reasons
from libs.wording.catalogue import N_
from libs.wording.languages import Language

Gravity: TypeAlias = Literal["info", "success", "warning", "failure"]
GRAVITIES: tuple[Gravity, ...] = ("info", "success", "warning", "failure")
_LONGEST = 300

_GRAVITY: Mapping[str, Gravity] = {
    "sync.created": "success", "sync.updated": "info", "sync.attached": "info", "sync.conflict.opened": "warning",
    "sync.conflict.refreshed": "warning", "sync.conflict.resolved": "success", "sync.dead-letter": "failure",
    "sync.alias": "info", "sync.partner.unreachable": "failure", "sync.partner.reachable": "success",
    "sync.flow.stopped": "warning",
}  # fmt: skip
_TITLES: Mapping[str, str] = {
    "sync.created": N_("{what} is now {place} too"),
    "sync.updated": N_("{what} was updated {place}"),
    "sync.attached": N_("{what} has found its other side"),
    "sync.conflict.opened": N_("{what} waits for your decision"),
    "sync.conflict.refreshed": N_("{what} still waits for your decision: the values have changed"),
    "sync.conflict.resolved": N_("{what}: the question is settled"),
    "sync.dead-letter": N_("{what}: set aside, a person must look"),
    "sync.alias": N_("{what} has a further number"),
    "sync.partner.unreachable": N_("{what} does not answer"),
    "sync.partner.reachable": N_("{what} answers again"),
    "sync.flow.stopped": N_("Stopped: {what}"),
}
_SENTENCES: Mapping[str, str] = {
    "sync.created": N_("{what} is now {place} too"),
    "sync.updated": N_("{what} was updated {place}"),
    "sync.attached": N_("{what} was joined with its record on the other side"),
    "sync.conflict.opened": N_("{what} waits for a person's decision"),
    "sync.conflict.refreshed": N_("{what} still waits for a person's decision, and the values have changed since"),
    "sync.conflict.resolved": N_("{what} no longer waits for a decision"),
    "sync.dead-letter": N_("{what} could not be carried over and was set aside until a person has looked"),
    "sync.alias": N_("{what} is known by a further number"),
    "sync.partner.unreachable": N_("{what} does not answer, so what is meant for it waits"),
    "sync.partner.reachable": N_("{what} answers again, and what has waited is being carried over"),
    "sync.flow.stopped": N_("{what}: stopped until a person has looked, for too much would change at once"),
}
# A call whose answer never came: nothing is claimed until a look has told.
_UNCERTAIN: Mapping[str, str] = dict.fromkeys(
    ("sync.created", "sync.updated"), N_("{what}: whether it arrived {place} is not known yet and is being looked at")
)
# Letters behind which no record stands, or many of one service.
_OF_SERVICE: Mapping[str, str] = {
    N_("{what}: set aside, a person must look"): N_("{what}: something is set aside, a person must look"),
    N_("{what} could not be carried over and was set aside until a person has looked"): N_(
        "{what}: what could not be worked on is set aside until a person has looked"
    ),
}
# A partner that refuses our key answers; the reason that follows names the setting.
_OF_KEY: Mapping[str, str] = {
    N_("{what} does not answer"): N_("{what} refuses our key"),
    N_("{what} does not answer, so what is meant for it waits"): N_("what is meant for {what} waits"),
}
# Records that were made or joined are told without their reference: it is how the sync finds them, not a cause.
_REFERENCE = re.compile(r"reference\b.*")
_PLACES: Mapping[str, str] = {"vms": N_("in VMS"), "keycrm": N_("in KeyCRM")}
# Events of the system: who did it says nothing.
_WITHOUT_ACTOR = ("sync.partner.unreachable", "sync.partner.reachable", "sync.flow.stopped", "sync.dead-letter")


def gravity(event_type: str) -> Gravity:
    """How grave it is."""
    return _GRAVITY.get(event_type, "info")


def title(event_type: str, event: Mapping[str, Any], language: Language) -> str:
    """A headline: what it is about and what happened."""
    return _filled(_TITLES, event_type, event, language)


def sentence(event_type: str, event: Mapping[str, Any], language: Language) -> str:
    """One sentence: what changed, on which side, which fields, why, and by whom."""
    said = catalogue.of(language).gettext
    parts = [_filled(_SENTENCES, event_type, event, language)]
    if listed := names.listed([str(one) for one in event.get("fields") or ()], language, str(event.get("entity"))):
        parts[0] = f"{parts[0]}: {listed}"
    if why := _why(event_type, event, language):
        parts.append(said(N_("reason: {why}")).format(why=why))
    if (count := _details(event).get("count", 1)) != 1:
        parts.append(said(N_("so many in all: {count}")).format(count=count))
    if actor := _who(event_type, event):
        parts.append(said(N_("done by: {actor}")).format(actor=names.actor(actor, language)))
    return "; ".join(parts) + "."


def is_key_refused(event: Mapping[str, Any]) -> bool:
    """Whether a partner is told of that answers and refuses our key."""
    return reasons.refused_key(event.get("reason")) is not None


def what(event: Mapping[str, Any], language: Language) -> str:
    """What an event is about: the record with its numbers, a partner, a flow, a service."""
    entity, details = str(event.get("entity") or "system"), _details(event)
    if entity == "system":
        return _part(details, language)
    called = names.entity(entity, language)
    if details.get("number"):
        told = catalogue.of(language).gettext(N_("{entity} no. {number}"))
        called = told.format(entity=called, number=str(details["number"])[:_LONGEST])
    elif details.get("sku"):
        called = f"{called} {str(details['sku'])[:_LONGEST]}"
    ids = _ids(event, language, is_called=bool(details.get("number") or details.get("sku")))
    return f"{called} ({', '.join(ids)})" if ids else called


def _ids(event: Mapping[str, Any], language: Language, *, is_called: bool) -> list[str]:
    """A number or SKU is VMS's own name for it: its id there, 36 letters that nobody reads, says no more."""
    sides = (("keycrmId", "KeyCRM"), *(() if is_called else (("vmsId", "VMS"),)))
    ids = [f"{word} {event[key]}" for key, word in sides if event.get(key)]
    if not ids and not is_called and event.get("bindingId"):
        return [catalogue.of(language).gettext(N_("pair {id}")).format(id=event["bindingId"])]
    return ids


def _part(details: Mapping[str, Any], language: Language) -> str:
    if details.get("partner"):
        return names.side(str(details["partner"])[:_LONGEST])
    if details.get("flow"):
        return names.flow(str(details["flow"])[:_LONGEST], language)
    if details.get("service"):
        return names.service(str(details["service"])[:_LONGEST], language)
    return names.entity("system", language)


def _why(event_type: str, event: Mapping[str, Any], language: Language) -> str:
    """A dead letter's code is a key; the sentence of its failure is English and for the technician."""
    details, keys = _details(event), [event.get("reason")]
    if event_type == "sync.dead-letter":
        keys = [details.get("code"), details.get("reason"), event.get("reason")]
    if event_type in ("sync.created", "sync.attached") and _REFERENCE.fullmatch(str(keys[0] or "")):
        return ""
    known = next((str(key) for key in keys if key and reasons.is_known(str(key))), None)
    told = known or next((str(key) for key in keys if key), "")
    return reasons.reason(told, language)[:_LONGEST]


def _who(event_type: str, event: Mapping[str, Any]) -> str:
    """Who did it, where that says something: what nobody did by hand is the sync's."""
    actor = str(event.get("actor") or "")[:_LONGEST]
    return "" if actor in names.SYNC or event_type in _WITHOUT_ACTOR else actor


def _filled(table: Mapping[str, str], event_type: str, event: Mapping[str, Any], language: Language) -> str:
    said = catalogue.of(language).gettext
    place = said(_PLACES.get(str(event.get("side")), N_("on the other side")))
    about = what(event, language)
    is_uncertain = _details(event).get("outcome") == "unknown"
    msgid = (_UNCERTAIN if is_uncertain else table).get(event_type)
    if msgid and event.get("entity") == "system":
        msgid = _OF_SERVICE.get(msgid, msgid)
        msgid = _OF_KEY.get(msgid, msgid) if is_key_refused(event) else msgid
    filled = said(msgid).format(what=about, place=place) if msgid else f"{about}: {event_type}"
    return filled[:1].upper() + filled[1:]


def _details(event: Mapping[str, Any]) -> Mapping[str, Any]:
    details = event.get("details")
    return details if isinstance(details, Mapping) else {}
