"""A running KeyCRM sandbox as a test sees it: its API from outside, its screens as staff, its webhooks received."""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import Callable
from typing import Any

import httpx
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route
from starlette.types import ASGIApp

Json = dict[str, Any]
KEY = "sandbox-key"
HEADERS = {"Authorization": f"Bearer {KEY}", "Accept": "application/json"}


class KeyCrmSide:
    """One KeyCRM at an address. API calls answer the response, staff's calls the JSON and fail on a refusal."""

    def __init__(self, client: httpx.AsyncClient) -> None:
        self.http = client

    async def get(self, path: str) -> httpx.Response:
        """GET by the API; brackets in the path stay as they are."""
        return await self.http.get(f"/v1{path}", headers=HEADERS)

    async def post(self, path: str, body: Any = None) -> httpx.Response:
        """POST by the API."""
        return await self.http.post(f"/v1{path}", headers=HEADERS, json=body)

    async def put(self, path: str, body: Any) -> httpx.Response:
        """PUT by the API."""
        return await self.http.put(f"/v1{path}", headers=HEADERS, json=body)

    async def delete(self, path: str) -> httpx.Response:
        """DELETE by the API."""
        return await self.http.delete(f"/v1{path}", headers=HEADERS)

    async def json(self, path: str) -> Any:
        """What a GET that must succeed shows."""
        response = await self.get(path)
        assert response.status_code == 200, response.text
        return response.json()

    async def rows(self, path: str) -> list[Json]:
        """The rows of a list's first page."""
        rows: list[Json] = (await self.json(path))["data"]
        return rows

    async def create_order(self, **fields: Any) -> Json:
        """An order made by the API, with one line and one buyer unless told otherwise."""
        response = await self.post("/order", order_body(**fields))
        assert response.status_code == 201, response.text
        order: Json = response.json()
        return order

    async def order(self, order_id: int) -> Json:
        """An order by the API, with what the sync asks for."""
        order: Json = await self.json(f"/order/{order_id}?include=buyer,products.offer,payments,shipping,custom_fields")
        return order

    async def admin(self, method: str, path: str, body: Any = None) -> Any:
        """An admin call, which must succeed."""
        response = await self.http.request(method, f"/_admin{path}", json=body)
        assert response.is_success, response.text
        return response.json()

    async def turn(self, **knobs: Any) -> None:
        """Turn knobs."""
        await self.admin("PATCH", "/knobs", knobs)

    async def hook(self, kind: str, url: str, warehouses: list[int] | None = None) -> None:
        """Set a webhook up."""
        await self.admin("POST", "/hooks", {"kind": kind, "url": url, "warehouses": warehouses or []})

    async def breaches(self) -> list[str]:
        """The breaches so far, as `operation: message`."""
        return [f"{row['operation']}: {row['message']}" for row in await self.admin("GET", "/breaches")]

    async def stock(self, sku: str, warehouse_id: int) -> tuple[float, float]:
        """Quantity and reserve of a SKU in a warehouse."""
        for row in (await self.admin("GET", "/state"))["stocks"]:
            if (row["sku"], row["warehouse_id"]) == (sku, warehouse_id):
                return row["quantity"], row["reserve"]
        raise AssertionError(f"no stock of {sku} in warehouse {warehouse_id}")


class Receiver:
    """Keeps the webhooks it is sent; `statuses` are answered in turn, then 200."""

    def __init__(self) -> None:
        self.address = ""
        self.bodies: list[Any] = []
        self.arrivals: list[float] = []
        self.headers: list[dict[str, str]] = []
        self.statuses: list[int] = []

    def app(self) -> ASGIApp:
        """The app that receives, whatever the path."""
        return Starlette(routes=[Route("/{path:path}", self._receive, methods=["POST"])])

    async def _receive(self, request: Request) -> Response:
        self.bodies.append(json.loads(await request.body()))
        self.arrivals.append(time.monotonic())
        self.headers.append(dict(request.headers))
        return Response(status_code=self.statuses.pop(0) if self.statuses else 200)

    async def wait(self, count: int) -> list[Any]:
        """The bodies, once there are so many; fails after five seconds."""
        await eventually(lambda: len(self.bodies) >= count)
        return self.bodies

    async def settle(self) -> list[Any]:
        """The bodies after a while in which more could have come."""
        await asyncio.sleep(0.3)
        return self.bodies


async def eventually(is_so: Callable[[], bool]) -> None:
    """Fail unless it is so within five seconds."""
    for _ in range(500):
        if is_so():
            return
        await asyncio.sleep(0.01)
    raise AssertionError("it did not come to be within five seconds")


def order_body(**fields: Any) -> Json:
    """The body of a small order."""
    return {
        "source_id": 3,
        "buyer": {"full_name": "Олена Приклад", "phone": "+380670000001"},
        "products": [{"sku": "DEMO-MUG", "name": "Чашка керамічна", "price": 180.5, "quantity": 2}],
    } | fields
