"""What a measurement says: figures with their bars, the numbers they came from, one report of a run.

Promises: a figure is the median of its rounds and shows the lowest and the highest beside it; a bar says which way it
holds. Nothing here measures.
"""

from __future__ import annotations

import statistics
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any


@dataclass(frozen=True, slots=True)
class Figure:
    """One number that a reader looks for."""

    name: str
    value: float
    unit: str = ""
    bar: float | None = None
    is_ceiling: bool = False
    """The bar is the most that is allowed; else the least."""
    low: float | None = None
    high: float | None = None
    note: str = ""

    def is_met(self) -> bool | None:
        """Whether the bar holds; None where there is no bar."""
        if self.bar is None:
            return None
        return self.value <= self.bar if self.is_ceiling else self.value >= self.bar

    def as_json(self) -> dict[str, Any]:
        """For the result file."""
        return {**asdict(self), "is_met": self.is_met()}


def of_rounds(name: str, rounds: Sequence[float], unit: str = "", **more: Any) -> Figure:
    """The median of some rounds, with their lowest and highest."""
    return Figure(name, statistics.median(rounds), unit, low=min(rounds), high=max(rounds), **more)


def ratios(over: Sequence[float], under: Sequence[float]) -> list[float]:
    """Round by round, so that what disturbs one round disturbs both its halves."""
    return [one / other for one, other in zip(over, under, strict=True)]


def percentile(values: Sequence[float], share: float) -> float:
    """The smallest value that at least this share of all values does not exceed."""
    ordered = sorted(values)
    return ordered[max(0, -(-int(len(ordered) * share * 1000) // 1000) - 1)]


@dataclass(slots=True)
class Part:
    """What one part of the benchmark found; `rounds` are the numbers behind the figures."""

    title: str
    columns: tuple[str, str] = ("measured", "lowest … highest")
    """What a figure's value is, and what its `low` and `high` are."""
    figures: list[Figure] = field(default_factory=list)
    rounds: dict[str, Any] = field(default_factory=dict)
    load_average: float = 0.0
    """Of the machine just before: what others were doing."""
    seconds: float = 0.0

    def as_json(self) -> dict[str, Any]:
        """For the result file."""
        figures = [figure.as_json() for figure in self.figures]
        columns = list(self.columns)
        shown = {"title": self.title, "seconds": round(self.seconds, 1), "load_average": round(self.load_average, 2)}
        return {**shown, "columns": columns, "figures": figures, "rounds": self.rounds}


@dataclass(slots=True)
class Report:
    """One run."""

    at: str
    is_quick: bool
    stack: str
    machine: Mapping[str, Any]
    versions: Mapping[str, str]
    parts: dict[str, Part] = field(default_factory=dict)

    def as_json(self) -> dict[str, Any]:
        """The result file."""
        return {
            "at": self.at, "is_quick": self.is_quick, "stack": self.stack, "machine": dict(self.machine),
            "versions": dict(self.versions), "parts": {name: part.as_json() for name, part in self.parts.items()},
        }  # fmt: skip
