"""The time left on the page Now: measured from what really gets less, and said to be reckoned where it is not."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from console.domain.pace import Sample, measured, sample
from console.domain.verdict import Flow

NOW = datetime(2026, 1, 15, 12, 0, tzinfo=UTC)
RECKONED = timedelta(minutes=9)


def flow(count: int, since: float = 300, *, is_stopped: bool = False, is_away: bool = False) -> Flow:
    """A flow in which so many wait, the oldest for so many seconds; its time was reckoned."""
    oldest_at = NOW - timedelta(seconds=since)
    return Flow("order.to_keycrm", count, oldest_at, is_stopped=is_stopped, is_away=is_away, left=RECKONED)


def looks(*told: tuple[float, int]) -> list[Sample]:
    """So many seconds ago so many waited."""
    return [Sample(NOW - timedelta(seconds=ago), {"order.to_keycrm": count}) for ago, count in told]


def told(now: Flow, *before: tuple[float, int]) -> tuple[timedelta | None, str]:
    """What is told of the flow after these looks and one more."""
    found = measured([now], [*looks(*before), sample(NOW, [now])], NOW)[0]
    return found.left, found.pace


def test_time_left_follows_how_fast_it_gets_less() -> None:
    """Sixty were done in a minute, a hundred and twenty wait: two minutes, whatever the quota would allow."""
    assert told(flow(120), (60, 180), (30, 150)) == (timedelta(minutes=2), "measured")


def test_a_burst_is_measured_from_its_height() -> None:
    """What was little before it came is no reason to say that it grows."""
    assert told(flow(60), (120, 2), (60, 100), (30, 80)) == (timedelta(seconds=90), "measured")


def test_few_looks_and_old_ones_measure_nothing() -> None:
    """The first look after somebody opened the page, and one from before lunch: then it is reckoned."""
    assert told(flow(120)) == (RECKONED, "reckoned")
    assert told(flow(120), (10, 180)) == (RECKONED, "reckoned")
    assert told(flow(120), (3600, 180)) == (RECKONED, "reckoned")


def test_what_is_late_and_gets_no_less_has_no_time() -> None:
    """A promise of nine minutes that is renewed for ever is none; what is not late simply goes on."""
    assert told(flow(120), (90, 110), (60, 118)) == (None, "stuck")
    assert told(flow(2, since=5), (90, 1), (60, 2)) == (RECKONED, "reckoned")


def test_what_waits_for_a_person_or_a_system_is_not_measured() -> None:
    """The page says whom it waits for."""
    assert told(flow(60, is_stopped=True), (60, 100)) == (RECKONED, "reckoned")
    assert told(flow(60, is_away=True), (60, 100)) == (RECKONED, "reckoned")
