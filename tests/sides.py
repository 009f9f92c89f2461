"""One sandbox system as end-to-end tests see it: what people and faults do to it, what it was called."""

from __future__ import annotations

from collections import Counter
from typing import Any

import httpx

# Reads that polls, sweeps, probes and start-up make by themselves: not part of any flow.
POLLS = frozenset(
    {"listProducts", "listStocks", "listOrderStatuses", "listOrderSources", "listPaymentMethods",
     "listDeliveryServices", "health", "ordersByDate"}
)  # fmt: skip
WRITES = ("create", "update", "add", "set", "put", "import")


class Side:
    """One sandbox system."""

    def __init__(self, address: str) -> None:
        self.address = address
        self._http = httpx.AsyncClient(base_url=address, timeout=20, verify=False)
        self._after = 0
        self._knobs: dict[str, Any] | None = None

    async def close(self) -> None:
        """Close the connections."""
        await self._http.aclose()

    async def admin(self, method: str, path: str, body: Any = None) -> Any:
        """An admin call: what a person does, or a fault; anything but a success fails the test."""
        answer = await self._http.request(method, f"/_admin/{path}", json=body)
        assert answer.is_success, f"{method} {path}: {answer.status_code} {answer.text}"
        return answer.json() if answer.content else None

    async def state(self) -> Any:
        """Everything the system holds."""
        return await self.admin("GET", "state")

    async def knobs(self, **values: Any) -> None:
        """Turn knobs."""
        await self.admin("PATCH", "knobs", values)

    async def reset_knobs(self) -> None:
        """Turn every knob back to where it stood at the first call."""
        if self._knobs is None:
            self._knobs = await self.admin("GET", "knobs")
        await self.knobs(**self._knobs)

    async def fault(self, operation: str | list[str], kind: str, **more: Any) -> int:
        """Switch a fault on; answers its number."""
        body = {"operation": operation, "kind": kind, "times": 1, **more}
        return int((await self.admin("POST", "faults", body))["id"])

    async def release(self, number: int) -> None:
        """Let a held answer go."""
        await self.admin("POST", f"faults/{number}/release")

    async def holding(self, number: int) -> bool:
        """Whether a hold fault holds an answer now."""
        return bool((await self.admin("GET", f"faults/{number}"))["holding"])

    async def mark(self) -> None:
        """Count calls from here."""
        self._after = int((await self.admin("GET", "calls?after=999999999"))["next"])

    async def all_calls(self) -> list[dict[str, Any]]:
        """The calls since `mark`, polls too."""
        rows: list[dict[str, Any]] = (await self.admin("GET", f"calls?after={self._after}"))["calls"]
        return rows

    async def calls(self) -> list[dict[str, Any]]:
        """The calls since `mark`, polls aside."""
        return [row for row in await self.all_calls() if not _is_poll(row)]

    async def count(self) -> Counter[str]:
        """How often each operation was called since `mark`, polls aside."""
        return Counter(row["operation"] for row in await self.calls())

    async def writes(self) -> list[str]:
        """The operations that changed something since `mark`."""
        return [row["operation"] for row in await self.calls() if row["operation"].startswith(WRITES)]


def _is_poll(row: dict[str, Any]) -> bool:
    """Lists of what has changed are polls; lists of what carries a reference, a phone or a SKU are a flow's own."""
    is_of_changes = "updated_between" in row["query"] or "created_between" in row["query"]
    return row["operation"] in POLLS or (row["operation"] in ("listOrders", "listBuyers") and is_of_changes)
