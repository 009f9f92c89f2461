"""The KeyCRM sandbox put together: the API, the admin calls, the page, and the edge that logs and plays faults."""

from __future__ import annotations

import argparse
import contextlib
import os
from collections.abc import AsyncIterator
from pathlib import Path
from typing import get_args

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route
from starlette.types import ASGIApp

from sandbox.calls import CallLog
from sandbox.edge import FaultMiddleware
from sandbox.faults import Faults
from sandbox.keycrm.account import Account
from sandbox.keycrm.admin import Admin
from sandbox.keycrm.api import PREFIX, Api
from sandbox.keycrm.contract import Contract
from sandbox.keycrm.limits import Limits
from sandbox.keycrm.seeds import Seed
from sandbox.keycrm.staff import Staff
from sandbox.page import page_routes
from sandbox.server import run

PAGE = Path(__file__).with_name("page.html")
METHODS = ["GET", "POST", "PUT", "PATCH", "DELETE"]


def make_app(account: Account) -> ASGIApp:
    """The app of one account."""
    faults, calls, limits = Faults(), CallLog(), Limits(account.knobs)
    api = Api(account, limits, Contract())

    @contextlib.asynccontextmanager
    async def lifespan(app: Starlette) -> AsyncIterator[None]:
        yield
        account.later.forget()
        await account.postman.close()

    routes = [
        *page_routes(PAGE),
        Route("/health", _health),
        *Admin(account, limits, faults, calls).routes(),
        *Staff(account).routes(),
        Route(f"{PREFIX}/{{path:path}}", api.answer, methods=METHODS),
    ]
    inner = Starlette(routes=routes, lifespan=lifespan)
    return FaultMiddleware(inner, operation_of=api.operation_of, faults=faults, calls=calls)


async def _health(request: Request) -> Response:
    return JSONResponse({"status": "ok"})


def main(arguments: list[str]) -> int:
    """`python -m sandbox keycrm`."""
    parser = argparse.ArgumentParser(
        prog="python -m sandbox keycrm", description="KeyCRM, played from its documentation"
    )
    parser.add_argument("--port", type=int, default=int(os.environ.get("SANDBOX_PORT", "8090")))
    parser.add_argument("--host", default=os.environ.get("SANDBOX_HOST", "127.0.0.1"))
    parser.add_argument("--seed", choices=get_args(Seed), default=os.environ.get("SANDBOX_SEED", "shop"))
    given = parser.parse_args(arguments)
    run(make_app(Account(seed=given.seed)), "KeyCRM", given.host, given.port)
    return 0
