"""A walk of shifting pages skips no row; a filtered answer is never taken for an empty one by mistake."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from libs.clients.keycrm.pages import Page, Unreadable
from libs.clients.keycrm.walk import certain, last_page_first
from libs.runtime.errors import PermanentError

SIZE = 3


class ShiftingList:
    """Rows behind page numbers; before each page is read, something may happen to them."""

    def __init__(self, rows: list[int], happen: Callable[[list[int], int], None] = lambda rows, call: None) -> None:
        self.rows = rows
        self.happen = happen
        self.asked: list[int] = []

    async def fetch(self, page: int) -> Page[int]:
        """The page as it is now."""
        self.happen(self.rows, len(self.asked))
        self.asked.append(page)
        last_page = max(1, -(-len(self.rows) // SIZE))
        rows = tuple(self.rows[(page - 1) * SIZE : page * SIZE])
        return Page(rows, page, last_page, len(self.rows))

    async def walked(self) -> set[int]:
        """Every row that a walk showed."""
        return {row async for page in last_page_first(self.fetch) for row in page.rows}


async def test_one_page_costs_one_call() -> None:
    """The usual poll finds a page or less."""
    rows = ShiftingList([1, 2, 3])

    assert await rows.walked() == {1, 2, 3}
    assert rows.asked == [1]


async def test_pages_are_read_from_the_last_and_the_first_again_at_the_end() -> None:
    """The first reading of page 1 only tells how many there are."""
    rows = ShiftingList(list(range(8)))

    assert await rows.walked() == set(range(8))
    assert rows.asked == [1, 3, 2, 1]


async def test_page_numbers_shift_during_a_walk() -> None:
    """Rows leave the window between two pages: what stays is never skipped."""

    def leave(rows: list[int], call: int) -> None:
        if call == 2:
            del rows[:2]

    rows = ShiftingList(list(range(9)), leave)

    assert await rows.walked() >= set(range(2, 9))


@given(st.integers(0, 40), st.lists(st.tuples(st.integers(1, 14), st.integers(0, 39)), max_size=12))
async def test_whatever_leaves_meanwhile_nothing_that_stays_is_skipped(
    size: int, leaving: list[tuple[int, int]]
) -> None:
    """At any call any row may leave the list."""

    def leave(rows: list[int], call: int) -> None:
        for at, row in leaving:
            if at == call and row in rows:
                rows.remove(row)

    rows = ShiftingList(list(range(size)), leave)
    seen = await rows.walked()

    assert seen >= set(rows.rows)


async def test_rows_added_at_the_end_meanwhile_are_found() -> None:
    """A row indexed late may make one page more."""

    def grow(rows: list[int], call: int) -> None:
        if call == 1:
            rows.extend([100, 101, 102, 103])

    rows = ShiftingList(list(range(6)), grow)

    assert await rows.walked() == {*range(6), 100, 101, 102, 103}


async def test_more_than_two_thousand_rows_are_all_walked() -> None:
    """There is no cap on the number of pages."""
    rows = ShiftingList(list(range(2500)))

    assert await rows.walked() == set(range(2500))


def test_only_rows_that_match_are_answered() -> None:
    """A search that also shows another source's order binds to ours alone."""
    assert certain(Page((1, 2, 3), 1, 1, 3), lambda row: row == 2, "source_uuid") == (2,)


def test_a_filter_that_was_ignored_is_never_an_empty_answer() -> None:
    """More pages than were read, and rows that do not match: saying "none" would create a double."""
    with pytest.raises(PermanentError) as raised:
        certain(Page((1, 2, 3), 1, 40, 120), lambda row: row == 9, "source_uuid")

    assert (raised.value.code, raised.value.field) == ("filter-ignored", "source_uuid")


def test_a_row_that_cannot_be_read_is_never_an_empty_answer() -> None:
    """It may be the very one that was looked for."""
    with pytest.raises(PermanentError) as raised:
        certain(Page((), 1, 1, 1, (Unreadable(7, "status_id"),)), lambda row: True, "source_uuid")

    assert raised.value.code == "unreadable"
