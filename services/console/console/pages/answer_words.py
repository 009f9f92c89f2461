"""Answers in words: what a choice means before it is taken, and what was chosen after.

Promises: a typed value that this person may not see is told as hidden; an answer that cannot be used is told with what
to write instead, in the reader's language.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from console.domain import masks
from console.domain.refusals import Unusable
from console.pages import values
from console.pages.say import Say
from console.pages.values import Names
from console.pages.words import N_
from libs.contracts.access import Person
from libs.contracts.types import Side
from libs.state.conflicts import Conflict
from libs.wording import questions

CHOICES: Mapping[str, str] = {
    "vms": N_("Take VMS’s value"), "keycrm": N_("Take KeyCRM’s value"), "value": N_("Type another value"),
    "keep": N_("Leave both as they are"),
}  # fmt: skip
MEANINGS: Mapping[str, str] = {
    "vms": N_("It is written to KeyCRM too."),
    "keycrm": N_("It is written to VMS too."),
    "value": N_("It is written to both sides."),
    "keep": N_("Nothing is written; it is asked again only if one of the two changes."),
}
IDENTITY_CHOICES: Mapping[str, str] = {**CHOICES, "keep": N_("None of them: somebody new")}
_CHOSEN: Mapping[str, str] = {
    "vms": N_("VMS’s value was taken"),
    "keycrm": N_("KeyCRM’s value was taken"),
    "value": N_("another value was given: {value}"),
    "keep": N_("both were left as they are"),
}
_CHOSEN_IDENTITY: Mapping[str, str] = {
    "value": N_("one of the records was named as the same"), "keep": N_("none of them: somebody new"),
}  # fmt: skip
# The words of `domain.answers`, with what to write.
_UNUSABLE: Mapping[str, tuple[str, str]] = {
    "blank": (N_("Nothing was written."), N_("Write a value, or say below that it shall be empty on both sides.")),
    "option": (N_("Nothing was chosen."), N_("Choose one from the list.")),
    "terms": (N_("It is not said whose number this is."), N_("Choose VMS or KeyCRM beside the number.")),
    "number": (N_("This is no status number."), N_("Write the number of a status, for example 4.")),
    "amount": (N_("This is no amount."), N_("Write it like 1011,50; it cannot be negative.")),
    "phone": (N_("No such phone number is possible."), N_("Write it like +380 50 111 22 33.")),
    "email": (N_("This is no e-mail address."), N_("Write it like olena@example.com.")),
    "empty": (N_("This may not be empty."), N_("Write a value, or choose one of the two shown.")),
    "candidate": (N_("This is none of the records found."), N_("Choose one of those shown.")),
    "": (N_("This cannot be used."), N_("Correct it, or choose one of the two shown.")),
}


# Where the values stand beside the sentence, it does not repeat them.
_SHORT: Mapping[str, str] = {
    "both_changed": N_("The {field} was changed on both sides. Choose one of the two, or give another."),
    "cut_edited": N_(
        "The {field} is longer on one side than the other can hold, and the shorter copy was edited, by somebody who "
        "did not see the end. Choose one of the two, or put them together."
    ),
    "customers_alike": N_(
        "Several customers may be the same person. Choose who it is, or say that it is none of them."
    ),
}
_LONGEST = 160
_AMOUNTS = ("amount", "copy_amount", "sum")
_PLAIN = ("side", "times", "copies")
"""About sides and counts, never about a person."""


def sentence(conflict: Conflict, person: Person, say: Say) -> str:
    """The question as a person reads it, with what this person may not see left out."""
    asked = conflict.question
    field, reason = str(asked["field"]), str(asked["reason"])
    short = _SHORT.get(reason)
    if short is not None:
        return say.gettext(short, field=say.field(field, conflict.entity))
    params = {name: _told(name, one, field, say) for name, one in (asked.get("params") or {}).items()}
    if masks.is_personal(conflict.entity, field) and not person.sees_personal:
        params = {name: one if one is None or name in _PLAIN else masks.MASK for name, one in params.items()}
    return questions.question(reason, params, field, conflict.entity.value, say.language)


def _told(name: str, one: Any, field: str, say: Say) -> Any:
    """As people write it: an amount with its groups, a long text cut."""
    if one is not None and (name in _AMOUNTS or (field in values.AMOUNTS and name in list(Side))):
        return values.amount(str(one), say.language)
    return f"{one[:_LONGEST]}…" if isinstance(one, str) and len(one) > _LONGEST else one


def chosen(conflict: Conflict, person: Person, say: Say, names: Names) -> str:
    """What was answered; empty: nothing was."""
    answer: Mapping[str, Any] = conflict.question.get("answer") or {}
    field = str(conflict.question["field"])
    msgid = (_CHOSEN_IDENTITY if field == "identity" else _CHOSEN).get(str(answer.get("choice")))
    if msgid is None:
        return ""
    typed = masks.seen(person, conflict.entity, field, answer.get("value"))
    terms = Side.KEYCRM if answer.get("terms") == Side.KEYCRM.value else Side.VMS
    return say.gettext(msgid, value=values.value(field, terms, typed, say.language, names).text or "—")


def unusable(error: Unusable, field: str, text: str, say: Say, *, is_listed: bool = False) -> tuple[str, str]:
    """What is wrong with an answer, and what to write, or to choose where its values are listed."""
    problem, fix = _UNUSABLE["option" if is_listed else _kind(error, field, text)]
    return say.gettext(problem), say.gettext(fix)


def _kind(error: Unusable, field: str, text: str) -> str:
    if error.field in ("terms", "blank"):
        return error.field
    if field == "identity":
        return "candidate"
    if field in ("status", "delivery_service"):
        return "number"
    if field == "deposited_amount":
        return "amount"
    if not text.strip():
        return "empty"
    return field if field in ("phone", "email") else ""
