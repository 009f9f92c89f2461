"""Events, hints and polls as they come (rules 15 to 17)."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from libs.reconcile.hints import Facts, is_news, poll_interval
from tests.unit.reconcile.builders import TIMES, at

HINT = Facts(updated_at=at(0), status_id=4, payments_total="10.00")
SEEN = replace(HINT, content="one payment")


def test_rule_16_a_webhook_that_repeats_what_was_seen_costs_no_read() -> None:
    """It says just what the last read said, or what our own write will show."""
    assert not is_news(HINT, SEEN)
    assert not is_news(HINT, replace(SEEN, updated_at=None))


def test_rule_16_a_second_part_payment_in_the_same_second_is_read() -> None:
    """Every fact of the row is as it was; the polled row itself shows the payment, and its content tells."""
    assert not is_news(replace(HINT, content="one payment"), SEEN)
    assert is_news(replace(HINT, content="two payments"), SEEN)


@pytest.mark.parametrize(
    "hint",
    [
        replace(HINT, status_id=8),
        replace(HINT, payments_total="20.00"),
        replace(HINT, updated_at=at(1)),
        replace(HINT, updated_at=None),
        replace(HINT, payments_total=None),
    ],
)
def test_rule_16_any_other_fact_is_news(hint: Facts) -> None:
    """Also one that the webhook does not say."""
    assert is_news(hint, SEEN)


def test_rule_16_without_a_read_everything_is_news() -> None:
    """The first hint about an order is read."""
    assert is_news(HINT, None)


def test_rule_17_a_poll_reaches_back_beyond_the_watermark_by_the_searchs_lag() -> None:
    """A row indexed after its interval has passed is found by the next poll."""
    start, end = poll_interval(at(100), at(130), TIMES)

    assert start == at(100) - TIMES.search_lag
    assert end == at(130) - timedelta(seconds=2)


def test_rule_17_a_clock_that_went_back_makes_no_interval_that_ends_before_it_begins() -> None:
    """An empty poll is harmless, a reversed one is refused."""
    start, end = poll_interval(at(500), at(130), TIMES)

    assert start <= end
