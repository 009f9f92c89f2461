"""Many at once: what a rule takes in, shown before anything is done; then how far it is, and what came out.

Promises: nothing is done by looking; what was looked at can be begun by who looked, once, within the hour.
"""

from __future__ import annotations

import contextlib
from collections.abc import Mapping
from typing import Any
from uuid import UUID

from starlette.datastructures import FormData
from starlette.responses import Response
from starlette.routing import Route

from console.domain.many import Outcome
from console.domain.refusals import Absent, Overtaken, Unusable
from console.handlers import bulk, sync
from console.handlers.bulk import Preview
from console.pages import answer_words, conflicts, filters, letter_reasons, letter_words, titles
from console.pages.routes import acting, reading
from console.pages.view import View
from console.pages.words import N_
from libs.state.bulk import Kind

CHOICES = ("vms", "keycrm", "keep")
OUTCOMES: Mapping[str, str] = {
    Outcome.ANSWERED: N_("answered"),
    Outcome.REPLAYED: N_("tried again"),
    Outcome.DISCARDED: N_("discarded"),
    Outcome.SUPERSEDED: N_("settled: something newer had come"),
    Outcome.ANEW: N_("asked anew with other values meanwhile: left alone"),
    Outcome.OTHERS: N_("somebody else was faster: left alone"),
    Outcome.CLOSED: N_("closed by themselves meanwhile: both sides agree"),
    Outcome.UNSUITED: N_("could not be done: left alone"),
    Outcome.GONE: N_("no longer kept"),
}
_KINDS: tuple[Kind, ...] = ("resolve", "replay", "discard")
_MOST_REASON = 300


async def answers(view: View, form: FormData) -> Response:
    """Look at one answer to all questions of the list that was open."""
    query = {name: str(value) for name, value in form.items()}
    choice = query.get("choice", "")
    if choice not in CHOICES:
        raise Unusable("choice", "is missing", "choose one")
    looked = await bulk.preview_answers(view.desk, view.person, filters.questions(query, view.say.now), choice)
    back = filters.address("/conflicts", query)
    rows = [conflicts.row(view, one, (looked.labels or {}).get(one.binding_id)) for one in looked.questions]
    return _preview(view, looked, back, rows=rows, choice=answer_words.CHOICES[choice])


async def letters(view: View, form: FormData) -> Response:
    """Look at a replay, or the discarding, of all letters of a group."""
    query = {name: str(value) for name, value in form.items()}
    reason = " ".join(query.get("why", "").split()) if query.get("act") == "discard" else None
    back = filters.letters_address("/dead-letters", query)
    if reason is not None and not 0 < len(reason) <= _MOST_REASON:
        return view.go(f"{back}&why-missing=1" if "?" in back else f"{back}?why-missing=1")
    looked = await bulk.preview_letters(view.desk, view.person, filters.letters(query), reason)
    return _preview(view, looked, back, reason=reason)


async def begun(view: View, _form: FormData) -> Response:
    """Do what was looked at."""
    number = _number(view)
    with contextlib.suppress(Overtaken):  # a second press: it runs already
        await bulk.begin(view.desk, view.person, number, _KINDS)
    return view.go(f"/many/{number}")


async def followed(view: View) -> Response:
    """How far it is, live; in the end how many came out how."""
    number = _number(view)
    operation = await sync.follow(view.desk, number)
    known, tally = await bulk.outcome(view.desk, number)
    template = "many-progress.html" if view.is_partial else "many.html"
    return view.page(template, known=known, operation=operation, tally=tally, outcomes=OUTCOMES, back=_back(known.kind))


def _preview(view: View, looked: Preview, back: str, **more: Any) -> Response:
    facts: dict[str, Any] = {
        "looked": looked, "back": back, "rows": [], "choice": None, "reason": None, "titles": titles,
        "told": letter_reasons.told, "effect": letter_words.effect, "verdict": letter_words.verdict,
        "replays": {one.kept.id: one for one in looked.replays}, "effects": _effects(looked),
    }  # fmt: skip
    return view.page("many-preview.html", **facts | more)


def _effects(looked: Preview) -> list[tuple[str, str, int]]:
    """What a replay would come to, in words with their colour, and with how many letters it would."""
    found: dict[tuple[str, str], int] = {}
    for outcome in letter_words.EFFECTS:
        if count := looked.effects.get(outcome):
            words = letter_words.effect(outcome)
            found[words] = found.get(words, 0) + count
    return [(words, colour, count) for (words, colour), count in found.items()]


def _back(kind: Kind) -> str:
    return "/conflicts" if kind == "resolve" else "/dead-letters"


def _number(view: View) -> UUID:
    number = view.request.path_params["id"]
    if not isinstance(number, UUID):
        raise Absent("there is no such number")
    return number


routes: list[Route] = [
    acting("/conflicts/many", answers),
    acting("/dead-letters/many", letters),
    reading("/many/{id:uuid}", followed),
    acting("/many/{id:uuid}", begun),
]
