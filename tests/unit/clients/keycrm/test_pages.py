"""A page is read row by row, and its number of pages is worked out from what KeyCRM answered."""

from __future__ import annotations

from typing import Any

import pytest

from libs.clients.keycrm.pages import PageFrame, Unreadable
from libs.contracts.keycrm import Order


def frame(rows: list[Any], total: int, per_page: int = 50, page: int = 1) -> PageFrame:
    """A page as KeyCRM answers it, without the `last_page` that its description lacks."""
    return PageFrame.model_validate({"total": total, "current_page": page, "per_page": per_page, "data": rows})


@pytest.mark.parametrize(
    ("total", "per_page", "last_page"), [(0, 50, 1), (1, 50, 1), (50, 50, 1), (51, 50, 2), (51, 15, 4)]
)
def test_the_last_page_follows_from_what_was_answered(total: int, per_page: int, last_page: int) -> None:
    """Also when KeyCRM did not obey our page size."""
    assert frame([], total, per_page).read(Order).last_page == last_page


def test_a_row_that_cannot_be_read_does_not_lose_its_page() -> None:
    """One broken order must not stop a poll: it is told by its id, the others are read."""
    rows = [
        {"id": 1, "status_id": 1},
        {"id": 2, "status_id": None},
        {"status_id": 1},
        "text",
        {"id": 3, "status_id": 4},
    ]

    page = frame(rows, 5).read(Order)

    assert [row.id for row in page.rows] == [1, 3]
    assert page.unreadable == (Unreadable(2, "status_id"), Unreadable(None, "id"), Unreadable(None, "(the whole)"))
