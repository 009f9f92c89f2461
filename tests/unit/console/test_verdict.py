"""The sentence of the page Now: what is said first, what is late, how long it will take."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from console.domain.verdict import Cause, Flow, judge, times_left

NOW = datetime(2026, 1, 15, 12, 0, tzinfo=UTC)


def waiting(seconds: float, count: int = 1, name: str = "order.to_vms") -> Flow:
    """A flow whose oldest change waits so long."""
    return Flow(name, count, NOW - timedelta(seconds=seconds))


def test_nothing_waits_and_nothing_stands_still_is_the_same() -> None:
    """Whatever questions and letters there are: they wait for a person, not the sync."""
    found = judge((Flow("order.to_vms"),), (), questions=3, letters=1, now=NOW)

    assert (found.kind, found.waiting, found.questions, found.letters) == ("same", 0, 3, 1)


def test_less_than_a_minute_is_not_late() -> None:
    """Polls, batches and back-offs take that long when all is well."""
    assert judge((waiting(59),), (), 0, 0, NOW).kind == "working"
    assert judge((waiting(60),), (), 0, 0, NOW).kind == "late"


def test_late_flows_are_told_with_the_longest_wait_first() -> None:
    """And why; where no cause is known, there is simply more to do than usual."""
    found = judge(
        (waiting(90, name="stock.to_keycrm"), waiting(600), waiting(5, name="order.to_keycrm")), (), 0, 0, NOW
    )

    assert found.late == ("order.to_vms", "stock.to_keycrm")
    assert found.delay == timedelta(minutes=10)
    assert found.causes == (Cause("backlog"),)


def test_a_system_that_is_away_is_told_before_anything_is_late() -> None:
    """Nobody should have to wait for a minute to hear it; a pause that KeyCRM asked for is no standstill."""
    away, refusing, frozen = Cause("partner", "vms"), Cause("key", "keycrm"), Cause("frozen", "keycrm")

    assert judge((), (away,), 0, 0, NOW).kind == judge((), (refusing,), 0, 0, NOW).kind == "halted"
    assert judge((), (frozen,), 0, 0, NOW).kind == "same"


def test_time_left_follows_the_quota() -> None:
    """Sixty calls a minute, twenty used: of 140 orders' 280 calls forty go at once, the others take four minutes."""
    left = times_left({"order.to_keycrm": 140}, 60, 20, None, NOW)

    assert left == {"order.to_keycrm": timedelta(minutes=4)}


def test_what_goes_first_delays_what_goes_after_it() -> None:
    """And a pause delays all."""
    left = times_left({"order.to_keycrm": 60, "article.to_keycrm": 30}, 60, 60, NOW + timedelta(minutes=1), NOW)

    assert left["order.to_keycrm"] == timedelta(minutes=3)
    assert left["article.to_keycrm"] == timedelta(minutes=4)


def test_nothing_is_guessed_before_the_quota_is_known() -> None:
    """Before the first call nobody knows it."""
    assert times_left({"order.to_keycrm": 5}, None, 0, None, NOW) == {}
