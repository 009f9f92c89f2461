"""Where a list goes on that is in no order of numbers: a moment with a number, or a place of a level, as one word.

Promises: what was made here is read back as it was; whatever else somebody writes is read as nothing.
"""

from __future__ import annotations

import base64
import binascii
import re
from datetime import UTC, datetime, timedelta

import orjson

MOST = 1_000
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MOMENT = re.compile(r"(\d{1,17})-(\d{1,18})", re.ASCII)
_MICROSECOND = timedelta(microseconds=1)


def moment(at: datetime, number: int) -> str:
    """1769000000000000-417."""
    return f"{(at - _EPOCH) // _MICROSECOND}-{number}"


def read_moment(text: str) -> tuple[datetime, int] | None:
    """The moment and the number."""
    found = _MOMENT.fullmatch(text)
    return (_EPOCH + int(found[1]) * _MICROSECOND, int(found[2])) if found else None


def place(sku: str, warehouse: str) -> str:
    """A SKU may hold any sign: this one holds letters, digits, `-` and `_`."""
    return base64.urlsafe_b64encode(orjson.dumps([sku, warehouse])).decode().rstrip("=")


def read_place(text: str) -> tuple[str, str] | None:
    """The SKU and the warehouse."""
    if len(text) > MOST or not text.isascii():
        return None
    try:
        found = orjson.loads(base64.urlsafe_b64decode(text + "=" * (-len(text) % 4)))
    except (binascii.Error, orjson.JSONDecodeError):
        return None
    if not isinstance(found, list) or [type(one) for one in found] != [str, str]:
        return None
    return None if "\x00" in "".join(found) else (found[0], found[1])
