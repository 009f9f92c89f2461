"""The rows of the pairs file as they must be written: which keys, which kinds of value, which are needed.

Refuses with a sentence per mistake: table, row, key, what was found, what to write.
"""

from __future__ import annotations

from collections.abc import Mapping
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
_WORDS = {
    "byte": "a whole number from 0 to 255",
    "id": "a whole number above 0",
    "flag": "true or false",
    "text": "a text that is not empty",
    "any text": "a text (empty for KeyCRM's null)",
    "column": "one of " + ", ".join(QUANTITY_COLUMNS),
}
_NEEDED = ("statuses", "sources", "payment_methods", "units")


class PairsError(ValueError):
    """The pairs file cannot be used; `problems` has one sentence per mistake."""

    def __init__(self, problems: list[str]) -> None:
        super().__init__("; ".join(problems))
        self.problems = problems


def read_rows(table: str, rows: Any, problems: list[str]) -> list[dict[str, Any]]:
    """The rows of one table; what is wrong with them is added to `problems`."""
    if rows is None or rows == []:
        if table in _NEEDED:
            problems.append(f"{table}: no rows. Add at least one [[{table}]] with {_shape(table)}")
        return []
    if not isinstance(rows, list) or not all(isinstance(row, dict) for row in rows):
        problems.append(f"{table}: write each pair as [[{table}]] with {_shape(table)}")
        return []
    for number, row in enumerate(rows, 1):
        problems += [f"{table} row {number}: {problem}" for problem in _row_problems(table, row)]
    return rows


def _shape(table: str) -> str:
    return ", ".join(f"{name.rstrip('?')} = {_WORDS[kind]}" for name, kind in COLUMNS[table].items() if "?" not in name)


def _row_problems(table: str, row: Mapping[str, Any]) -> list[str]:
    columns = {name.rstrip("?"): kind for name, kind in COLUMNS[table].items()}
    columns |= {"name": "text", **dict.fromkeys(_FLAGS, "flag")}
    wrong = [
        f"{name} is missing: write {name} = {_WORDS[kind]}"
        for name, kind in COLUMNS[table].items()
        if "?" not in name and name not in row
    ]
    for name, value in row.items():
        if name not in columns:
            wrong.append(f"{name}: no such key. Known: {', '.join(sorted(columns))}")
        elif not _is(columns[name], value):
            wrong.append(f"{name} = {value!r}: must be {_WORDS[columns[name]]}")
    return wrong


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
