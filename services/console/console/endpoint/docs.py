"""The API's own page: Swagger UI from files of this machine, so that it works where no network is.

Promises: no address of another host is asked; the content policy allows scripts from here alone, none inline.
"""

from __future__ import annotations

from pathlib import Path

import fastapi_offline
from fastapi import APIRouter
from starlette.responses import FileResponse, HTMLResponse, RedirectResponse, Response

FILES = Path(fastapi_offline.__file__).parent / "static"
_HEADERS = {
    "content-security-policy": (
        "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; "
        "connect-src 'self'; form-action 'none'; frame-ancestors 'none'; base-uri 'none'"
    )
}
_CACHED = {"cache-control": "max-age=3600"}
_PAGE = """<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>KeyCRM and VMS: operator API</title>
<link rel="icon" href="/docs/favicon.png">
<link rel="stylesheet" href="/docs/swagger-ui.css">
</head>
<body>
<div id="api"></div>
<noscript>The API is described in <a href="/openapi.json">/openapi.json</a>.</noscript>
<script src="/docs/swagger-ui-bundle.js"></script>
<script src="/docs/start.js"></script>
</body>
</html>
"""
_START = """window.addEventListener("load", () => SwaggerUIBundle({
  url: "/openapi.json", dom_id: "#api", deepLinking: true, displayRequestDuration: true, persistAuthorization: false,
}));
"""
router = APIRouter(include_in_schema=False)


@router.get("/")
async def root() -> Response:
    """Where a person who types the address alone is led."""
    return RedirectResponse("/docs")


@router.get("/docs")
async def page() -> Response:
    """The page."""
    return HTMLResponse(_PAGE, headers=_HEADERS)


@router.get("/docs/start.js")
async def start() -> Response:
    """What begins it; a file of its own, so that no script is inline."""
    return Response(_START, media_type="text/javascript", headers=_CACHED)


@router.get("/docs/swagger-ui-bundle.js")
async def script() -> Response:
    """Swagger UI."""
    return FileResponse(FILES / "swagger-ui-bundle.js", media_type="text/javascript", headers=_CACHED)


@router.get("/docs/swagger-ui.css")
async def style() -> Response:
    """Swagger UI's style."""
    return FileResponse(FILES / "swagger-ui.css", media_type="text/css", headers=_CACHED)


@router.get("/docs/favicon.png")
async def icon() -> Response:
    """The tab's picture."""
    return FileResponse(FILES / "favicon.png", media_type="image/png", headers=_CACHED)
