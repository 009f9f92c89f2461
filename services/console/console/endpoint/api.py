"""The whole API as one ASGI application."""

from __future__ import annotations

from fastapi import FastAPI
from starlette.types import ASGIApp

from console.endpoint import bulk, comparison, conflicts, dead_letters, docs, overview, problems, records, sync
from console.endpoint.guard import Guard
from console.endpoint.problems import Problem
from console.handlers.desk import Desk
from libs.runtime.access import Access

DESCRIPTION = """Look at the sync, ask it for something, settle what it may not decide.

Send `Authorization: Bearer <token>`; the token's role decides: a **viewer** reads, personal data masked; an
**operator** also acts; an **admin** may do everything. Every refusal is a problem (RFC 9457) that says what to do.
Lists go on at `next`: give it as `after` (audit: `before`). Times have an offset; amounts are text.
"""


def api(desk: Desk, access: Access) -> ASGIApp:
    """Every route, guarded."""
    app = FastAPI(
        title="KeyCRM and VMS: operator API",
        version="1",
        description=DESCRIPTION,
        docs_url=None,       # ours asks no other host
        redoc_url=None,
        redirect_slashes=False,
    )  # fmt: skip
    app.state.desk, app.state.access = desk, access
    problems.install(app)
    for part in (sync, overview, comparison, bulk, conflicts, dead_letters, records, docs):
        app.include_router(part.router)
    _describe_problems(app)
    return Guard(app)


def _describe_problems(app: FastAPI) -> None:
    """The document names `Problem`, which no route answers by itself."""
    document = app.openapi()
    schema = Problem.model_json_schema(by_alias=True, ref_template="#/components/schemas/{model}")
    document["components"]["schemas"] |= schema.pop("$defs") | {"Problem": schema}
    for unused in ("HTTPValidationError", "ValidationError"):
        document["components"]["schemas"].pop(unused, None)
    app.openapi_schema = document
