"""How many messages a channel gets."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from notifier.domain.pacing import FULL_SECONDS, WINDOW, Single, Summary, Wait, step
from notifier.domain.rules import Channel
from tests.fakes import BEGIN

CHANNEL = Channel("news", most_per_hour=5, pause_seconds=10, fold_above=3)
LONG_AGO = BEGIN - timedelta(minutes=30)


@pytest.mark.parametrize(
    ("waiting", "sent", "newest", "wanted"),
    [
        (0, 0, None, None),
        (1, 0, None, Single()),
        (3, 0, LONG_AGO, Single()),
        (4, 0, LONG_AGO, Summary()),
        (1, 1, BEGIN - timedelta(seconds=4), Wait(6.0)),
        (900, 1, BEGIN - timedelta(seconds=4), Wait(6.0)),
        (2, 4, LONG_AGO, Summary()),
        (1, 4, LONG_AGO, Single()),
        (900, 5, LONG_AGO, Wait(FULL_SECONDS)),
    ],
)
def test_few_go_singly_and_many_go_together(waiting: int, sent: int, newest: datetime | None, wanted: object) -> None:
    """The pause first, then the hour's share, whose last message is a summary, then how many wait."""
    assert step(waiting, sent, newest, CHANNEL, BEGIN) == wanted


@pytest.mark.parametrize(
    ("quiet", "hour", "is_quiet"),
    [
        ((time(22), time(8)), 22, True),
        ((time(22), time(8)), 3, True),
        ((time(22), time(8)), 8, False),
        ((time(22), time(8)), 21, False),
        ((time(13), time(14)), 13, True),
        ((time(13), time(14)), 14, False),
        (None, 3, False),
    ],
)
def test_in_quiet_hours_nothing_goes(quiet: tuple[time, time] | None, hour: int, is_quiet: bool) -> None:
    """By the channel's own clock, also over midnight; the end is no part of them."""
    kyiv = ZoneInfo("Europe/Kyiv")
    now = datetime(2026, 7, 1, hour, tzinfo=kyiv).astimezone(ZoneInfo("UTC"))

    said = step(1, 0, None, replace(CHANNEL, quiet=quiet, zone=kyiv), now)
    assert said == (Wait(FULL_SECONDS) if is_quiet else Single())


@given(
    st.lists(st.tuples(st.integers(0, 3600), st.integers(1, 400)), max_size=30), st.integers(1, 6), st.integers(1, 20)
)
def test_no_hour_has_more_than_its_share_and_nothing_is_forgotten(
    arrivals: list[tuple[int, int]], most: int, pause: int
) -> None:
    """Whatever arrives when: at most so many in any hour, so far apart, and in the end nothing waits."""
    channel = Channel("news", most_per_hour=most, pause_seconds=pause, fold_above=3)
    sent: list[datetime] = []
    now, waiting, told = BEGIN, 0, 0
    left = sorted(arrivals)
    while left or waiting:
        while left and BEGIN + timedelta(seconds=left[0][0]) <= now:
            waiting += left.pop(0)[1]
        recent = [at for at in sent if at >= now - WINDOW]
        match step(waiting, len(recent), recent[-1] if recent else None, channel, now):
            case Single():
                sent, waiting, told = [*sent, now], waiting - 1, told + 1
            case Summary():
                sent, told, waiting = [*sent, now], told + waiting, 0
            case _:
                now += timedelta(seconds=5)
    assert told == sum(count for _, count in arrivals)
    for number, at in enumerate(sent):
        assert sum(at - WINDOW <= other <= at for other in sent[: number + 1]) <= most
        assert number == 0 or (at - sent[number - 1]).total_seconds() >= pause
