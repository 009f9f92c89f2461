"""The faults of the sandboxes, played on a real connection."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import httpx
import pytest
import pytest_asyncio
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route
from starlette.types import ASGIApp, Scope

from sandbox.calls import CallLog
from sandbox.edge import FaultMiddleware
from sandbox.faults import Faults
from tests.sandbox_keycrm import eventually
from tests.serving import serving


class Shop:
    """A tiny app whose one call counts what it was asked to do."""

    def __init__(self) -> None:
        self.bodies: list[Any] = []
        self.faults = Faults()
        self.calls = CallLog()

    async def work(self, request: Request) -> Response:
        """Remember the body."""
        self.bodies.append(await request.json())
        return JSONResponse({"made": len(self.bodies)}, status_code=201)

    def app(self) -> ASGIApp:
        """The app behind the edge."""
        work = Route("/work", self.work, methods=["POST"])
        inner = Starlette(routes=[work, *self.faults.routes(), *self.calls.routes()])
        return FaultMiddleware(inner, operation_of=operation_of, faults=self.faults, calls=self.calls)


def operation_of(scope: Scope) -> str | None:
    """The one operation; admin calls have none."""
    return "work" if scope["path"] == "/work" else None


@pytest.fixture
def shop() -> Shop:
    """The app's insides."""
    return Shop()


@pytest_asyncio.fixture
async def client(shop: Shop) -> AsyncIterator[httpx.AsyncClient]:
    """A caller of the served app."""
    async with serving(shop.app()) as address, httpx.AsyncClient(base_url=address, timeout=10) as client:
        yield client


async def switch(client: httpx.AsyncClient, **wanted: Any) -> int:
    """Switch a fault on; its id."""
    answer = await client.post("/_admin/faults", json=wanted)
    assert answer.status_code == 201, answer.text
    return int(answer.json()["id"])


async def last_call(client: httpx.AsyncClient) -> dict[str, Any]:
    """The newest row of the call log."""
    rows: list[dict[str, Any]] = (await client.get("/_admin/calls")).json()["calls"]
    return rows[-1]


async def test_a_lost_answer_has_done_its_work(client: httpx.AsyncClient, shop: Shop) -> None:
    """The caller sees a closed connection, the work is done, the log says lost, and the fault is spent."""
    await switch(client, operation="work", kind="lost_answer")

    with pytest.raises(httpx.RemoteProtocolError):
        await client.post("/work", json=1)
    again = await client.post("/work", json=2)

    assert shop.bodies == [1, 2]
    assert again.status_code == 201
    rows = (await client.get("/_admin/calls")).json()["calls"]
    assert [(row["outcome"], row["status"]) for row in rows] == [("lost", None), ("done", 201)]


async def test_down_cuts_at_once_and_does_nothing(client: httpx.AsyncClient, shop: Shop) -> None:
    """No byte is answered and no work is done, until the fault is removed."""
    fault = await switch(client, kind="down", times=None)

    for body in (1, 2):
        with pytest.raises(httpx.TransportError):
            await client.post("/work", json=body)
    await client.delete(f"/_admin/faults/{fault}")
    await client.post("/work", json=3)

    assert shop.bodies == [3]


@pytest.mark.parametrize(("phase", "bodies", "outcome"), [("before", [], "refused"), ("after", [1], "lost")])
async def test_a_status_comes_before_or_after_the_work(
    client: httpx.AsyncClient, shop: Shop, phase: str, bodies: list[int], outcome: str
) -> None:
    """The same answer either way; only the state tells whether the work was done."""
    await switch(client, operation=["work"], kind="status", status=429, retry_after=3, phase=phase)

    answer = await client.post("/work", json=1)

    assert (answer.status_code, answer.headers["Retry-After"]) == (429, "3")
    assert shop.bodies == bodies
    assert (await last_call(client))["outcome"] == outcome


async def test_hang_is_cut_without_an_answer(client: httpx.AsyncClient, shop: Shop) -> None:
    """A hang before the work ends in a cut after its seconds, with nothing done."""
    await switch(client, kind="hang", seconds=0.2)

    with pytest.raises(httpx.RemoteProtocolError):
        await client.post("/work", json=1)

    assert shop.bodies == []


async def test_slow_answers_late(client: httpx.AsyncClient, shop: Shop) -> None:
    """A slow call is answered as always, after its seconds."""
    await switch(client, kind="slow", seconds=0.2)
    started = asyncio.get_running_loop().time()

    answer = await client.post("/work", json=1)

    assert answer.status_code == 201
    assert asyncio.get_running_loop().time() - started >= 0.2


async def test_hold_shows_that_it_holds_and_answers_when_released(client: httpx.AsyncClient, shop: Shop) -> None:
    """The work is done while the answer waits; the release lets the very answer through."""
    fault = await switch(client, operation="work", kind="hold")
    asked = asyncio.create_task(client.post("/work", json=1))
    await eventually(lambda: shop.faults.asked()[0].shown()["holding"] == 1)

    assert shop.bodies == [1]
    assert (await last_call(client))["outcome"] == "open"
    await client.post(f"/_admin/faults/{fault}/release")

    assert (await asked).json() == {"made": 1}


async def test_hold_ends_when_the_caller_goes_away(client: httpx.AsyncClient, shop: Shop) -> None:
    """A caller that is killed while it is held leaves nothing behind: the call is lost, the fault holds no one."""
    fault = await switch(client, operation="work", kind="hold")
    with pytest.raises(httpx.ReadTimeout):
        await client.post("/work", json=1, timeout=0.2)

    await eventually(lambda: shop.faults.asked()[0].shown()["holding"] == 0)
    state = (await client.get(f"/_admin/faults/{fault}")).json()
    assert (state["hits"], state["holding"]) == (1, 0)
    assert (await last_call(client))["outcome"] == "lost"


async def test_a_request_held_before_its_work_lands_late(client: httpx.AsyncClient, shop: Shop) -> None:
    """The caller is gone, the fault is released later, and only then the work is done."""
    fault = await switch(client, operation="work", kind="hold", phase="before")
    with pytest.raises(httpx.ReadTimeout):
        await client.post("/work", json=1, timeout=0.2)
    assert shop.bodies == []

    await client.post(f"/_admin/faults/{fault}/release")
    await eventually(lambda: shop.bodies == [1])


async def test_a_rate_hits_the_same_calls_every_time(client: httpx.AsyncClient, shop: Shop) -> None:
    """A seeded rate is a fault that can be repeated: two runs lose the same calls, and neither all nor none."""
    runs = []
    for _ in range(2):
        await client.delete("/_admin/faults")
        await switch(client, kind="status", rate=0.3, times=None, seed=7)
        runs.append([(await client.post("/work", json=n)).status_code for n in range(30)])

    assert runs[0] == runs[1]
    assert 0 < runs[0].count(500) < 30


@pytest.mark.parametrize(
    ("wanted", "field"),
    [({"kind": "explode"}, "kind"), ({"kind": "slow", "secs": 1}, "secs"), ({"kind": "down", "times": 0}, "times")],
)
async def test_a_wrong_fault_is_refused_by_name(client: httpx.AsyncClient, wanted: Any, field: str) -> None:
    """A fault that cannot be played is refused with the field's name, never taken as something else."""
    answer = await client.post("/_admin/faults", json=wanted)

    assert answer.status_code == 422
    assert answer.json()["message"].startswith(field)


async def test_calls_are_counted_after_a_number(client: httpx.AsyncClient) -> None:
    """`next` of one look is the `after` of the next: each call is told once."""
    await client.post("/work", json=1)
    seen = (await client.get("/_admin/calls")).json()["next"]
    await client.post("/work", json=2)
    await client.post("/work", json=3)

    assert (await client.get("/_admin/calls/count", params={"after": seen})).json() == {"work": 2}
