"""How many messages a channel gets: singly while there are few, one summary when there are many, never a flood.

Promises: messages are `pause_seconds` apart and at most `most_per_hour` in any hour; the last of an hour is a summary
of all that waits, so that nobody is left guessing how much is held back. In its quiet hours a channel gets nothing.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from notifier.domain.rules import Channel

WINDOW = timedelta(hours=1)
FULL_SECONDS = 5.0
"""Until the next look at a channel that has had its share, or is quiet."""


@dataclass(frozen=True, slots=True)
class Single:
    """Send the oldest."""


@dataclass(frozen=True, slots=True)
class Summary:
    """Send one message about all that waits."""


@dataclass(frozen=True, slots=True)
class Wait:
    """Nothing now."""

    seconds: float


def step(
    waiting: int, sent_in_window: int, newest_at: datetime | None, channel: Channel, now: datetime
) -> Single | Summary | Wait | None:
    """What to do next; None: nothing waits."""
    if not waiting:
        return None
    if channel.is_quiet(now):
        return Wait(FULL_SECONDS)
    if newest_at is not None:
        left = channel.pause_seconds - (now - newest_at).total_seconds()
        if left > 0:
            return Wait(left)
    free = channel.most_per_hour - sent_in_window
    if free <= 0:
        return Wait(FULL_SECONDS)
    if waiting > 1 and (waiting > channel.fold_above or free == 1):
        return Summary()
    return Single()
