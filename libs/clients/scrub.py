"""A partner's own words about a refused request, without anybody's personal data in them.

Promises: nothing that we sent (three characters or longer), no e-mail address and no run of digits long enough for a
phone number survives; the text is one line and short. Refuses nothing: what cannot be kept is replaced.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

LONGEST = 300
"""Characters kept of a partner's sentence: enough for any validation message, too little for a page."""
HIDDEN = "[hidden]"
_SHORTEST_SECRET = 3
_EMAIL = re.compile(r"[^\s@<>\"'`,;:]+@[^\s@<>\"'`,;]+")
_DIGITS = re.compile(r"\+?\d(?:[\s().-]{0,2}\d){6,}")
_FIELD = re.compile(r"[^\w.\[\]-]")


def scrubbed(text: str, sent: Any) -> str:
    """The text without what `sent` (any JSON-like value) holds, on one line, shortened."""
    for value in sorted(set(_texts(sent)), key=len, reverse=True):
        text = re.sub(re.escape(value), HIDDEN, text, flags=re.IGNORECASE)
    text = _EMAIL.sub(HIDDEN, text)
    text = _DIGITS.sub(HIDDEN, text)
    text = " ".join(text.split())
    return text if len(text) <= LONGEST else f"{text[:LONGEST]}…"


def field_name(text: str) -> str:
    """A field's name as the partner spells it, without anything that is not part of a name."""
    return _FIELD.sub("", text)[:64]


def _texts(value: Any) -> Iterator[str]:
    """Every text in it that could be somebody's: keys are ours and stay."""
    if isinstance(value, str):
        yield from (part for part in (value, *value.split()) if len(part) >= _SHORTEST_SECRET)
    elif isinstance(value, Mapping):
        for inner in value.values():
            yield from _texts(inner)
    elif isinstance(value, list | tuple):
        for inner in value:
            yield from _texts(inner)
