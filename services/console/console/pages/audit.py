"""Audit: who did what, to what, why; and all of it as a table to take along."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from contextlib import suppress
from datetime import date, datetime, time, timedelta
from urllib.parse import urlencode
from uuid import UUID
from zoneinfo import ZoneInfo

from starlette.datastructures import FormData
from starlette.responses import Response, StreamingResponse

from console.domain.refusals import Unusable
from console.handlers import audit
from console.handlers.audit import Filter
from console.pages import audit_said, audit_words
from console.pages.routes import acting, reading
from console.pages.say import Say
from console.pages.view import View
from console.pages.words import N_
from libs.state.audit import Kept

PAGE = 50
_NAMES = ("actor", "action", "since", "until", "binding", "operation")
_LARGEST = 2**63 - 1
_YEARS = range(1970, 9999)
"""With room for a day and a zone on either side."""
DAY = N_("Write the day as 2026-01-31.")
ORDER = N_("The last day is before the first one: exchange them.")
NUMBER = N_("Write the number alone, as it stands in the column “Record”.")


async def show(view: View) -> Response:
    """The newest entries of the filter."""
    query = view.request.query_params
    wanted = filter_of(query, view.site.zone)
    before = _number(query.get("before", ""))
    wrong = _problems(query, view.site.zone, view.say)
    found = () if wrong else await audit.page(view.desk, wanted, before, PAGE + 1)
    more = address(query, before=found[PAGE - 1].id) if len(found) > PAGE else None
    template = "audit-rows.html" if view.is_partial else "audit.html"
    actors, actions = ((), ()) if view.is_partial else await audit.known(view.desk)
    return view.page(
        template, 422 if wrong else 200, rows=found[:PAGE], more=more,
        query={name: query.get(name, "") for name in _NAMES},
        wanted=wanted, actors=actors, actions=actions, words=audit_words, said=audit_said, wrong=wrong,
        is_filtered=wanted != Filter() or bool(wrong), names=view.site.names,
    )  # fmt: skip


async def export(view: View, form: FormData) -> Response:
    """The filter's entries as a table; each part is read when the one before it has left."""
    query = {name: str(form.get(name, "")) for name in _NAMES}
    if _problems(query, view.site.zone, view.say):
        raise Unusable("filter", "cannot be read", "correct it first: else all would be taken along")
    wanted = filter_of(query, view.site.zone)
    said = ", ".join(f"{name}: {value}" for name, value in query.items() if value)
    parts = await audit.export(view.desk, view.person, wanted, said)
    name = f"audit-{view.say.local(view.say.now):%Y-%m-%d-%H%M}.csv"
    return StreamingResponse(
        _lines(view, parts), media_type="text/csv; charset=utf-8",
        headers={"content-disposition": f'attachment; filename="{name}"'},
    )  # fmt: skip


async def _lines(view: View, parts: AsyncIterator[tuple[Kept, ...]]) -> AsyncIterator[bytes]:
    yield audit_words.heading(view.say)
    async for found in parts:
        yield audit_words.lines(found, view.person, view.say)


def filter_of(query: Mapping[str, str], zone: ZoneInfo) -> Filter:
    """What an address asks for; days are the reader's, the last one included; what cannot be read is left out."""
    until = _day(query.get("until", ""), zone)
    operation = None
    with suppress(ValueError):
        operation = UUID(query["operation"]) if query.get("operation") else None
    return Filter(
        binding_id=_number(query.get("binding", "")), actor=_word(query, "actor"), action=_word(query, "action"),
        since=_day(query.get("since", ""), zone),
        until=until + timedelta(days=1) if until else None, operation_id=operation,
    )  # fmt: skip


def address(query: Mapping[str, str], **more: object) -> str:
    """The page's address with this filter, and more."""
    kept = {name: query[name] for name in _NAMES if query.get(name)} | {name: str(one) for name, one in more.items()}
    return f"/audit?{urlencode(kept)}" if kept else "/audit"


def _problems(query: Mapping[str, str], zone: ZoneInfo, say: Say) -> dict[str, str]:
    """What of the filter cannot be read, by its field, with what to write."""
    since, until = (_day(query.get(name, ""), zone) for name in ("since", "until"))
    wrong = {
        name: DAY for name, read in (("since", since), ("until", until)) if query.get(name) and read is None
    }  # fmt: skip
    if since and until and until < since:
        wrong["until"] = ORDER
    if query.get("binding") and _number(query["binding"]) is None:
        wrong["binding"] = NUMBER
    return {name: say.gettext(text) for name, text in wrong.items()}


def _day(text: str, zone: ZoneInfo) -> datetime | None:
    try:
        day = date.fromisoformat(text)
    except ValueError:
        return None
    return datetime.combine(day, time(), zone) if day.year in _YEARS else None


def _word(query: Mapping[str, str], name: str) -> str | None:
    text = query.get(name)
    return text if text and "\x00" not in text else None


def _number(text: str) -> int | None:
    return int(text) if text.isascii() and text.isdigit() and len(text) < 20 and int(text) <= _LARGEST else None


routes = [reading("/audit", show), acting("/audit/export", export)]
