"""Events, hints and polls as they come: what is old, what tells nothing new, how far back a poll reaches (15 to 17)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from libs.reconcile.values import Times

EDGE = timedelta(seconds=2)


@dataclass(frozen=True, slots=True)
class Facts:
    """What a hint or a polled row says, or a read said; None is not said. A buyer has no status.

    `content` is the digest of a whole record (`contents`): a polled row with its includes has it, a webhook has not.
    What is foreseen of a write of ours has no `updated_at`: it is known when KeyCRM tells it.
    """

    updated_at: datetime | None = None
    status_id: int | None = None
    payments_total: str | None = None
    content: str | None = None


def is_news(told: Facts, seen: Facts | None) -> bool:
    """Whether a hint or polled row needs a read (16); `seen` is what the last read said, our writes since foreseen.

    A polled row is whole and at least `EDGE` older than now: it is itself the read that a change hidden in the second
    of an earlier read needs, and its content decides. A webhook that repeats what was seen leaves the rest to the poll.
    """
    if seen is None:
        return True
    if told.content is not None:
        return told.content != seen.content
    if told.updated_at is None or (told.status_id, told.payments_total) != (seen.status_id, seen.payments_total):
        return True
    return seen.updated_at is not None and told.updated_at != seen.updated_at


def poll_interval(watermark: datetime, now: datetime, times: Times) -> tuple[datetime, datetime]:
    """The interval of a poll (17): from before the watermark by the search's lag, up to shortly before now."""
    end = now - EDGE
    return min(watermark - times.search_lag, end), end
