"""Audit entries in words: what was done, to what, from which value to which.

Promises: values that this person may not see are hidden; a name, comment or value that somebody typed can never be
run as a formula by the program that opens the table, nor changed by it: order numbers keep their zeros.
"""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterable, Mapping
from typing import Any

import orjson

from console.domain import masks
from console.pages import audit_said
from console.pages.say import Say
from console.pages.titles import PATHS
from console.pages.words import N_
from libs.contracts.access import Person
from libs.state.audit import Entry, Kept
from libs.wording.languages import Language

ACTIONS: Mapping[str, str] = {
    "created": N_("record made"), "updated": N_("field written"), "attached": N_("records joined"),
    "alias": N_("further number noted"), "flagged": N_("made with a remark"), "ignored": N_("left alone"),
    "payment": N_("payment carried over"), "sync.asked": N_("sync asked for"),
    "conflict.answered": N_("question answered"), "conflict.bulk": N_("many questions answered"),
    "conflict.resolved": N_("question settled"), "dead-letter.replayed": N_("dead letter tried again"),
    "dead-letter.discarded": N_("dead letter discarded"), "dead-letter.superseded": N_("dead letter settled"),
    "dead-letter.bulk": N_("many dead letters"), "flow.stopped": N_("flow stopped"),
    "flow.resumed": N_("flow resumed"), "topic.resumed": N_("topic resumed"), "topic.paused": N_("topic paused"),
    "session.opened": N_("signed in"), "session.ended": N_("signed out"), "news.sent": N_("message sent"),
    "audit.exported": N_("audit exported"), "channel.tested": N_("test message asked for"),
}  # fmt: skip
HEADINGS = (
    N_("Time"), N_("Who"), N_("What"), N_("Record"), N_("Pair"), N_("VMS id"), N_("KeyCRM id"), N_("Side"),
    N_("Field"), N_("Before"), N_("After"), N_("Reason"), N_("Outcome"), N_("Operation"), N_("Correlation"),
)  # fmt: skip
_FORMULA = tuple("=+-@\t\r\n\uff1d\uff0b\uff0d\uff20")
# What they would change by themselves: a long number, zeros before one, what looks like 1E5 or like a day.
_CHANGED = re.compile(r"\d{12,}|0\d+|\d+[eE]\d+|\d{1,4}[-/]\d{1,4}(?:[-/]\d{1,4})?")
SEPARATORS: Mapping[Language, str] = {"uk": ";", "en": ","}
"""Where the comma stands within numbers, spreadsheets expect a semicolon between cells."""
BOM = "\ufeff"
"""By it spreadsheets know that the text is Unicode."""


def action(key: str, say: Say) -> str:
    """What was done."""
    return say.gettext(ACTIONS[key]) if key in ACTIONS else key


def shown(value: Any) -> str:
    """A value as text; empty where there is none."""
    if value is None:
        return ""
    return value if isinstance(value, str) else orjson.dumps(value).decode()


def values(entry: Entry, person: Person) -> tuple[str, str]:
    """Before and after, as this person may see them."""
    before, after = (masks.seen(person, entry.entity, entry.field, one) for one in (entry.before, entry.after))
    return shown(before), shown(after)


def link(entry: Entry) -> str | None:
    """The page of the record that it tells of."""
    if entry.entity is None or entry.binding_id is None:
        return None
    return f"/records/{PATHS[entry.entity]}/{entry.binding_id}"


def heading(say: Say) -> bytes:
    """The first line of the table."""
    return (BOM + _line((say.gettext(one) for one in HEADINGS), say)).encode()


def lines(found: Iterable[Kept], person: Person, say: Say) -> bytes:
    """Entries as lines of the table."""
    return "".join(_line(_cells(kept, person, say), say) for kept in found).encode()


def _cells(kept: Kept, person: Person, say: Say) -> list[str]:
    one = kept.entry
    before, after = values(one, person)
    return [
        say.local(kept.at).isoformat(sep=" ", timespec="seconds"), say.actor(one.actor), action(one.action, say),
        say.entity(one.entity) if one.entity else "", shown(one.binding_id), shown(one.vms_id), shown(one.keycrm_id),
        say.side(one.side) if one.side else "", say.field(one.field, one.entity) if one.field else "", before, after,
        audit_said.why(one, say), audit_said.outcome(one, say)[0], str(one.operation_id or ""),
        one.correlation_id or "",
    ]  # fmt: skip


def _line(cells: Iterable[str], say: Say) -> str:
    text = io.StringIO()
    writer = csv.writer(text, delimiter=SEPARATORS[say.language], quoting=csv.QUOTE_ALL, lineterminator="\r\n")
    writer.writerow([_plain(cell, say.language) for cell in cells])
    return text.getvalue()


def _plain(cell: str, language: Language) -> str:
    """Spreadsheets run what begins like a formula, quoted or not; an apostrophe makes it text."""
    if _is_number(cell):
        is_changed = _CHANGED.fullmatch(cell) is not None
        return f"'{cell}" if is_changed else cell.replace(".", ",") if language == "uk" else cell
    return f"'{cell}" if cell.lstrip(" ").startswith(_FORMULA) or _CHANGED.fullmatch(cell) else cell


def _is_number(cell: str) -> bool:
    return cell.removeprefix("-").replace(".", "", 1).isascii() and cell.removeprefix("-").replace(".", "", 1).isdigit()
