"""`GET /api/keycrm/events?after=`: the hub's `since`, for programs without a SignalR client.

Promises: pages in the feed's order, each with the number to go on from; the same tokens, groups and masks as the hub.
"""

from __future__ import annotations

import orjson

from libs.contracts.access import Person
from libs.runtime.errors import WorldUnavailable
from libs.runtime.health import Send
from notifier.domain.groups import is_group, may_listen, normal
from notifier.handlers import catching_up
from notifier.handlers.catching_up import hearable, read_after
from notifier.handlers.feeding import Feeding, Forgotten, UnknownEvent
from notifier.hub.answers import JSON, Headers, Refused, Request, answer
from notifier.hub.joining import WHICH

PATH = "/api/keycrm/events"
MOST = 500
USUAL = 100


async def serve(request: Request, person: Person, feeding: Feeding, send: Send, headers: Headers) -> None:
    """One page.

    Raises:
        Refused: the request cannot be answered.
    """
    if request.method != "GET":
        raise Refused(405, "Events are read with GET.", headers=[(b"allow", b"GET, OPTIONS")])
    after, limit, groups = _after(request), _limit(request), _groups(request, person)
    try:
        position = await feeding.position(after)
        told, number, is_more = await feeding.page(position, groups, limit, sees_personal=person.sees_personal)
    except UnknownEvent:
        raise Refused(404, f"after: {catching_up.UNKNOWN}.") from None
    except Forgotten:
        raise Refused(410, f"after: {catching_up.FORGOTTEN}.") from None
    except WorldUnavailable:
        again = [(b"retry-after", b"5")]
        raise Refused(503, "The database does not answer: ask again in a few seconds.", "away", again) from None
    content = orjson.dumps({"events": told, "next": number, "hasMore": is_more})
    await answer(send, 200, content, JSON, headers)


def _after(request: Request) -> str:
    after = read_after(request.query.get("after", "0"))
    if after is None:
        raise Refused(400, "after: give the id or the number of the last event you know; 0 for all that are kept.")
    return after


def _limit(request: Request) -> int:
    text = request.query.get("limit", str(USUAL))
    if not (text.isascii() and text.isdigit() and len(text) < 5 and 1 <= int(text) <= MOST):
        raise Refused(400, f"limit: give a number from 1 to {MOST}.")
    return int(text)


def _groups(request: Request, person: Person) -> list[str]:
    given = [normal(name) for name in request.query.get("groups", "").split(",") if name]
    if not all(map(is_group, given)):
        raise Refused(400, f"groups: {WHICH}; separate them by commas.")
    if not all(may_listen(name, person.groups) for name in given):
        raise Refused(403, "groups: this token may not listen to one of them.", "right")
    return given or list(hearable(person))
