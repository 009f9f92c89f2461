"""All pages as one ASGI application."""

from __future__ import annotations

from starlette.applications import Starlette
from starlette.routing import Mount
from starlette.staticfiles import StaticFiles
from starlette.types import ASGIApp

from console.pages import (
    audit,
    comparison,
    conflicts,
    door,
    failures,
    letters,
    live,
    many,
    now,
    open_id,
    operations,
    records,
    setup,
)
from console.pages.guard import Guard
from console.pages.live import Board
from console.pages.rendering import STATIC
from console.pages.site import Site

PARTS = (door, open_id, live, now, many, conflicts, records, comparison, letters, operations, audit, setup)


def pages(site: Site) -> ASGIApp:
    """Every page, guarded."""
    files = StaticFiles(packages=[("console.pages", "static")])
    app = Starlette(routes=[route for part in PARTS for route in part.routes] + [Mount(STATIC, files, name="static")])
    app.state.site, app.state.board = site, Board(site)
    app.router.redirect_slashes = False
    failures.install(app)
    return Guard(app, app, is_secure=site.is_secure)
