"""`/live`: what has changed, as server-sent events whose data are parts of pages; one rendering for all tabs.

Promises: a tab is told what it does not know yet and nothing twice; when its session ends it is told that it is over;
at a stop it is let go at once and comes again by itself.
"""

from __future__ import annotations

import time
from collections.abc import AsyncIterator, Mapping

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response, StreamingResponse
from starlette.routing import Route

from console.pages import standing
from console.pages.routes import SignedOut, admitted
from console.pages.say import Say
from console.pages.site import Site
from console.pages.view import View
from libs.contracts.access import Role
from libs.runtime.errors import WorldUnavailable
from libs.wording.languages import Language

HEARTBEAT_SECONDS = 15.0
RECHECK_SECONDS = 30.0
MOST_TABS = 1_000
BEAT = b"event: beat\ndata: 1\n\n"
OVER = b"event: over\ndata: 1\n\n"


class Board:
    """The parts of the newest state, rendered once for each language."""

    def __init__(self, site: Site) -> None:
        self._site = site
        self._live = site.live
        self._version = -1
        self._parts: dict[Language, Mapping[str, str]] = {}

    def parts(self, language: Language) -> Mapping[str, str]:
        """Name of the event: its data."""
        if self._version != self._live.version:
            self._version, self._parts = self._live.version, {}
        if language not in self._parts:
            self._parts[language] = self._rendered(language)
        return self._parts[language]

    def _rendered(self, language: Language) -> Mapping[str, str]:
        seen = self._live.seen
        if seen is None:
            return {}
        say = Say(language, self._site.zone, seen.at)
        return standing.parts(self._site.templates, say, seen, tuple(self._live.events)) | {
            "feed": str(self._live.number)
        }


async def stream(request: Request) -> Response:
    """The events of one tab, until it leaves."""
    try:
        view = await admitted(request, Role.VIEWER)
    except SignedOut:
        return Response(OVER, media_type="text/event-stream")
    if view.site.live.watchers >= MOST_TABS:
        raise HTTPException(503)
    is_now = request.query_params.get("on") == "now"
    return StreamingResponse(_events(view, is_now), media_type="text/event-stream", headers={"x-accel-buffering": "no"})


async def _events(view: View, is_now: bool) -> AsyncIterator[bytes]:
    live, told, version = view.site.live, dict[str, str](), -1
    board: Board = view.request.app.state.board
    checked_at, sessions_version = time.monotonic(), live.sessions_version
    with live.watching():
        yield b": here\n\n"
        while not view.desk.stopping.is_set():
            if live.sessions_version != sessions_version or time.monotonic() - checked_at >= RECHECK_SECONDS:
                checked_at, sessions_version = time.monotonic(), live.sessions_version
                if await _is_over(view):
                    yield OVER
                    return
            if live.version != version and live.seen is not None:
                version = live.version
                if news := _news(board.parts(view.say.language), told, is_now):
                    yield news
            if live.version == version or live.seen is None:
                await live.change(HEARTBEAT_SECONDS)
            if live.version == version:
                yield BEAT


async def _is_over(view: View) -> bool:
    try:
        return not await view.site.sessions.is_live(view.session)
    except WorldUnavailable:
        return False  # nobody can tell; the pages say that the database is away


def _news(parts: Mapping[str, str], told: dict[str, str], is_now: bool) -> bytes:
    """What this tab does not know yet."""
    changed = {
        name: text
        for name, text in parts.items()
        if told.get(name) != text and (is_now or name not in standing.NOW_ONLY)
    }
    told |= changed
    return b"".join(_event(name, text) for name, text in changed.items())


def _event(name: str, text: str) -> bytes:
    lines = "".join(f"data: {line}\n" for line in text.splitlines() or [""])
    return f"event: {name}\n{lines}\n".encode()


routes = [Route("/live", stream, methods=["GET"])]
