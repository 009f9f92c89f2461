"""One VMS as an ASGI app, and `python -m sandbox vms`.

Environment: SANDBOX_PORT, SANDBOX_HOST, SANDBOX_SEED, SANDBOX_VMS_TOKEN, SANDBOX_VMS_TIME_ZONE,
SANDBOX_VMS_KAFKA_BOOTSTRAP_SERVERS. The command line overrules it. Without a Kafka address events are only listed.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import os
import sys
from collections.abc import AsyncIterator, Callable, Sequence
from typing import Any

from pydantic import ValidationError
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.routing import Route

from sandbox.calls import CallLog
from sandbox.edge import FaultMiddleware
from sandbox.faults import Faults
from sandbox.server import run
from sandbox.vms.admin_articles import AdminArticles
from sandbox.vms.admin_customers import AdminCustomers
from sandbox.vms.admin_orders import AdminOrders
from sandbox.vms.admin_world import AdminWorld
from sandbox.vms.answers import error_answer
from sandbox.vms.knobs import Knobs
from sandbox.vms.page import page
from sandbox.vms.producer import Producer
from sandbox.vms.rest import operation_of, rest_routes
from sandbox.vms.system import Vms


def create_app(vms: Vms, bootstrap: str = "") -> Starlette:
    """The app around one VMS; with a Kafka address its lifespan sends the events."""
    faults, calls = Faults(), CallLog()

    def clear() -> None:
        faults.clear()
        calls.clear()

    rest = rest_routes(vms)
    admin = [
        *AdminWorld(vms, clear).routes(),
        *AdminOrders(vms).routes(),
        *AdminCustomers(vms).routes(),
        *AdminArticles(vms).routes(),
        *faults.routes(),
        *calls.routes(),
    ]
    edge = Middleware(
        FaultMiddleware, operation_of=operation_of(rest), faults=faults, calls=calls, error_of=error_answer
    )
    return Starlette(routes=[Route("/", page), *rest, *admin], middleware=[edge], lifespan=_lifespan(vms, bootstrap))


def _lifespan(vms: Vms, bootstrap: str) -> Callable[[Starlette], contextlib.AbstractAsyncContextManager[None]]:
    @contextlib.asynccontextmanager
    async def lifespan(app: Starlette) -> AsyncIterator[None]:
        producer = Producer(vms, bootstrap) if bootstrap else None
        task = asyncio.create_task(producer.run()) if producer else None
        yield
        if task is not None:
            task.cancel()
            await asyncio.wait([task])

    return lifespan


def main(arguments: Sequence[str]) -> int:
    """Serve one VMS until it is stopped."""
    wanted = _arguments(arguments)
    try:
        knobs = Knobs(**_given("token", wanted.token), **_given("time_zone", wanted.time_zone))
    except ValidationError as error:
        first = error.errors(include_input=False)[0]
        print(f"vms sandbox: {first['loc'][0]}: {first['msg']}", file=sys.stderr)
        return 2
    run(create_app(Vms(wanted.seed, knobs), wanted.kafka), "VMS", wanted.host, wanted.port)
    return 0


def _given(name: str, value: str) -> dict[str, Any]:
    return {name: value} if value else {}


def _arguments(arguments: Sequence[str]) -> argparse.Namespace:
    environment = os.environ.get
    parser = argparse.ArgumentParser("python -m sandbox vms", description=__doc__)
    parser.add_argument("--port", type=int, default=environment("SANDBOX_PORT", "8091"))
    parser.add_argument("--host", default=environment("SANDBOX_HOST", "127.0.0.1"))
    parser.add_argument("--seed", choices=("shop", "empty"), default=environment("SANDBOX_SEED", "shop"))
    parser.add_argument("--token", default=environment("SANDBOX_VMS_TOKEN", ""))
    parser.add_argument("--time-zone", default=environment("SANDBOX_VMS_TIME_ZONE", ""))
    parser.add_argument("--kafka", default=environment("SANDBOX_VMS_KAFKA_BOOTSTRAP_SERVERS", ""))
    return parser.parse_args(arguments)
