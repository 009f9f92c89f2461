"""The page at `/`, where a person edits VMS and watches it follow the other side."""

from __future__ import annotations

from pathlib import Path

from starlette.requests import Request
from starlette.responses import HTMLResponse, Response

_PAGE = Path(__file__).with_name("page.html")


async def page(request: Request) -> Response:
    """One file, no build step: it polls `/_admin/state` and posts to the admin calls."""
    return HTMLResponse(_PAGE.read_text(encoding="utf-8"))
