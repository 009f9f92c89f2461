"""The rows of the pairs file as they must be written: which keys, which kinds of value, which are needed.

Each mistake has a key and what its sentence names: table, row, key, what was found, what to write. The words are in
`libs.wording.pairs`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

SNAKE_COLUMNS = {
    "necessarySquareMeters": "necessary_square_meters",
    "linearMeters": "linear_meters",
    "numberOfOutputPallet": "number_of_output_pallet",
}
QUANTITY_COLUMNS = tuple(SNAKE_COLUMNS)
_BYTE = range(256)
_FLAGS = ("to_vms", "to_keycrm")

# Column → kind of value; a name with "?" may be left out.
COLUMNS: Mapping[str, Mapping[str, str]] = {
    "statuses": {"vms": "byte", "keycrm": "id", "shipped?": "flag", "cancelled?": "flag"},
    "sources": {"keycrm": "id", "currency": "text"},
    "warehouses": {"vms": "text", "keycrm": "id"},
    "payment_methods": {"vms": "byte", "keycrm": "id"},
    "delivery_services": {"vms": "id", "keycrm?": "id"},
    "units": {"vms": "text", "keycrm": "any text", "column": "column"},
}
_NEEDED = ("statuses", "sources", "payment_methods", "units")


@dataclass(frozen=True, slots=True)
class Mistake:
    """One thing that is wrong with the file; `params` are what the sentence of its key names."""

    key: str
    params: Mapping[str, Any]


class PairsError(ValueError):
    """The pairs file cannot be used, for each of these mistakes."""

    def __init__(self, mistakes: list[Mistake]) -> None:
        super().__init__(", ".join(one.key for one in mistakes))
        self.mistakes = mistakes


def wrong(key: str, table: str, **params: Any) -> Mistake:
    """A mistake in this table."""
    return Mistake(key, {"table": table, **params})


def read_rows(table: str, rows: Any, mistakes: list[Mistake]) -> list[dict[str, Any]]:
    """The rows of one table; what is wrong with them is added to `mistakes`."""
    if rows is None or rows == []:
        mistakes += [wrong("no_rows", table, shape=_shape(table))] if table in _NEEDED else []
        return []
    if not isinstance(rows, list) or not all(isinstance(row, dict) for row in rows):
        mistakes.append(wrong("no_list", table, shape=_shape(table)))
        return []
    for number, row in enumerate(rows, 1):
        mistakes += _mistakes_of(table, number, row)
    return rows


def _shape(table: str) -> tuple[tuple[str, str], ...]:
    return tuple((name, kind) for name, kind in COLUMNS[table].items() if "?" not in name)


def _mistakes_of(table: str, number: int, row: Mapping[str, Any]) -> list[Mistake]:
    columns = {name.rstrip("?"): kind for name, kind in COLUMNS[table].items()}
    columns |= {"name": "text", **dict.fromkeys(_FLAGS, "flag")}
    found = [
        wrong("missing", table, row=number, name=name, kind=kind) for name, kind in _shape(table) if name not in row
    ]
    for name, value in row.items():
        if name not in columns:
            found.append(wrong("no_such_key", table, row=number, name=name, known=", ".join(sorted(columns))))
        elif not _is(kind := columns[name], value):
            found.append(wrong("wrong_value", table, row=number, name=name, value=repr(value), kind=kind))
    return found


def _is(kind: str, value: Any) -> bool:
    if kind == "flag":
        return isinstance(value, bool)
    if kind in ("byte", "id"):
        return (
            isinstance(value, int) and not isinstance(value, bool) and (value in _BYTE if kind == "byte" else value > 0)
        )
    if kind == "column":
        return value in QUANTITY_COLUMNS
    return isinstance(value, str) and (kind == "any text" or bool(value))
