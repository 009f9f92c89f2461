"""Who may have the next call: shares, lending, precedence, pace (pure)."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from libs.contracts.types import Lane
from libs.state.quota import lower
from libs.state.quota_shares import SHARES, Budget, judge

NOW = datetime(2026, 1, 15, 9, 30, tzinfo=UTC)


def budget(used: dict[Lane, int], *waiting: Lane, limit: int = 60, lent_at: datetime | None = None) -> Budget:
    """A budget of 60 unless it says otherwise."""
    return Budget(limit, used, frozenset(waiting), lent_at)


def granted_alone(lane: Lane, limit: int = 60) -> int:
    """How many calls a lane gets in a minute when nobody else asks."""
    used = 0
    while judge(budget({lane: used}, limit=limit), lane, NOW).is_granted:
        used += 1
    return used


def test_shares_add_up_to_the_whole() -> None:
    """What is reserved is all there is, and less is kept than reserved."""
    assert sum(share.reserved for share in SHARES.values()) == pytest.approx(1.0)
    assert set(SHARES) == set(Lane)
    assert all(share.kept <= share.reserved for share in SHARES.values())


def test_unused_share_is_lent() -> None:
    """A lane alone gets far more than its own share, but never the last of the others'."""
    assert granted_alone(Lane.ORDER) == 52
    assert granted_alone(Lane.RECONCILE) == 60 - 14 + 1


@pytest.mark.parametrize("lane", [Lane.INTERACTIVE, Lane.ORDER, Lane.STOCK])
def test_a_lane_finds_a_call_when_another_has_taken_all_it_may(lane: Lane) -> None:
    """A sweep or a flood of catalogue work leaves room for the first order, stock batch and person."""
    hungry = Lane.RECONCILE
    assert judge(budget({hungry: granted_alone(hungry)}), lane, NOW).is_granted


def test_a_waiting_lane_with_precedence_goes_first() -> None:
    """The one free call is the waiting person's."""
    full = budget({Lane.ORDER: 24, Lane.STOCK: 9, Lane.RECONCILE: 26}, Lane.INTERACTIVE)
    assert full.free == 1
    assert not judge(full, Lane.CUSTOMER, NOW).is_granted
    assert judge(full, Lane.INTERACTIVE, NOW).is_granted


def test_a_waiting_lane_gets_its_own_share_back_before_anyone_borrows() -> None:
    """Orders that have used their share do not take what stock waits for."""
    full = budget({Lane.ORDER: 51}, Lane.STOCK)
    assert full.free == 9
    assert not judge(full, Lane.ORDER, NOW).is_granted
    assert judge(full, Lane.STOCK, NOW).is_granted


def test_nobody_borrows_before_a_waiting_lane_of_precedence() -> None:
    """While orders wait, the sweep gets its own share and no more."""
    used = {Lane.ORDER: 30, Lane.RECONCILE: 6}
    assert not judge(budget(used, Lane.ORDER), Lane.RECONCILE, NOW).is_granted
    assert judge(budget({**used, Lane.RECONCILE: 5}, Lane.ORDER), Lane.RECONCILE, NOW).is_granted


def test_what_is_lent_below_orders_is_spread_over_the_minute() -> None:
    """Borrowed calls come one a second, so they also come free one a second."""
    used = {Lane.CATALOGUE: 10}
    refused = judge(budget(used, lent_at=NOW), Lane.CATALOGUE, NOW + timedelta(seconds=0.9))
    assert not refused.is_granted
    assert refused.ask_again_at == NOW + timedelta(seconds=1)
    assert judge(budget(used, lent_at=NOW), Lane.CATALOGUE, NOW + timedelta(seconds=1)).is_granted
    assert judge(budget({Lane.ORDER: 30}, lent_at=NOW), Lane.ORDER, NOW).is_granted


@pytest.mark.parametrize("limit", [1, 2, 3, 5, 10, 20])
@pytest.mark.parametrize("lane", list(Lane))
def test_every_lane_gets_a_call_under_the_smallest_limit(limit: int, lane: Lane) -> None:
    """However low the partner's limit is, a lane alone is served."""
    assert granted_alone(lane, limit) >= 1


@given(
    limit=st.integers(1, 200),
    used=st.dictionaries(st.sampled_from(list(Lane)), st.integers(0, 60)),
    waiting=st.sets(st.sampled_from(list(Lane))),
    lane=st.sampled_from(list(Lane)),
)
def test_never_more_than_the_limit(limit: int, used: dict[Lane, int], waiting: set[Lane], lane: Lane) -> None:
    """No share, loan or precedence makes a call out of nothing."""
    now = Budget(limit, used, frozenset(waiting))
    if judge(now, lane, NOW).is_granted:
        assert now.free >= 1


@given(
    limit=st.integers(1, 200),
    used=st.dictionaries(st.sampled_from(list(Lane)), st.integers(0, 30)),
    waiting=st.sets(st.sampled_from(list(Lane)), min_size=1),
)
def test_the_first_waiting_lane_with_share_left_is_served(
    limit: int, used: dict[Lane, int], waiting: set[Lane]
) -> None:
    """Nobody waits for somebody who waits for him: while a call is free, someone with share left may have it."""
    now = Budget(limit, used, frozenset(waiting))
    entitled = [lane for lane in sorted(waiting) if now.reserved_left(lane) > 0]
    if now.free >= 1 and entitled:
        assert judge(now, entitled[0], NOW).is_granted


@pytest.mark.parametrize(
    ("status", "limit", "remaining", "expected"),
    [
        (200, None, None, 60),
        (200, 60, 41, 60),
        (200, 20, 10, 20),
        (200, 60, 21, 40),
        (200, 60, 1, 30),
        (429, None, None, 30),
        (429, 10, 0, 10),
        (200, 120, 119, 60),
        (200, 0, -1, 60),
        (None, None, None, 60),
    ],
)
def test_what_an_answer_says_of_the_limit(
    status: int | None, limit: int | None, remaining: int | None, expected: int
) -> None:
    """Headers and a 429 lower the limit, never raise it; 19 calls count, this one among them."""
    assert lower(60, 19, status, limit, remaining) == expected


def test_the_limit_never_falls_to_nothing() -> None:
    """One call a minute is left to find out that the partner answers again."""
    assert lower(1, 1, 429, None, 0) == 1
