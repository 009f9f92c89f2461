"""Stock and price as levels (rules 29, 30): the newest wanted value, sent as it is, and KeyCRM's own figure beside it.

Promises: the value of the latest VMS change wins, in whatever order changes come; a value equal to an earlier one is
wanted again (5 → 4 → 5 ends at 5); an unknown outcome is sent again; a KeyCRM figure that differs waits for VMS's own
event before the wanted one is sent again, and each new figure restarts the wait. What KeyCRM makes of a sent value,
rounded, is no drift.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from decimal import ROUND_HALF_UP, Decimal
from typing import TypeVar

from libs.reconcile.values import Times

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Level:
    """What one SKU should show in KeyCRM. `sent` is the last value KeyCRM accepted, `sending` one of unknown outcome.

    `due_at` is when it is to be sent, None while there is nothing to send; `is_drifted` tells that it waits because
    KeyCRM's figure went its own way.
    """

    wanted: Decimal
    changed_at: datetime
    due_at: datetime | None
    is_drifted: bool = False
    sending: Decimal | None = None
    sent: Decimal | None = None
    sent_at: datetime | None = None
    figure: Decimal | None = None
    figure_seen_at: datetime | None = None


def want(level: Level | None, value: Decimal, changed_at: datetime, now: datetime) -> Level:
    """A VMS change: it replaces what is wanted unless it is older. Equal times: the one that comes is applied (15)."""
    if level is None:
        return Level(value, changed_at, due_at=now)
    if changed_at < level.changed_at:
        return level
    is_shown = level.sent == value and level.sending is None and level.figure in (None, value)
    due_at = None if is_shown and level.due_at is None else now
    return replace(level, wanted=value, changed_at=changed_at, due_at=due_at, is_drifted=False)


def begin_send(level: Level) -> Level:
    """Committed before the call: until it is answered the outcome is unknown and the level stays due."""
    return replace(level, sending=level.wanted)


def sent(level: Level, value: Decimal, now: datetime) -> Level:
    """KeyCRM accepted `value`; what has been wanted meanwhile is still due."""
    due_at = None if level.wanted == value else level.due_at or now
    return replace(
        level, sending=None, sent=value, sent_at=now, due_at=due_at, is_drifted=False, figure=None, figure_seen_at=None
    )


def see(level: Level, figure: Decimal, now: datetime, times: Times) -> Level:
    """KeyCRM shows a figure (a webhook, a read)."""
    if figure == level.wanted:
        due_at = None if level.is_drifted else level.due_at
        return replace(level, figure=figure, figure_seen_at=now, due_at=due_at, is_drifted=False)
    if figure == level.figure:
        return level
    if (level.due_at is not None and not level.is_drifted) or _is_made(level, figure):
        return replace(level, figure=figure, figure_seen_at=now)
    due_at = now + times.level_settle
    return replace(level, figure=figure, figure_seen_at=now, due_at=due_at, is_drifted=True)


def _is_made(level: Level, figure: Decimal) -> bool:
    """Whether this first look after a send shows what KeyCRM makes of it: rounded to as many places as it shows."""
    places = max(0, -int(figure.normalize().as_tuple().exponent))
    rounded = level.wanted.quantize(Decimal(1).scaleb(-places), ROUND_HALF_UP)
    return level.figure is None and level.sent == level.wanted and not level.is_drifted and rounded == figure


def is_due(level: Level, now: datetime) -> bool:
    """Whether the wanted value is to be sent now."""
    return level.due_at is not None and level.due_at <= now


def halves(batch: Sequence[T]) -> tuple[Sequence[T], Sequence[T]]:
    """A refused batch in two; a batch of one has no halves: it is the bad one."""
    middle = (len(batch) + 1) // 2
    return batch[:middle], batch[middle:]
