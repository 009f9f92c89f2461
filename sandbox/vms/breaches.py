"""Requests that VMS would refuse, misread or half ignore: kept, so that the test that caused one fails."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class Breach:
    """One breach: its number, the call's name, what was wrong."""

    n: int
    operation: str
    message: str


class Breaches:
    """All breaches since the last reset."""

    def __init__(self) -> None:
        self._rows: list[Breach] = []

    def add(self, operation: str, message: str) -> None:
        """Keep one."""
        self._rows.append(Breach(len(self._rows) + 1, operation, message))

    def clear(self) -> None:
        """Forget all."""
        self._rows.clear()

    def shown(self) -> list[dict[str, Any]]:
        """As the admin call shows them."""
        return [asdict(row) for row in self._rows]
