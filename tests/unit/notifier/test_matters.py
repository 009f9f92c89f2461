"""What lasts: which event opens it, what it is about, when it is repeated."""

from __future__ import annotations

from datetime import timedelta

import pytest

from libs.contracts.events import SYNC_TYPES
from notifier.domain.matters import CLOSES, OPENS, Kind, Pace, count, ref


def test_reminders_come_at_growing_intervals() -> None:
    """Each twice as long as the one before, up to the longest."""
    pace = Pace(timedelta(minutes=30), timedelta(hours=3))

    assert [pace.after(told) // timedelta(minutes=1) for told in range(1, 6)] == [30, 60, 120, 180, 180]
    assert pace.after(10_000) == timedelta(hours=3)


def test_only_a_partner_must_stay_calm() -> None:
    """What a person has settled is over at once."""
    assert Pace(calm=timedelta(seconds=9)).calm_of("partner") == timedelta(seconds=9)
    assert {Pace().calm_of(kind) for kind in ("conflict", "letters", "flow")} == {timedelta(0)}


@pytest.mark.parametrize(
    ("kind", "details", "about"),
    [
        ("conflict", {"conflictId": 17}, "17"),
        ("partner", {"partner": "keycrm"}, "keycrm"),
        ("flow", {"flow": "stock.to_keycrm"}, "stock.to_keycrm"),
        ("letters", {"service": "ingress", "reason": "malformed"}, "ingress/malformed"),
        ("conflict", {"conflictId": "x"}, None),
        ("conflict", {"conflictId": -1}, None),
        ("letters", {"service": "ingress"}, None),
        ("partner", {}, None),
        ("flow", None, None),
    ],
)
def test_an_event_says_what_it_is_about(kind: Kind, details: object, about: str | None) -> None:
    """One that does not is news of a moment."""
    assert ref(kind, {"details": details}) == about


def test_records_are_counted() -> None:
    """An event may tell of many; an odd number is one."""
    assert [count({"details": details}) for details in ({"count": 7}, {"count": 0}, {"count": "x"}, None)] == [
        7,
        1,
        1,
        1,
    ]


def test_what_opens_and_what_closes_are_events_of_the_sync() -> None:
    """And none is both."""
    assert set(OPENS) | set(CLOSES) <= set(SYNC_TYPES)
    assert set(OPENS) & set(CLOSES) == set()
