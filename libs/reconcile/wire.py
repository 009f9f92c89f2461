"""The frozen values as JSON and back: instants as ISO-8601 text, sides and choices as their words.

Promises: `load(cls, dump(value))` equals `value`; unknown keys are ignored, so that an older release reads what a
newer one wrote.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import fields, is_dataclass
from datetime import datetime
from typing import Any, TypeVar, get_type_hints

from libs.contracts.types import Side
from libs.reconcile.values import Choice, Raced, Resolution

T = TypeVar("T")
_HINTS: dict[type[Any], dict[str, Any]] = {}


def instant(text: str | None) -> datetime | None:
    """An instant from its ISO-8601 text."""
    return datetime.fromisoformat(text) if text else None


def dump(value: Any) -> Any:
    """A frozen value as JSON."""
    if is_dataclass(value) and not isinstance(value, type):
        return {item.name: dump(getattr(value, item.name)) for item in fields(value)}
    if isinstance(value, datetime):
        return value.isoformat()
    if isinstance(value, Mapping):
        return {str(key): dump(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [dump(item) for item in value]
    return value.value if isinstance(value, Side | Choice) else value


def load(cls: type[T], row: Mapping[str, Any]) -> T:
    """A frozen value from its JSON."""
    hints = _HINTS.setdefault(cls, get_type_hints(cls))
    return cls(**{name: _item(hints[name], row[name]) for name in hints if name in row})


def resolution(row: Mapping[str, Any] | None) -> Resolution | None:
    """A person's answer from its JSON (`choice`, and for a typed value `value` and `terms`)."""
    if not row:
        return None
    return Resolution(Choice(row["choice"]), row.get("value"), Side(row.get("terms") or Side.VMS))


def _item(hint: Any, value: Any) -> Any:
    if hint in (datetime, datetime | None):
        return instant(value)
    if hint is Side:
        return Side(value)
    if hint == tuple[Choice, ...]:
        return tuple(Choice(item) for item in value)
    if hint == tuple[Raced, ...]:
        return tuple(load(Raced, item) for item in value)
    return resolution(value) if hint == Resolution | None else value
