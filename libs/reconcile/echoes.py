"""Reads that lag behind an answer: KeyCRM's answer showed our write, a read soon after shows the old value again.

Promises: within the settle time such an old value is *unknown*, never a person's revert, unless KeyCRM's own change
time says that the field changed again.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

from libs.contracts.types import Side
from libs.reconcile.memory import Memory
from libs.reconcile.values import Look, PendingWrite, Times


def remember(memory: Memory, write: PendingWrite, answered_at: datetime) -> Memory:
    """An answer has shown the write."""
    if write.side is not Side.KEYCRM:
        return memory
    others = tuple(echo for echo in memory.echoes if echo.field != write.field)
    return replace(memory, echoes=(*others, replace(write, accepted_at=answered_at)))


def without_lag(memory: Memory, look: Look, times: Times) -> tuple[Memory, Look, datetime | None]:
    """The look without old values that only lag, the memory without echoes that are over, when to look again."""
    if look.side is not Side.KEYCRM or not memory.echoes:
        return memory, look, None
    fresh = tuple(echo for echo in memory.echoes if look.began_at < _over_at(echo, times))
    lagging = [echo for echo in fresh if _is_lagging(echo, look)]
    hidden = {echo.field for echo in lagging}
    image = {name: value for name, value in look.image.items() if name not in hidden}
    due_at = max((_over_at(echo, times) for echo in lagging), default=None)
    return replace(memory, echoes=fresh), replace(look, image=image), due_at


def _over_at(echo: PendingWrite, times: Times) -> datetime:
    return (echo.accepted_at or echo.lands_by) + times.settle


def _is_lagging(echo: PendingWrite, look: Look) -> bool:
    if echo.field not in look.image or look.image[echo.field] != echo.was:
        return False
    changed_at, was_changed_at = look.changed_at.get(echo.field), echo.was_changed_at
    return changed_at is None or was_changed_at is None or changed_at <= was_changed_at
