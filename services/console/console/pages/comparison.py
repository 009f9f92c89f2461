"""Comparison: the proof that both sides agree; what differs and why; all of it compared anew when a person asks.

Promises: values are shown as elsewhere, hidden ones stay hidden; what was asked for is followed where it was asked for,
and the page is drawn anew once it has ended.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from starlette.datastructures import FormData
from starlette.responses import Response, StreamingResponse
from starlette.routing import Route

from console.domain import cursors, masks
from console.domain.refusals import Absent
from console.handlers import comparison, differences, sync
from console.handlers.comparison import Comparison
from console.handlers.differences import Levels, Records
from console.pages import anew, comparison_table, comparison_words, titles, values
from console.pages.routes import acting, reading
from console.pages.values import Value
from console.pages.view import View
from libs.contracts.types import Entity, Side
from libs.state.causes import Cause
from libs.state.labels import Label
from libs.state.levels import Kind
from libs.state.tallies import Subject, Unlike

PATH = "/comparison"
PAGE, FEW = 20, 10
"""Of one list; of each where several are shown."""
CHANGED = "comparison-changed"
_NAMES = ("of", "cause")


@dataclass(frozen=True, slots=True)
class Field:
    """One field of both sides as this person sees it; None: that side did not tell it."""

    name: str
    vms: Value | None
    keycrm: Value | None
    question: int | None


@dataclass(frozen=True, slots=True)
class Row:
    """A record that differs."""

    unlike: Unlike
    label: Label
    fields: tuple[Field, ...]
    letter: int | None


@dataclass(frozen=True, slots=True)
class Wanted:
    """What of the differences is asked for; None is any."""

    subject: Subject | None
    cause: Cause | None
    after: str

    @property
    def is_whole(self) -> bool:
        """Whether all lists begin here."""
        return self.subject is None and not self.after


async def show(view: View) -> Response:
    """The page."""
    query = view.request.query_params
    wanted, known = _wanted(query), await comparison.look(view.desk)
    records, levels = await _records(view, wanted, known), await _levels(view, wanted, known)
    rows = [_row(view, records, one) for one in records.rows]
    seen = anew.mark(known.tallies, known.whole_at, known.operation is None, rows, levels)
    if anew.is_known(view, seen):
        return Response(status_code=204)
    running = known.operation if known.operation and known.operation.status == "running" else None
    return view.page(
        "comparison.html", known=known, wanted=wanted, rows=rows, levels=[one for one in levels if one.rows],
        sentence=comparison_words.sentence(known, view.say), more=comparison_words.more(known, view.say),
        subjects=comparison_words.SUBJECTS, causes=comparison_words.CAUSES, meanings=comparison_words.MEANINGS,
        titles=titles, figure=comparison_words.figure, operation=running, to=_address,
        older=_older(wanted, records, levels), anew=_address(wanted, after=wanted.after or None, seen=seen),
        is_payment=lambda name: name.startswith(values.PAYMENT),
    )  # fmt: skip


async def asked(view: View, _form: FormData) -> Response:
    """Compare everything now; the page then tells how far it is."""
    await comparison.ask(view.desk, view.person)
    return view.go(PATH)


async def followed(view: View) -> Response:
    """How the operation stands; once it has ended, the page around it is drawn anew."""
    operation = await sync.follow(view.desk, view.request.path_params["operation"])
    if operation.kind != comparison.KIND:
        raise Absent("this operation compares nothing")
    response = view.page("comparison-progress.html", operation=operation)
    if operation.status != "running":
        response.headers["hx-trigger"] = CHANGED
    return response


async def export(view: View, _form: FormData) -> Response:
    """All that differs as a table; each part is read when the one before it has left."""
    parts = await differences.export(view.desk, view.person)
    name = f"comparison-{view.say.local(view.say.now):%Y-%m-%d-%H%M}.csv"
    return StreamingResponse(
        comparison_table.table(parts, view.person, view.say, view.site.names), media_type="text/csv; charset=utf-8",
        headers={"content-disposition": f'attachment; filename="{name}"'},
    )  # fmt: skip


def _wanted(query: Mapping[str, str]) -> Wanted:
    """What an address asks for; what cannot be read is left out."""
    subject = next((one for one in Subject if one == query.get("of")), None)
    cause = next((one for one in Cause if one == query.get("cause")), None)
    return Wanted(subject, cause, query.get("after", ""))


def _address(wanted: Wanted | None = None, **more: object) -> str:
    kept = {"of": wanted.subject, "cause": wanted.cause} if wanted else {}
    given = {name: str(one) for name, one in (kept | more).items() if one is not None}
    return f"{PATH}?{urlencode(given)}" if given else PATH


async def _records(view: View, wanted: Wanted, known: Comparison) -> Records:
    entity = next((one for one in Entity if one.value == wanted.subject), None)
    is_left_out = wanted.subject is not None and entity is None
    if is_left_out or not known.differs:
        return Records()
    return await differences.records(view.desk, entity, wanted.cause, cursors.read_moment(wanted.after), PAGE)


async def _levels(view: View, wanted: Wanted, known: Comparison) -> list[Levels]:
    asked_for = [kind for kind in Kind if kind.value == wanted.subject or wanted.is_whole]
    if not known.differs:
        return []
    after, limit = (None, FEW) if wanted.is_whole else (cursors.read_place(wanted.after), PAGE)
    return [await differences.levels(view.desk, kind, wanted.cause, after, limit) for kind in asked_for]


def _older(wanted: Wanted, records: Records, levels: list[Levels]) -> str | None:
    """Where the one list of the page goes on; where several are shown, each leads to its own page."""
    if records.has_more:
        last = records.rows[-1]
        return _address(wanted, after=cursors.moment(last.since, last.binding_id))
    if wanted.subject is not None and levels and levels[0].has_more:
        final = levels[0].rows[-1]
        return _address(wanted, after=cursors.place(final.sku, final.warehouse))
    return None


def _row(view: View, some: Records, one: Unlike) -> Row:
    fields = tuple(_field(view, some, one, told) for told in one.differences)
    return Row(one, some.labels[one.binding_id], fields, some.letters.get(one.binding_id))


def _field(view: View, some: Records, one: Unlike, told: Mapping[str, Any]) -> Field:
    name = str(told["field"])
    raw = [masks.seen(view.person, one.entity, name, told.get(side.value)) for side in Side]
    both = values.both(name, raw[0], raw[1], view.say.language, view.site.names)
    vms, keycrm = (value if side.value in told else None for side, value in zip(Side, both, strict=True))
    return Field(name, vms, keycrm, some.questions.get((one.binding_id, name)))


routes: list[Route] = [
    reading(PATH, show),
    reading(f"{PATH}/operations/{{operation:uuid}}", followed),
    acting(PATH, asked),
    acting(f"{PATH}/export", export),
]
