"""The pages at `/`, where a person edits a sandbox and watches it follow the other side: plain files, no build step."""

from __future__ import annotations

from pathlib import Path

from starlette.requests import Request
from starlette.responses import FileResponse, Response
from starlette.routing import BaseRoute, Route

STYLE = Path(__file__).with_name("page.css")
SCRIPT = Path(__file__).with_name("page.js")


def page_routes(page: Path) -> list[BaseRoute]:
    """The page at `/`, and the style and script that pages share."""
    return [_file("/", page), _file("/page.css", STYLE), _file("/page.js", SCRIPT)]


def _file(path: str, file: Path) -> Route:
    async def endpoint(request: Request) -> Response:
        return FileResponse(file, headers={"Cache-Control": "no-cache"})

    return Route(path, endpoint)
