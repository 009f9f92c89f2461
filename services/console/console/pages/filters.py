"""A list's filter as the address of its page has it.

Promises: what cannot be read is left out, never refused: an old bookmark still opens a list; the address that is made
of a filter gives the same filter again.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import get_args
from urllib.parse import urlencode

from libs.contracts.types import Entity
from libs.state.conflict_lists import Filter as Questions
from libs.state.conflict_lists import Moved
from libs.state.letter_lists import Filter as Letters

AGES = {"1h": timedelta(hours=1), "1d": timedelta(days=1), "7d": timedelta(days=7)}
QUESTION_STATUSES = ("open", "resolved", "closed")
LETTER_STATUSES = ("kept", "replayed", "discarded", "superseded")
_MOST = 100
_LARGEST = 2**63 - 1


def questions(query: Mapping[str, str], now: datetime) -> Questions:
    """Which questions an address asks for; the open ones where it says nothing."""
    status, entity, moved = query.get("status", "open"), query.get("entity"), query.get("moved")
    age = AGES.get(query.get("age", ""))
    return Questions(
        status=status if status in QUESTION_STATUSES else "open",
        entity=Entity(entity) if entity in list(Entity) else None,
        field=_word(query, "field"),
        reason=_word(query, "reason"),
        moved=next((one for one in get_args(Moved) if one == moved), None),
        opened_before=now - age if age is not None else None,
    )


def letters(query: Mapping[str, str]) -> Letters:
    """Which letters an address asks for; those that wait where it says nothing."""
    status = query.get("status", "kept")
    return Letters(
        status=status if status in LETTER_STATUSES else "kept",
        service=_word(query, "service"),
        topic=_word(query, "topic", is_empty_meant=True),
        reason=_word(query, "reason"),
        code=_word(query, "code", is_empty_meant=True),
        field=_word(query, "field"),
    )


def address(path: str, query: Mapping[str, str], **more: object) -> str:
    """The path with what of the query is a filter, and more."""
    kept = {name: query[name] for name in ("status", "entity", "field", "reason", "moved", "age") if query.get(name)}
    return _joined(path, kept | {name: str(value) for name, value in more.items() if value is not None})


def letters_address(path: str, query: Mapping[str, str], **more: object) -> str:
    """Likewise for dead letters, where an empty topic or code means that there is none."""
    kept = {name: query[name] for name in ("status", "service", "reason", "field") if query.get(name)}
    kept |= {name: query[name] for name in ("topic", "code") if name in query}
    return _joined(path, kept | {name: str(value) for name, value in more.items() if value is not None})


def number(query: Mapping[str, str], name: str) -> int | None:
    """A number of the address; None: there is none."""
    text = query.get(name, "")
    return int(text) if text.isascii() and text.isdigit() and len(text) < 19 and int(text) <= _LARGEST else None


def _joined(path: str, query: Mapping[str, str]) -> str:
    return f"{path}?{urlencode(query)}" if query else path


def _word(query: Mapping[str, str], name: str, *, is_empty_meant: bool = False) -> str | None:
    text = query.get(name)
    if text is None or len(text) > _MOST or "\x00" in text:
        return None
    return text if text or is_empty_meant else None
