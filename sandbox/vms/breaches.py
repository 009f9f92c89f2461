"""Requests that VMS would refuse, misread or half ignore: kept, so that the test that caused one fails."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any

from starlette.requests import Request

from sandbox.edge import NUMBER


@dataclass(frozen=True, slots=True)
class Breach:
    """One breach: the call's number in the log, its name, what was wrong."""

    n: int
    operation: str
    message: str


class Breaches:
    """All breaches since the last reset."""

    def __init__(self) -> None:
        self._rows: list[Breach] = []

    def add(self, request: Request, message: str) -> None:
        """Keep one; the edge and the route have put the call's number and name into the scope."""
        self._rows.append(Breach(request.scope[NUMBER], request.scope["operation"], message))

    def clear(self) -> None:
        """Forget all."""
        self._rows.clear()

    def shown(self) -> list[dict[str, Any]]:
        """As the admin call shows them."""
        return [asdict(row) for row in self._rows]
