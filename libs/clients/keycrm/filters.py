"""What KeyCRM's lists can be asked for, and the query that asks it.

Promises: only names that KeyCRM knows; instants in UTC; an empty filter is left out. Refuses a value with a comma,
which KeyCRM would read as two.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from libs.clients.wire import utc_text
from libs.runtime.errors import PermanentError

Period = tuple[datetime, datetime]
Query = dict[str, str | int | None]


@dataclass(frozen=True, slots=True)
class OrderFilter:
    """Which orders; `created_between` compares `ordered_at`, as KeyCRM does."""

    status_ids: tuple[int, ...] = ()
    source_ids: tuple[int, ...] = ()
    source_uuid: str | None = None
    created_between: Period | None = None
    updated_between: Period | None = None

    def query(self) -> Query:
        """As query parameters."""
        return {
            "filter[status_id]": _numbers(self.status_ids),
            "filter[source_id]": _numbers(self.source_ids),
            "filter[source_uuid]": one_of((self.source_uuid,), "source_uuid") if self.source_uuid else None,
            "filter[created_between]": _period(self.created_between),
            "filter[updated_between]": _period(self.updated_between),
        }


@dataclass(frozen=True, slots=True)
class BuyerFilter:
    """Which buyers."""

    ids: tuple[int, ...] = ()
    phones: tuple[str, ...] = ()
    emails: tuple[str, ...] = ()
    created_between: Period | None = None
    updated_between: Period | None = None

    def query(self) -> Query:
        """As query parameters."""
        return {
            "filter[buyer_id]": _numbers(self.ids),
            "filter[buyer_phone]": one_of(self.phones, "buyer_phone"),
            "filter[buyer_email]": one_of(self.emails, "buyer_email"),
            "filter[created_between]": _period(self.created_between),
            "filter[updated_between]": _period(self.updated_between),
        }


def one_of(values: Iterable[str], name: str) -> str | None:
    """A comma list.

    Raises:
        PermanentError: a value holds a comma itself, so that KeyCRM could not be asked for it.
    """
    texts = tuple(values)
    if any("," in text for text in texts):
        raise PermanentError(f"field {name} holds a comma: KeyCRM cannot look it up", code="comma", field=name)
    return ",".join(texts) or None


def _numbers(ids: Iterable[int]) -> str | None:
    return ",".join(map(str, ids)) or None


def _period(period: Period | None) -> str | None:
    return f"{utc_text(period[0])},{utc_text(period[1])}" if period else None
