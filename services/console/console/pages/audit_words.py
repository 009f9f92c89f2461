"""Audit entries in words: what was done, to what, from which value to which.

Promises: values that this person may not see are hidden.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

import orjson

from console.domain import masks
from console.pages import audit_said, tables
from console.pages.say import Say
from console.pages.titles import PATHS
from console.pages.words import N_
from libs.contracts.access import Person
from libs.state.audit import Entry, Kept

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
    "comparison.asked": N_("comparison asked for"), "comparison.exported": N_("differences exported"),
    "found_different": N_("found to differ, made due again"),
}  # fmt: skip
HEADINGS = (
    N_("Time"), N_("Who"), N_("What"), N_("Record"), N_("Pair"), N_("VMS id"), N_("KeyCRM id"), N_("Side"),
    N_("Field"), N_("Before"), N_("After"), N_("Reason"), N_("Outcome"), N_("Operation"), N_("Correlation"),
)  # fmt: skip


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
    return tables.heading(HEADINGS, say)


def lines(found: Iterable[Kept], person: Person, say: Say) -> bytes:
    """Entries as lines of the table."""
    return tables.lines((_cells(kept, person, say) for kept in found), say)


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
