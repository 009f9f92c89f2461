"""Now: whether both sides are the same, and if not, what is late and why."""

from __future__ import annotations

from starlette.responses import Response

from console.handlers import status
from console.pages.routes import reading
from console.pages.view import View


async def show(view: View) -> Response:
    """The page."""
    return view.page("now.html", status=200, known=await status.look(view.desk))


routes = [reading("/", show)]
