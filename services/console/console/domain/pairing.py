"""The pairs file as people read it: what an id is called, and what is wrong with the file.

Promises: a file with mistakes still gives the names it can; each mistake is told with its table, row and fix.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from libs.contracts.types import Side
from libs.reconcile.pair_rows import COLUMNS, Mistake, PairsError
from libs.reconcile.pairs import Pairs

# A field of a record, and the table of what its numbers mean.
TABLES: Mapping[str, str] = {"status": "statuses", "delivery_service": "delivery_services", "source_id": "sources"}


@dataclass(frozen=True, slots=True)
class Option:
    """A row as an answer: one side's number, from which the other side's follows."""

    side: Side
    name: str
    vms: int
    keycrm: int

    @property
    def number(self) -> int:
        """In the terms of its side."""
        return self.vms if self.side is Side.VMS else self.keycrm

    @property
    def key(self) -> str:
        """As a form sends it: keycrm:11."""
        return f"{self.side.value}:{self.number}"


@dataclass(frozen=True, slots=True)
class Pairing:
    """The tables of the file with their rows as they stand in it, and its mistakes."""

    tables: Mapping[str, tuple[Mapping[str, Any], ...]] = field(default_factory=dict)
    mistakes: tuple[Mistake, ...] = ()

    def of(self, name: str, side: Side, number: int) -> str | None:
        """What an id of this field is called; None: it has no name."""
        for row in self.tables.get(TABLES.get(name, ""), ()):
            if row.get(side.value) == number and row.get("name"):
                return str(row["name"])
        return None

    def options(self, name: str) -> tuple[Option, ...]:
        """Every pair that an answer about this field can name, in the order of the file; none: it has no table."""
        rows = [row for row in self.tables.get(TABLES.get(name, ""), ()) if _is_whole(row)]
        return tuple(
            Option(side, str(row.get("name") or ""), row["vms"], row["keycrm"])
            for row in rows
            if (side := next((one for one in Side if _leads(rows, row, one)), None)) is not None
        )


def read(document: Mapping[str, Any]) -> Pairing:
    """The rows of a parsed file; what has no row's shape is left out and told."""
    tables = {
        table: tuple(row for row in rows if isinstance(row, Mapping))
        for table in COLUMNS
        if isinstance(rows := document.get(table), list)
    }
    try:
        Pairs.from_toml(document)
    except PairsError as error:
        return Pairing(tables, tuple(error.mistakes))
    return Pairing(tables)


def unread(key: str, why: str = "") -> Pairing:
    """A file that is not there, or no TOML: the mistake's key, and what the machine says of it."""
    return Pairing(mistakes=(Mistake(key, {"why": why}),))


def _is_whole(row: Mapping[str, Any]) -> bool:
    """Whether it names a number of either side: what says nothing to the other one cannot be written to both."""
    return all(isinstance(row.get(side.value), int) for side in Side)


def _leads(rows: list[Mapping[str, Any]], row: Mapping[str, Any], side: Side) -> bool:
    """Whether this side's number alone comes to both of the row: several rows may have it, one is its default."""
    same = [one for one in rows if one[side.value] == row[side.value]]
    meant = [one for one in same if one.get(f"to_{side.other.value}")] if len(same) > 1 else same
    return any(one is row for one in meant)
