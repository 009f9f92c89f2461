"""Page-numbered lists: filters, sorting, includes and the framework's page envelope.

A name that a list does not know is refused with 400 and the names that it does know, as the real API does.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, TypeVar

from sandbox.keycrm.errors import Refusal
from sandbox.keycrm.rows import Row
from sandbox.keycrm.wire import end_of, moment_of

AnyRow = TypeVar("AnyRow")
DEFAULT_LIMIT = 15
MOST = 50


@dataclass(frozen=True)
class Query:
    """The query of a list call, and the address it was asked at."""

    parameters: Mapping[str, str]
    filters: Mapping[str, str]
    address: str

    @property
    def limit(self) -> int:
        """Rows a page; what is not a number from 1 to 50 is brought into it."""
        return min(max(_whole(self.parameters.get("limit"), DEFAULT_LIMIT), 1), MOST)

    @property
    def page(self) -> int:
        """The page asked for, from 1."""
        return max(_whole(self.parameters.get("page"), 1), 1)


def query_of(pairs: Iterable[tuple[str, str]], address: str) -> Query:
    """The query's `name=value` and `filter[name]=value` kept apart."""
    parameters: dict[str, str] = {}
    filters: dict[str, str] = {}
    for name, value in pairs:
        if name.startswith("filter[") and name.endswith("]"):
            filters[name[len("filter[") : -1]] = value
        else:
            parameters[name] = value
    return Query(parameters, filters, address)


def check_filters(query: Query, allowed: list[str]) -> None:
    """Refuse filters that the list does not have."""
    _check("filter", list(query.filters), allowed)


def includes(query: Query, allowed: list[str]) -> set[str]:
    """The associations asked for; unknown ones are refused."""
    asked = _parts(query.parameters.get("include", ""))
    _check("include", asked, allowed)
    return {name.replace("customFields", "custom_fields") for name in asked}


def _check(kind: str, asked: list[str], allowed: list[str]) -> None:
    unknown = [name for name in asked if name not in allowed]
    if unknown:
        names, known = ", ".join(unknown), ", ".join(allowed)
        text = f"Requested {kind}(s) `{names}` are not allowed. Allowed {kind}(s) are `{known}`."
        raise Refusal(400, text)


def ordered(query: Query, rows: list[AnyRow], keys: Mapping[str, Callable[[AnyRow], Any]]) -> list[AnyRow]:
    """The rows in the order asked for; without a sort by id."""
    asked = query.parameters.get("sort", "id")
    name = asked.removeprefix("-")
    _check("sort", [name], list(keys))
    return sorted(rows, key=keys[name], reverse=asked.startswith("-"))


def page(query: Query, rows: list[AnyRow], shown: Callable[[AnyRow], Any]) -> dict[str, Any]:
    """The page envelope around the rows of the page."""
    limit, number = query.limit, query.page
    last = max(-(-len(rows) // limit), 1)
    chosen = rows[(number - 1) * limit : number * limit]
    first = (number - 1) * limit + 1

    def url(other: int) -> str | None:
        return f"{query.address}?page={other}" if 1 <= other <= last else None

    return {
        "total": len(rows),
        "current_page": number,
        "per_page": limit,
        "last_page": last,
        "from": first if chosen else None,
        "to": first + len(chosen) - 1 if chosen else None,
        "path": query.address,
        "first_page_url": url(1),
        "last_page_url": url(last),
        "next_page_url": url(number + 1),
        "prev_page_url": url(number - 1),
        "data": [shown(row) for row in chosen],
    }


def ids(value: str) -> set[int]:
    """A comma list of ids; what is no number names nothing."""
    return {int(part) for part in _parts(value) if part.lstrip("-").isdigit()}


def texts(value: str) -> set[str]:
    """A comma list of texts."""
    return set(_parts(value))


def is_true(value: str) -> bool:
    """A filter's yes or no."""
    return value.lower() in ("true", "1")


def between(value: str) -> Callable[[datetime | None], bool]:
    """A period `FROM,TO`, both ends included; what is no period is refused."""
    parts = value.split(",")
    try:
        start, end = moment_of(parts[0]), end_of(parts[1])
    except (ValueError, IndexError) as error:
        raise Refusal(400, f"The period `{value}` is not FROM,TO.") from error
    return lambda moment: moment is not None and start <= moment <= end


def indexed(rows: Mapping[int, Row], horizon: datetime) -> dict[int, datetime]:
    """The ids that a search index as old as `horizon` knows, with the `updated_at` that it knows."""
    seen = {key: row.indexed_at(horizon) for key, row in rows.items()}
    return {key: moment for key, moment in seen.items() if moment is not None}


def _parts(value: str) -> list[str]:
    return [part.strip() for part in value.split(",") if part.strip()]


def _whole(value: str | None, default: int) -> int:
    return int(value) if value is not None and value.isdigit() else default
