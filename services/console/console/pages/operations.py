"""Operations: what is running, how far it is, when it will be done; and what became of what was asked before."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from uuid import UUID

from starlette.responses import Response

from console.handlers import comparison, operations, search
from console.pages import titles
from console.pages.routes import reading
from console.pages.say import Say
from console.pages.titles import PATHS
from console.pages.view import View
from console.pages.words import N_
from libs.state.operations import Operation

PAGE = 40
KINDS: Mapping[str, str] = {
    "sync": N_("Sync now"), "resolve": N_("Answer to a question"), "replay": N_("Dead letter tried again"),
    "bulk-resolve": N_("Many questions answered"), "bulk-replay": N_("Many dead letters tried again"),
    "bulk-discard": N_("Many dead letters discarded"), "compare": N_("Both sides compared"),
}  # fmt: skip
OUTCOMES: Mapping[str, str] = {
    "answered": N_("answered: {n}"), "replayed": N_("tried again: {n}"), "discarded": N_("discarded: {n}"),
    "superseded": N_("settled by something newer: {n}"), "anew": N_("asked anew: {n}"),
    "others": N_("somebody else was faster: {n}"), "closed": N_("closed by themselves: {n}"),
    "gone": N_("no longer there: {n}"), "unsuited": N_("could not be done: {n}"),
    "compared": N_("compared: {n}"), "differs": N_("differ: {n}"), "unexplained": N_("unexplained: {n}"),
    "mended": N_("unexplained, taken up again: {n}"),
}  # fmt: skip
STATES: Mapping[str, tuple[str, str]] = {
    "running": (N_("running"), "info"), "done": (N_("done"), "success"), "failed": (N_("failed"), "failure"),
}  # fmt: skip


async def show(view: View) -> Response:
    """The page; it is drawn anew while something runs."""
    before = _before(view.request.query_params.get("before", ""))
    listed = await operations.listed(view.desk, before, PAGE)
    more = f"/operations?before={listed.next[0].timestamp():.6f}_{listed.next[1]}" if listed.next else None
    shown = (*listed.running, *listed.ended)
    called = await search.called(view.desk, [one.binding_id for one in shown if one.binding_id])
    template = "operations-list.html" if view.is_partial else "operations.html"
    return view.page(
        template, called=called, titles=titles, listed=listed, more=more,
        kind=kind, state=STATES, link=link, tally=tally,
        time_left=operations.time_left, is_later=before is not None,
    )  # fmt: skip


def kind(one: Operation, say: Say) -> str:
    """What was asked for."""
    return say.gettext(KINDS[one.kind]) if one.kind in KINDS else one.kind


def link(one: Operation) -> str | None:
    """Where it can be followed."""
    if one.kind.startswith("bulk-"):
        return f"/many/{one.id}"
    if one.kind == comparison.KIND:
        return "/comparison"
    if one.entity is None or one.binding_id is None:
        return None
    return f"/records/{PATHS[one.entity]}/{one.binding_id}"


def tally(one: Operation, say: Say) -> str:
    """What came of many."""
    told = [
        say.gettext(words, n=say.number(one.outcome[key]))
        for key, words in OUTCOMES.items()
        if isinstance(one.outcome.get(key), int) and one.outcome[key]
    ]
    if one.kind == comparison.KIND and one.outcome.get("differs") == 0:
        told.append(say.gettext(N_("no difference")))
    return ", ".join(told)


def _before(text: str) -> tuple[datetime, UUID] | None:
    at, _, number = text.partition("_")
    try:
        return datetime.fromtimestamp(float(at)).astimezone(), UUID(number)
    except (ValueError, OverflowError, OSError):
        return None


routes = [reading("/operations", show)]
