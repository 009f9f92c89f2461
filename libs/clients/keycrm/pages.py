"""One page of a KeyCRM list, read row by row.

Promises: a row that cannot be read does not lose its page: it is told apart with its id, if it has one. The number
of pages comes from the answer itself, so that a page size KeyCRM did not obey skips nothing.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Generic, TypeVar

from pydantic import BaseModel, ConfigDict, ValidationError

from libs.clients.answers import first_field

Row = TypeVar("Row")
Model = TypeVar("Model", bound=BaseModel)


@dataclass(frozen=True, slots=True)
class Unreadable:
    """A row whose shape we cannot read; `field` says where."""

    id: int | None
    field: str


@dataclass(frozen=True, slots=True)
class Page(Generic[Row]):
    """The rows of one page, the page's number (from 1) and how many pages and rows there are."""

    rows: tuple[Row, ...]
    page: int
    last_page: int
    total: int
    unreadable: tuple[Unreadable, ...] = ()


class PageFrame(BaseModel):
    """KeyCRM's envelope of a page; `last_page` is not in the vendor's own description and is worked out."""

    model_config = ConfigDict(extra="ignore", frozen=True, hide_input_in_errors=True)

    total: int
    current_page: int
    per_page: int
    data: tuple[Any, ...]

    def read(self, model: type[Model]) -> Page[Model]:
        """The rows as models."""
        rows: list[Model] = []
        unreadable: list[Unreadable] = []
        for row in self.data:
            try:
                rows.append(model.model_validate(row))
            except ValidationError as error:
                unreadable.append(Unreadable(_id_of(row), first_field(error)))
        last_page = max(1, -(-self.total // max(1, self.per_page)))
        return Page(tuple(rows), self.current_page, last_page, self.total, tuple(unreadable))


def _id_of(row: Any) -> int | None:
    found = row.get("id") if isinstance(row, dict) else None
    return found if isinstance(found, int) and not isinstance(found, bool) else None
