"""Records: found while one types, one of them on both sides with its story, and the sync of it now.

Promises: what is found is what this person may find; an operation is followed on the page until it has ended, and the
page then shows both sides as they are.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from starlette.datastructures import FormData
from starlette.responses import Response
from starlette.routing import Route

from console.domain import masks, sides
from console.domain.refusals import Absent
from console.domain.sides import FieldOfBoth
from console.handlers import records, search, sync
from console.handlers.records import Record
from console.pages import anew, filters, letter_reasons, titles, values
from console.pages.routes import acting, reading
from console.pages.story_words import Teller
from console.pages.values import Value
from console.pages.view import View
from console.pages.words import N_
from libs.contracts.types import Entity, Side

MOST_TYPED = 200
CHANGED = "record-changed"
"""What the page listens to: both sides and the story are drawn anew."""
STANDINGS = {
    "in_step": (N_("in step"), "success"), "asked": (N_("a question is open"), "warning"),
    "on_its_way": (N_("on its way"), "info"), "moved": (N_("differs: the next look decides"), "warning"),
    "uncompared": (N_("not compared yet"), "plain"),
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Row:
    """A field with both sides' values as this person sees them."""

    both: FieldOfBoth
    vms: Value
    keycrm: Value


async def found(view: View) -> Response:
    """What was typed, and whom it finds; nothing typed shows what was changed lately."""
    query = view.request.query_params
    text = " ".join(query.get("q", "").replace("\x00", "").split())[:MOST_TYPED]
    kind = titles.ENTITIES.get(query.get("kind", ""))
    entities = (kind,) if kind else tuple(Entity)
    facts: dict[str, Any] = {"text": text, "kind": query.get("kind", ""), "titles": titles, "found": None, "lately": ()}
    if text:
        before = filters.number(query, "before")
        facts["found"] = await search.find(view.desk, view.person, text, entities=entities, before=before)
    else:
        facts["lately"] = await search.lately(view.desk)
    return view.page("records.html", **facts)


async def shown(view: View) -> Response:
    """One record; `?side=` says that the number is that side's own."""
    entity = _entity(view)
    side = next((one for one in Side if one == view.request.query_params.get("side")), None)
    if side is not None:
        number = await records.by_id(view.desk, entity, side, _foreign(view, side))
        return view.go(f"/records/{titles.PATHS[entity]}/{number}")
    record = await records.one(view.desk, entity, _number(view))
    seen = anew.mark(record)
    if anew.is_known(view, seen):
        return Response(status_code=204)
    return view.page("record.html", **_facts(view, record) | {"anew": f"{titles.address(record.label)}?seen={seen}"})


async def asked(view: View, _form: FormData) -> Response:
    """Sync it now: the operation is followed where it was asked for."""
    entity = _entity(view)
    record = await records.one(view.desk, entity, _number(view))
    side = Side.VMS if record.binding.vms_id is not None else Side.KEYCRM
    external_id = record.binding.id_on(side)
    assert external_id is not None
    operation = await sync.ask(view.desk, view.person, entity, side, external_id)
    if not view.is_partial:
        return view.go(titles.address(record.label), view.say.gettext(N_("It is being synced.")), "info")
    response = view.page("record-operation.html", operation=operation, record=record, titles=titles)
    response.headers["hx-trigger"] = CHANGED
    return response


async def followed(view: View) -> Response:
    """How the operation stands; once it has ended, the page around it is drawn anew."""
    record = await records.one(view.desk, _entity(view), _number(view))
    operation = await sync.follow(view.desk, view.request.path_params["operation"])
    if operation.binding_id != record.binding.id:
        raise Absent("this operation is about something else")
    response = view.page("record-operation.html", operation=operation, record=record, titles=titles)
    if operation.status != "running":
        response.headers["hx-trigger"] = CHANGED
    return response


def _facts(view: View, record: Record) -> dict[str, Any]:
    teller = Teller(view.person, view.say, view.site.names)
    return {
        "record": record, "titles": titles, "rows": [_row(view, record, one) for one in record.fields],
        "answered": {one.id for one in record.questions if one.status == "resolved"},
        "letter_told": letter_reasons.told, "standings": STANDINGS,
        "amount": lambda one: values.amount(str(one.amount), view.say.language),
        "is_in_step": sides.is_in_step(record.fields) and record.binding.is_bound,
        "story": [(chain, teller.chain(chain)) for chain in record.story],
        "name": titles.name(record.label, view.person, view.say), "compared": record.compared,
        "differs_in": _differs_in(view, record),
    }  # fmt: skip


def _differs_in(view: View, record: Record) -> str:
    """The fields in which the two sides were last seen to differ."""
    unlike = record.compared.unlike if record.compared else None
    names = [str(one["field"]) for one in unlike.differences] if unlike else []
    return ", ".join(view.say.field(name, record.label.entity) for name in dict.fromkeys(names))


def _row(view: View, record: Record, both: FieldOfBoth) -> Row:
    raw = [masks.seen(view.person, record.label.entity, both.field, shown.value) for shown in (both.vms, both.keycrm)]
    if both.standing is sides.Standing.IN_STEP:  # two spellings of one thing are no difference
        vms, keycrm = (
            values.value(both.field, side, one, view.say.language, view.site.names)
            for side, one in zip(Side, raw, strict=True)
        )
        return Row(both, vms, keycrm)
    return Row(both, *values.both(both.field, raw[0], raw[1], view.say.language, view.site.names))


def _entity(view: View) -> Entity:
    entity = titles.ENTITIES.get(view.request.path_params["kind"])
    if entity is None:
        raise Absent("there is no such kind of record")
    return entity


def _number(view: View) -> int:
    number = filters.number(view.request.path_params, "id")
    if number is None:
        raise Absent("there is no such number")
    return number


def _foreign(view: View, side: Side) -> str | int:
    """The id as its side has it; what cannot be one is nobody's."""
    text = str(view.request.path_params["id"])
    if side is Side.VMS:
        return text.lower()[:64]
    return _number(view)


routes: list[Route] = [
    reading("/records", found),
    reading("/records/{kind}/{id}/operations/{operation:uuid}", followed),
    reading("/records/{kind}/{id}", shown),
    acting("/records/{kind}/{id}/sync", asked),
]
