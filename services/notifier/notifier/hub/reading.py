"""Checks that both protocols make of a client's fields, whatever they are written in.

Promises: a field of the wrong type or too long is named and refused, and never repeated.
"""

from __future__ import annotations

from typing import Any

from notifier.hub.limits import Limits
from notifier.hub.messages import ProtocolError


def text(field: str, value: Any, most: int) -> str:
    """A string that must be there.

    Raises:
        ProtocolError: it is absent, empty, too long or no string.
    """
    found = optional_text(field, value, most)
    if not found:
        raise ProtocolError(f"{field}: is missing")
    return found


def optional_text(field: str, value: Any, most: int) -> str | None:
    """A string that may be absent.

    Raises:
        ProtocolError: it is too long or no string.
    """
    if value is None:
        return None
    if not isinstance(value, str):
        raise ProtocolError(f"{field}: is no string")
    if len(value) > most:
        raise ProtocolError(f"{field}: has at most {most} characters")
    return value


def texts(field: str, value: Any, most: int) -> tuple[str, ...]:
    """A list of strings that may be absent.

    Raises:
        ProtocolError: it is no list, or holds anything else.
    """
    if value is None:
        return ()
    if not isinstance(value, list):
        raise ProtocolError(f"{field}: is no array")
    return tuple(text(field, one, most) for one in value)


def arguments_fault(value: Any, limits: Limits) -> str | None:
    """Why a method cannot be called with these; None: it can."""
    if value is None or (isinstance(value, list) and _depth_within(value, limits.depth)):
        return None
    return "arguments: nested too deep" if isinstance(value, list) else "arguments: must be an array"


def _depth_within(value: Any, left: int) -> bool:
    if not isinstance(value, list | dict):
        return True
    parts = value if isinstance(value, list) else value.values()
    return left > 0 and all(_depth_within(part, left - 1) for part in parts)
