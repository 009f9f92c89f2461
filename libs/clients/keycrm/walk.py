"""Lists that are walked while people change the rows, and lists whose filter may have been ignored.

Promises: `last_page_first` skips no row that was in the list all along or left it meanwhile. A row that leaves shifts
the later rows one place forward, to pages not yet seen. `certain` answers only rows that match, and never "none" when
KeyCRM showed something else.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable
from typing import TypeVar

from libs.clients.keycrm.pages import Page
from libs.runtime.errors import PermanentError

Row = TypeVar("Row")


async def last_page_first(fetch: Callable[[int], Awaitable[Page[Row]]]) -> AsyncIterator[Page[Row]]:
    """Pages from the last to the first; the first, read to learn how many there are, is read again at the end."""
    first = await fetch(1)
    if first.last_page == 1:
        yield first
        return
    number = last = first.last_page
    while number >= 1:
        page = await fetch(number)
        if number == last and page.last_page > last:
            number = last = page.last_page
            continue
        yield page
        number -= 1


def certain(page: Page[Row], is_wanted: Callable[[Row], bool], name: str) -> tuple[Row, ...]:
    """The rows of a filtered list that really match.

    Raises:
        PermanentError: a row cannot be read, or the filter was ignored and there are more rows than were read.
    """
    if page.unreadable:
        field = page.unreadable[0].field
        raise PermanentError(f"a row found by {name} cannot be read: field {field}", code="unreadable", field=field)
    if page.last_page > 1 and not all(map(is_wanted, page.rows)):
        raise PermanentError(f"KeyCRM did not apply the filter {name}", code="filter-ignored", field=name)
    return tuple(row for row in page.rows if is_wanted(row))
