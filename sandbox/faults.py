"""Faults that can be switched on: what a network and an overloaded partner do to a caller.

Here they are asked for, counted and let go; `sandbox.edge` plays them.
A fault never changes what an answered call means: work is either done wholly or not at all.
"""

from __future__ import annotations

import asyncio
import random
from dataclasses import dataclass, field
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field
from starlette.requests import Request
from starlette.routing import BaseRoute

from sandbox.admin import Refused, admin_route, model_of, number_of

Kind = Literal["lost_answer", "status", "hang", "hold", "down", "slow"]


class FaultWanted(BaseModel):
    """The body of `POST /_admin/faults`."""

    model_config = ConfigDict(extra="forbid")

    kind: Kind
    operation: str | list[str] = "*"
    times: int | None = Field(default=1, ge=1)
    status: int = Field(default=500, ge=400, le=599)
    retry_after: float | None = None
    seconds: float = Field(default=60.0, ge=0)
    rate: float = Field(default=1.0, gt=0, le=1)
    seed: int = 0
    phase: Literal["before", "after"] | None = None


@dataclass
class Fault:
    """One fault that was asked for, with what it has done so far."""

    id: int
    wanted: FaultWanted
    chance: random.Random
    hits: int = 0
    held: set[asyncio.Event] = field(default_factory=set)

    @property
    def is_after(self) -> bool:
        """Is the work done before the fault bites?"""
        phase = self.wanted.phase or ("after" if self.wanted.kind in ("lost_answer", "hold") else "before")
        return phase == "after" and self.wanted.kind != "down"

    def takes(self, operation: str) -> bool:
        """Does this call fall to this fault?"""
        names = [self.wanted.operation] if isinstance(self.wanted.operation, str) else self.wanted.operation
        is_spent = self.wanted.times is not None and self.hits >= self.wanted.times
        if is_spent or ("*" not in names and operation not in names):
            return False
        return self.wanted.rate >= 1 or self.chance.random() < self.wanted.rate

    def release(self) -> int:
        """Let go of every call that is held now."""
        for event in self.held:
            event.set()
        return len(self.held)

    def shown(self) -> dict[str, Any]:
        """The fault as the admin calls show it."""
        return {"id": self.id, "hits": self.hits, "holding": len(self.held), **self.wanted.model_dump()}


class Faults:
    """The faults of one sandbox and their admin routes."""

    def __init__(self) -> None:
        self._last = 0
        self._by_id: dict[int, Fault] = {}

    def add(self, wanted: FaultWanted) -> Fault:
        """Switch a fault on."""
        self._last += 1
        # Seeded chance: a run that failed can be run again as it was.
        fault = Fault(self._last, wanted, random.Random(wanted.seed))
        self._by_id[fault.id] = fault
        return fault

    def pick(self, operation: str) -> Fault | None:
        """The oldest fault that takes this call."""
        for fault in self._by_id.values():
            if fault.takes(operation):
                fault.hits += 1
                return fault
        return None

    def asked(self) -> list[Fault]:
        """All faults that were asked for and not removed, spent ones too."""
        return list(self._by_id.values())

    def clear(self) -> None:
        """Switch all off; what is held is let go."""
        for fault in self._by_id.values():
            fault.release()
        self._by_id.clear()

    def routes(self) -> list[BaseRoute]:
        """The admin calls about faults."""
        return [
            admin_route("/faults", self._list),
            admin_route("/faults", self._add, "POST", 201),
            admin_route("/faults", self._clear, "DELETE"),
            admin_route("/faults/{id}", self._show),
            admin_route("/faults/{id}", self._remove, "DELETE"),
            admin_route("/faults/{id}/release", self._release, "POST"),
        ]

    async def _list(self, request: Request) -> Any:
        return [fault.shown() for fault in self.asked()]

    async def _add(self, request: Request) -> Any:
        return {"id": self.add(await model_of(request, FaultWanted)).id}

    async def _clear(self, request: Request) -> Any:
        self.clear()
        return {}

    async def _show(self, request: Request) -> Any:
        return self._named(request).shown()

    async def _remove(self, request: Request) -> Any:
        fault = self._named(request)
        fault.release()
        return self._by_id.pop(fault.id).shown()

    async def _release(self, request: Request) -> Any:
        return {"released": self._named(request).release()}

    def _named(self, request: Request) -> Fault:
        fault = self._by_id.get(number_of(request, "id"))
        if fault is None:
            raise Refused(404, "no such fault")
        return fault
