"""Dead letters: by what is wrong with them, one of them readable, and what is decided on it.

Promises: what a replay would do is told before it is done; a reason that is missing is asked for and what was typed
stays; what somebody else decided meanwhile is told.
"""

from __future__ import annotations

from typing import Any

from starlette.datastructures import FormData
from starlette.responses import Response
from starlette.routing import Route

from console.domain.refusals import Absent, Overtaken
from console.handlers import dead_letters, replay, search
from console.handlers.replay import Preview
from console.pages import anew, filters, letter_reasons, letter_words, titles
from console.pages.routes import acting, reading
from console.pages.view import View
from console.pages.words import N_

PAGE = 40
MOST_REASON = 300
NO_REASON = N_("Write in a few words why nobody will want it any more.")


async def listed(view: View) -> Response:
    """Groups, and the letters of the one that was chosen."""
    query = view.request.query_params
    wanted = filters.letters(query)
    after, before = filters.number(query, "after") or 0, filters.number(query, "before")
    found = await dead_letters.page(view.desk, wanted, after=after, before=before, limit=PAGE + 1)
    rows = found[:PAGE] if before is None else found[-PAGE:]
    has_before, has_after = (after > 0, len(found) > PAGE) if before is None else (len(found) > PAGE, True)
    called = await search.called(view.desk, [one.received.binding_id for one in rows if one.received.binding_id])
    path = "/dead-letters"
    groups, count = await dead_letters.groups(view.desk), await dead_letters.count(view.desk, wanted)
    seen = anew.mark([(one.id, one.status) for one in rows], groups, count, has_before)
    if anew.is_known(view, seen):
        return Response(status_code=204)
    return view.page(
        "letters.html", rows=rows, called=called, groups=groups, query=query,
        wanted=wanted, count=count, filters=filters, titles=titles,
        statuses=letter_words.STATUSES, told=letter_reasons.told,
        problem=view.say.gettext(NO_REASON) if "why-missing" in query else None,
        anew=filters.letters_address(path, query, after=after or None, before=before, seen=seen),
        newer=filters.letters_address(path, query, before=rows[0].id) if rows and has_before else None,
        older=filters.letters_address(path, query, after=rows[-1].id) if rows and has_after else None,
    )  # fmt: skip


async def shown(view: View) -> Response:
    """One letter, and what a replay would do."""
    return await _one(view, await replay.preview(view.desk, _number(view)))


async def replayed(view: View, _form: FormData) -> Response:
    """Try it again."""
    number = _number(view)
    try:
        done = await replay.replay(view.desk, view.person, number)
    except Overtaken:
        return await _one(view, await replay.preview(view.desk, number), 409, is_overtaken=True)
    return view.go(f"/dead-letters/{number}", view.say.gettext(letter_words.OUTCOMES[done.verdict.outcome]))


async def discarded(view: View, form: FormData) -> Response:
    """Set it aside for good, with a reason."""
    number, text = _number(view), str(form.get("reason", ""))
    reason = " ".join(text.split())
    if not 0 < len(reason) <= MOST_REASON:
        found = await replay.preview(view.desk, number)
        return await _one(view, found, 422, problem=view.say.gettext(NO_REASON), text=text)
    try:
        await replay.discard(view.desk, view.person, number, reason)
    except Overtaken:
        return await _one(view, await replay.preview(view.desk, number), 409, is_overtaken=True, text=text)
    return view.go("/dead-letters", view.say.gettext(N_("Letter {number} is discarded."), number=number))


async def _one(view: View, found: Preview, status: int = 200, **more: Any) -> Response:
    received = found.kept.received
    called = await search.called(view.desk, [received.binding_id] if received.binding_id else [])
    facts: dict[str, Any] = {
        "found": found, "kept": found.kept, "letter": received.letter, "received": received, "titles": titles,
        "label": called.get(received.binding_id or 0), "kind": letter_words.KINDS[found.behind.kind],
        "told": letter_reasons.told(received, view.say), "effect": letter_words.effect(found.verdict.outcome),
        "behind": letter_words.behind(found.behind), "verdict": letter_words.verdict(found, view.say),
        "carried": letter_words.carried(received.letter, view.person),
        "statuses": letter_words.STATUSES, "problem": None, "text": "", "is_overtaken": False,
    }  # fmt: skip
    return view.page("letter.html", status, **facts | more)


def _number(view: View) -> int:
    number = filters.number(view.request.path_params, "id")
    if number is None:
        raise Absent("there is no such number")
    return number


routes: list[Route] = [
    reading("/dead-letters", listed),
    reading("/dead-letters/{id}", shown),
    acting("/dead-letters/{id}/replay", replayed),
    acting("/dead-letters/{id}/discard", discarded),
]
