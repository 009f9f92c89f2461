"""Events, hints and polls as they come: what is old, what tells nothing new, how far back a poll reaches (15 to 17)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from libs.reconcile.spans import HIDDEN
from libs.reconcile.values import Times

EDGE = timedelta(seconds=2)


@dataclass(frozen=True, slots=True)
class Facts:
    """What a hint or a polled row says, and what a read said; None is not said. A buyer has `updated_at` only."""

    updated_at: datetime | None = None
    status_id: int | None = None
    payments_total: str | None = None


@dataclass(frozen=True, slots=True)
class ReadFacts:
    """The facts of the newest read, and when it began."""

    facts: Facts
    began_at: datetime


def is_applicable(newest_at: datetime | None, changed_at: datetime) -> bool:
    """Whether an event may change something (15): older ones do not, one of the same time does. Payments always do."""
    return newest_at is None or changed_at >= newest_at


def is_news(hint: Facts, seen: ReadFacts | None) -> bool:
    """Whether a hint or polled row needs a read (16).

    It does not if it says just what a read said that began more than two seconds after the row's own change time.
    """
    if seen is None or hint.updated_at is None or hint != seen.facts:
        return True
    return seen.began_at <= hint.updated_at + HIDDEN


def poll_interval(watermark: datetime, now: datetime, times: Times) -> tuple[datetime, datetime]:
    """The interval of a poll (17): from before the watermark by the search's lag, up to shortly before now."""
    end = now - EDGE
    return min(watermark - times.search_lag, end), end
