"""Now: whether both sides are the same, and if not, what is late and why."""

from __future__ import annotations

from dataclasses import replace

from starlette.responses import Response

from console.pages import standing
from console.pages.routes import reading
from console.pages.view import View


async def show(view: View) -> Response:
    """The page; from then on it is kept up to date by `/live`."""
    seen = await view.site.live.overview()
    say = replace(view.say, now=seen.at)
    return view.page("now.html", **standing.facts(say, seen, tuple(view.site.live.events)) | {"say": say})


routes = [reading("/", show)]
