"""A running VMS sandbox as a test sees it: its REST API from outside, its admin calls as a person."""

from __future__ import annotations

from typing import Any

import httpx

Json = dict[str, Any]


class VmsSide:
    """One VMS at an address. REST calls answer the response, a person's calls the JSON and fail on a refusal."""

    def __init__(self, client: httpx.AsyncClient) -> None:
        self.http = client

    async def get(self, path: str, **params: str) -> httpx.Response:
        """GET by the API."""
        return await self.http.get(path, params=params)

    async def admin(self, method: str, path: str, body: Any = None) -> Any:
        """An admin call, which must succeed."""
        response = await self.http.request(method, f"/_admin{path}", json=body)
        assert response.is_success, response.text
        return response.json()

    async def customer(self, **fields: Any) -> Json:
        """A customer that a person entered."""
        customer: Json = await self.admin("POST", "/customers", {"contactName": "Олена Приклад"} | fields)
        return customer

    async def order(self, customer_id: int, **fields: Any) -> Json:
        """An order that a person entered, with one line unless told otherwise."""
        body = {"customerId": customer_id, "lines": [{"sku": "DEMO-MUG", "quantity": 2}]} | fields
        order: Json = await self.admin("POST", "/orders", body)
        return order

    async def events(self, after: int = 0) -> list[Json]:
        """What was emitted after number `after`."""
        events: list[Json] = await self.admin("GET", f"/events?after={after}")
        return events

    async def last_event_number(self) -> int:
        """The number to give to `events`."""
        events = await self.events()
        return int(events[-1]["n"]) if events else 0

    async def breaches(self) -> list[Json]:
        """The breaches so far."""
        breaches: list[Json] = await self.admin("GET", "/breaches")
        return breaches

    async def turn(self, **knobs: Any) -> None:
        """Turn knobs."""
        await self.admin("PATCH", "/knobs", knobs)
