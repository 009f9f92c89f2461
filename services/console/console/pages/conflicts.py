"""Conflicts: the list, and one question with its answer; who was faster is told to the other.

Promises: an answer is written down only for what the person saw (`asked`); what was typed stays in the form when it
cannot be used; after an answer the next question of the same list comes up.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from starlette.datastructures import FormData
from starlette.responses import Response
from starlette.routing import Route

from console.domain import masks
from console.domain.answers import Choice
from console.domain.refusals import Absent, Overtaken, Unusable
from console.domain.sides import FieldOfBoth
from console.handlers import conflict_lists, conflicts, question_view
from console.handlers.conflicts import Answer
from console.handlers.question_view import Candidate, QuestionView
from console.pages import anew, answer_words, filters, titles, typed, values
from console.pages.routes import acting, reading
from console.pages.values import Value
from console.pages.view import View
from console.pages.words import N_
from libs.contracts.types import Side
from libs.state.conflicts import Conflict
from libs.state.labels import Label

PAGE = 40
SAID = N_("{record}, {field}: your answer is being carried out.")


@dataclass(frozen=True, slots=True)
class Row:
    """A question as a line of the list."""

    conflict: Conflict
    label: Label | None
    vms: Value
    keycrm: Value


async def listed(view: View) -> Response:
    """The list; `after` and `before` are numbers of questions."""
    query = view.request.query_params
    wanted = filters.questions(query, view.say.now)
    after, before = filters.number(query, "after") or 0, filters.number(query, "before")
    found = await conflict_lists.page(view.desk, wanted, after=after, before=before, limit=PAGE)
    rows = [row(view, one, found.labels.get(one.binding_id)) for one in found.conflicts]
    groups, count = await conflict_lists.groups(view.desk), await conflict_lists.count(view.desk, wanted)
    seen = anew.mark([(one.id, one.asked, one.status) for one in found.conflicts], groups, count, found.has_before)
    if anew.is_known(view, seen):
        return Response(status_code=204)
    return view.page(
        "conflicts.html", rows=rows, groups=groups, query=query, wanted=wanted, count=count, filters=filters,
        titles=titles, anew=filters.address("/conflicts", query, after=after or None, before=before, seen=seen),
        newer=filters.address("/conflicts", query, before=rows[0].conflict.id) if rows and found.has_before else None,
        older=filters.address("/conflicts", query, after=rows[-1].conflict.id) if rows and found.has_after else None,
    )  # fmt: skip


async def shown(view: View) -> Response:
    """One question; `?again=1` to put another answer in the place of one that is not carried out yet."""
    is_again = "again" in view.request.query_params
    return await _one(view, await question_view.one(view.desk, number_of(view)), is_again=is_again)


async def standing(view: View) -> Response:
    """Whether it is still as it was shown: nothing where it is, the question anew where somebody was faster."""
    known = await question_view.one(view.desk, number_of(view))
    query = view.request.query_params
    if known.conflict.asked == filters.number(query, "asked") and known.conflict.status == query.get("was"):
        return Response(status_code=204)
    if known.conflict.status == "open":
        return view.page("conflict-anew.html", address=_address(view, known.conflict.id))
    response = await _one(view, known)
    response.headers.update({"hx-retarget": "#question", "hx-reswap": "outerHTML", "hx-reselect": "#question"})
    return response


async def answered(view: View, form: FormData) -> Response:
    """An answer; then on to the next question of the list."""
    known = await question_view.one(view.desk, number_of(view))
    field, text = str(known.conflict.question["field"]), str(form.get("value", ""))
    typed_in: dict[str, Any] = {"text": text, "terms": str(form.get("terms", ""))}
    try:
        await conflicts.resolve(view.desk, view.person, known.conflict.id, _answer(view, form, field, text))
    except Unusable as error:
        is_listed = bool(view.site.names.options(field))
        typed_in["problem"] = answer_words.unusable(error, field, text, view.say, is_listed=is_listed)
        return await _one(view, known, 422, is_blank=error.field == "blank", is_again="again" in form, **typed_in)
    except Overtaken:
        now = await question_view.one(view.desk, known.conflict.id)
        return await _one(view, now, 409, is_overtaken=True, **typed_in)
    return await _onwards(view, known)


async def _onwards(view: View, known: QuestionView) -> Response:
    """To the next question of the same list, with what was done with this one."""
    conflict, query = known.conflict, view.request.query_params
    record = titles.title(known.label, view.person, view.say)
    said = view.say.gettext(SAID, record=record, field=view.say.field(str(conflict.question["field"]), conflict.entity))
    wanted = filters.questions(query, view.say.now)
    beside = await conflict_lists.beside(view.desk, wanted, conflict.id)
    following = beside.after or beside.before
    path = f"/conflicts/{following}" if following else "/conflicts"
    return view.go(filters.address(path, query), said)


def row(view: View, conflict: Conflict, label: Label | None) -> Row:
    """A question with its values as this person sees them."""
    vms, keycrm = _values(view, conflict, "shown")
    return Row(conflict, label, vms, keycrm)


def number_of(view: View) -> int:
    """The number in the path.

    Raises:
        Absent: no question can have it.
    """
    number = filters.number(view.request.path_params, "id")
    if number is None:
        raise Absent("there is no such number")
    return number


async def _one(view: View, known: QuestionView, status: int = 200, **more: Any) -> Response:
    query, conflict = view.request.query_params, known.conflict
    vms, keycrm = _values(view, conflict, "shown")
    field = str(conflict.question["field"])
    is_identity = bool(known.candidates)
    facts: dict[str, Any] = {
        "known": known, "conflict": conflict, "field": field, "vms": vms, "keycrm": keycrm, "titles": titles,
        "base": _values(view, conflict, "base"), "sentence": answer_words.sentence(conflict, view.person, view.say),
        "chosen": answer_words.chosen(conflict, view.person, view.say, view.site.names),
        "kind": typed.kind(field), "options": view.site.names.options(field),
        "choices": [one for one in conflict.question["choices"] if not (is_identity and one == "value")],
        "words": answer_words.IDENTITY_CHOICES if is_identity else answer_words.CHOICES,
        "meanings": answer_words.MEANINGS, "address": _address(view, conflict.id), "problem": None, "text": "",
        "terms": "", "is_overtaken": False, "is_again": False, "is_blank": False,
        "candidates": [_candidate(view, known, one) for one in known.candidates],
        "own": _fields(view, known), "raced": _raced(view, conflict),
        "beside": await conflict_lists.beside(view.desk, filters.questions(query, view.say.now), conflict.id),
        "to": lambda number: _address(view, number), "back": filters.address("/conflicts", query),
    }  # fmt: skip
    return view.page("conflict.html", status, **facts | more)


def _answer(view: View, form: FormData, field: str, text: str) -> Answer:
    choice: Choice = next((one for one in _CHOICES if one == form.get("choice")), "keep")
    terms = next((side for side in Side if side == form.get("terms")), None)
    asked = filters.number({"asked": str(form.get("asked", ""))}, "asked") or 0
    value: Any = text if field == "identity" else typed.value(field, text)
    if choice != "value":
        value, terms = None, None
    elif view.site.names.options(field):
        value, terms = typed.picked(text)
    elif value is None and "empty" not in form:
        raise Unusable("blank", "nothing was typed", "write a value, or say that it shall be empty")
    return Answer(choice, asked, value, terms, is_replacing="again" in form)


_CHOICES: tuple[Choice, ...] = ("vms", "keycrm", "value", "keep")


def _values(view: View, conflict: Conflict, which: str) -> tuple[Value, Value]:
    asked, field = conflict.question, str(conflict.question["field"])
    raw = [masks.seen(view.person, conflict.entity, field, asked.get(f"{which}_{side}")) for side in Side]
    return values.both(field, raw[0], raw[1], view.say.language, view.site.names)


def _raced(view: View, conflict: Conflict) -> Value | None:
    """What somebody wrote into VMS for a moment, and our write ate."""
    if not conflict.question.get("has_raced"):
        return None
    field = str(conflict.question["field"])
    seen = masks.seen(view.person, conflict.entity, field, conflict.question.get("raced"))
    return values.value(field, Side.VMS, seen, view.say.language, view.site.names)


@dataclass(frozen=True, slots=True)
class Shown:
    """One field of somebody, as either side has it; `is_same`: the record in question has it too."""

    field: str
    value: Value
    is_same: bool = False


def _fields(view: View, known: QuestionView | Candidate, own: Sequence[FieldOfBoth] = ()) -> list[Shown]:
    """What is known of somebody, in a few lines: KeyCRM's value, else VMS's."""
    both = known.own if isinstance(known, QuestionView) else known.fields
    entity = known.label.entity if known.label else None
    wanted = {one.field: _either(one)[1] for one in own}
    told = []
    for one in both:
        side, raw = _either(one)
        seen = values.value(
            one.field, side, masks.seen(view.person, entity, one.field, raw), view.say.language, view.site.names
        )
        told.append(Shown(one.field, seen, raw is not None and wanted.get(one.field) == raw))
    return told


def _either(one: FieldOfBoth) -> tuple[Side, Any]:
    return (Side.KEYCRM, one.keycrm.value) if one.keycrm.value is not None else (Side.VMS, one.vms.value)


def _candidate(view: View, known: QuestionView, one: Candidate) -> tuple[Candidate, list[Shown]]:
    return one, _fields(view, one, known.own)


def _address(view: View, number: int) -> str:
    return filters.address(f"/conflicts/{number}", view.request.query_params)


routes: list[Route] = [
    reading("/conflicts", listed),
    reading("/conflicts/{id}/standing", standing),
    reading("/conflicts/{id}", shown),
    acting("/conflicts/{id}", answered),
]
