"""The operator API as end-to-end tests use it: what it tells of one record, and what a person answers.

Refuses to look into our database: everything comes through the console's HTTP.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from typing import Any

import httpx

from sandbox.system import TOKENS, System


class Operating:
    """A person at the console of one running system."""

    def __init__(self, system: System) -> None:
        self.system = system
        self.http = httpx.AsyncClient(timeout=20, verify=False)

    async def operator(
        self, method: str, path: str, *, role: str = "operator", json: Any = None, params: Any = None
    ) -> httpx.Response:
        """A call of the operator API."""
        url = f"{self.system.addresses.services['console']}/api/keycrm/{path}"
        headers = {"Authorization": f"Bearer {TOKENS[role]}"}
        return await self.http.request(method, url, headers=headers, json=json, params=params)

    async def until(self, look: Callable[[], Any], what: str, seconds: float = 20.0) -> Any:
        """Wait until an asynchronous look answers something true; fails with what it was waited for."""
        deadline = time.monotonic() + seconds
        while True:
            found = await look()
            if found:
                return found
            assert time.monotonic() < deadline, f"not within {seconds} s: {what}"
            await asyncio.sleep(0.1)

    async def binding(self, records: str, number: int | str, side: str = "keycrm") -> dict[str, Any]:
        """What the operator API tells of one record: `records` is orders, customers or articles."""
        answer = await self.operator("GET", f"bindings/{records}/{number}", params={"side": side})
        assert answer.is_success, answer.text
        found: dict[str, Any] = answer.json()
        return found

    async def bound(self, records: str, number: int | str, side: str = "keycrm") -> dict[str, Any]:
        """Wait until a record has its pair; answers the binding."""

        async def look() -> dict[str, Any] | None:
            answer = await self.operator("GET", f"bindings/{records}/{number}", params={"side": side})
            found: dict[str, Any] = answer.json() if answer.is_success else {}
            return found if found.get("vmsId") and found.get("keycrmId") else None

        binding: dict[str, Any] = await self.until(look, f"the pair of {records} {number}")
        return binding

    async def is_known(self, records: str, keycrm_id: int) -> bool:
        """Whether anything is known of a record of KeyCRM's."""
        answer = await self.operator("GET", f"bindings/{records}/{keycrm_id}", params={"side": "keycrm"})
        return answer.is_success

    async def letter(self, records: str, keycrm_id: int) -> dict[str, Any] | None:
        """The dead letter that waits for a person about one record of KeyCRM's, if there is one."""
        if not await self.is_known(records, keycrm_id):
            return None
        number = (await self.binding(records, keycrm_id))["id"]
        answer = await self.operator("GET", "dead-letters", params={"binding": str(number)})
        found: list[dict[str, Any]] = answer.json()["items"]
        return found[0] if found else None

    async def compared(self, seconds: float = 240.0) -> dict[str, int]:
        """Have both sides compared, all records of all tests, with second looks at what differs; the outcome."""
        asked = (await self.operator("POST", "comparison")).json()

        async def ended() -> dict[str, Any] | None:
            operation: dict[str, Any] = (await self.operator("GET", f"operations/{asked['id']}")).json()
            return operation if operation["status"] == "done" else None

        return dict((await self.until(ended, "the end of the comparison", seconds))["outcome"])

    async def audit(
        self, records: str, number: int | str, side: str = "keycrm"
    ) -> list[tuple[str, str, str | None, str]]:
        """Who did what to which field and why, oldest first; a person by role."""
        history = (await self.binding(records, number, side))["history"]
        return [
            (row["actor"].split(":")[0], row["action"], row["field"], row["reason"])
            for row in sorted(history, key=_number)
        ]

    async def question(self, records: str, number: int | str, field: str, side: str = "keycrm") -> dict[str, Any]:
        """Wait for the open question about a field of one record."""

        async def asked() -> dict[str, Any] | None:
            answer = await self.operator("GET", f"bindings/{records}/{number}", params={"side": side})
            found = answer.json()["questions"] if answer.is_success else []
            return next((one for one in found if one["field"] == field and one["status"] == "open"), None)

        question: dict[str, Any] = await self.until(asked, f"the question about {field} of {records} {number}")
        return question

    async def resolve(self, question: dict[str, Any], choice: str, **more: Any) -> dict[str, Any]:
        """A person answers a question; answers what became of it."""
        body = {"choice": choice, "asked": question["asked"], **more}
        answer = await self.operator("POST", f"conflicts/{question['id']}/resolve", json=body, params={"wait": "15"})
        assert answer.is_success, answer.text
        operation: dict[str, Any] = answer.json()
        return operation


def _number(row: dict[str, Any]) -> int:
    return int(row["id"])
