"""What goes over the wire: a call, its answer, JSON as the partners read it, a query with literal brackets.

Promises: pure; no value of a call or an answer shows in its repr, so that no log or traceback can hold one.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from decimal import Decimal
from email.utils import parsedate_to_datetime
from typing import Any
from urllib.parse import quote_plus

import orjson

Ids = Mapping[str, str | int]


@dataclass(frozen=True, slots=True)
class Call:
    """One request: `operation` names it in logs and metrics, `ids` may be logged, `sent` and `body` may not."""

    operation: str
    method: str
    path: str = field(repr=False)
    body: Any = field(default=None, repr=False)
    sent: Any = field(default=None, repr=False)
    """What the query holds of people's data; scrubbed from the partner's words together with the body."""
    ids: Ids = field(default_factory=dict)
    reference: str = ""
    """What a write of unknown outcome is looked up by."""

    @property
    def is_write(self) -> bool:
        """Whether an answer that is lost leaves the outcome unknown."""
        return self.method != "GET"


@dataclass(frozen=True, slots=True)
class Reply:
    """An answer: header names in lower case."""

    status: int
    headers: Mapping[str, str] = field(default_factory=dict, repr=False)
    content: bytes = field(default=b"", repr=False)

    @property
    def is_html(self) -> bool:
        """A page for people: it comes from a proxy, a login form or a wrong address, never from the API."""
        return "html" in self.headers.get("content-type", "") or self.content[:64].lstrip().lower().startswith(
            (b"<!doctype", b"<html")
        )

    @property
    def is_json(self) -> bool:
        """Whether it says that it is JSON."""
        return "json" in self.headers.get("content-type", "")

    def number(self, header: str) -> int | None:
        """A header that holds a whole number, if it does."""
        text = self.headers.get(header, "").strip()
        return int(text) if text.isdecimal() else None

    def retry_after_seconds(self, now: datetime) -> float | None:
        """`Retry-After` in either spelling, else `X-RateLimit-Reset` (Unix time), as seconds from `now`."""
        text = self.headers.get("retry-after", "").strip()
        if text.isdecimal():
            return float(text)
        reset = self.number("x-ratelimit-reset")
        try:
            until = parsedate_to_datetime(text).timestamp() if text else reset
        except ValueError:
            until = reset
        return None if until is None else max(0.0, until - now.timestamp())


def json_bytes(body: Any) -> bytes:
    """JSON as both partners read it: decimals as numbers, instants as `YYYY-MM-DD HH:MM:SS` in UTC, days as ISO."""
    return orjson.dumps(body, default=_plain, option=orjson.OPT_PASSTHROUGH_DATETIME)


def _plain(value: Any) -> Any:
    if isinstance(value, Decimal):
        return int(value) if value == value.to_integral_value() else float(value)
    if isinstance(value, datetime):
        return utc_text(value)
    if isinstance(value, date):
        return value.isoformat()
    raise TypeError(f"{type(value).__name__} has no JSON form")


def utc_text(moment: datetime) -> str:
    """KeyCRM's second spelling of an instant, which its filters and bodies take."""
    if moment.tzinfo is None:
        raise ValueError("an instant without an offset cannot be sent")
    return moment.astimezone(UTC).strftime("%Y-%m-%d %H:%M:%S")


def with_query(path: str, query: Mapping[str, str | int | None]) -> str:
    """The path with its query; brackets stay literal, since KeyCRM may refuse encoded ones; None is left out."""
    pairs = [f"{name}={quote_plus(str(value), safe=',:')}" for name, value in query.items() if value is not None]
    return f"{path}?{'&'.join(pairs)}" if pairs else path
