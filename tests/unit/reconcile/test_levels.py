"""Stock and price as levels (rules 29, 30)."""

from __future__ import annotations

from decimal import Decimal

from hypothesis import given
from hypothesis import strategies as st

from libs.reconcile.levels import Level, begin_send, halves, is_due, see, sent, want
from tests.unit.reconcile.builders import TIMES, at


def shown(value: int) -> Level:
    """KeyCRM shows what is wanted."""
    return sent(begin_send(want(None, Decimal(value), at(0), at(0))), Decimal(value), at(1))


def test_rule_29_stock_5_4_5_ends_at_5() -> None:
    """The 4 was on its way when 5 was wanted again: 5 is sent, though KeyCRM showed 5 before."""
    level = begin_send(want(shown(5), Decimal(4), at(10), at(10)))
    level = want(level, Decimal(5), at(11), at(11))

    assert is_due(level, at(11))
    assert begin_send(level).sending == 5


def test_rule_29_an_unknown_outcome_is_sent_again() -> None:
    """Absolute values: once more does no harm."""
    level = begin_send(want(None, Decimal(4), at(0), at(0)))

    assert is_due(level, at(5))


def test_rule_29_the_newest_change_wins_in_any_order() -> None:
    """An older event that comes late changes nothing; one of the same time does."""
    level = want(None, Decimal(4), at(10), at(10))

    assert want(level, Decimal(9), at(9), at(11)) == level
    assert want(level, Decimal(9), at(10), at(11)).wanted == 9


def test_rule_29_what_keycrm_shows_already_is_not_sent() -> None:
    """A replay of the present value costs no call."""
    assert not is_due(want(shown(5), Decimal(5), at(20), at(20)), at(20))


def test_rule_29_a_value_wanted_during_the_send_is_still_due_after_it() -> None:
    """The answer was to the value before."""
    level = want(begin_send(want(None, Decimal(4), at(0), at(0))), Decimal(3), at(1), at(1))

    assert is_due(sent(level, Decimal(4), at(2)), at(2))


def test_rule_30_a_figure_that_keycrm_changed_waits_for_vmss_own_event() -> None:
    """KeyCRM's write-off on shipment is not undone for a minute, so the shop does not oversell."""
    level = see(shown(5), Decimal(4), at(10), TIMES)

    assert not is_due(level, at(69))
    assert is_due(level, at(70))


def test_rule_30_vmss_own_event_ends_the_wait() -> None:
    """VMS says 4 too: nothing is sent."""
    level = see(shown(5), Decimal(4), at(10), TIMES)
    level = want(level, Decimal(4), at(12), at(12))

    assert level.wanted == 4
    assert not is_due(see(sent(begin_send(level), Decimal(4), at(13)), Decimal(4), at(14), TIMES), at(999))


def test_rule_30_each_new_figure_restarts_the_wait() -> None:
    """A shop that sells on writes off one after the other; the same figure again does not restart it."""
    level = see(shown(5), Decimal(4), at(10), TIMES)
    newer = see(level, Decimal(3), at(40), TIMES)
    same = see(level, Decimal(4), at(40), TIMES)

    assert not is_due(newer, at(99))
    assert is_due(newer, at(100))
    assert is_due(same, at(70))


def test_rule_30_a_figure_that_is_right_again_ends_the_wait() -> None:
    """A person corrected it himself."""
    level = see(see(shown(5), Decimal(4), at(10), TIMES), Decimal(5), at(20), TIMES)

    assert level.due_at is None


def test_a_manual_edit_of_stock_in_keycrm_is_sent_over_not_carried() -> None:
    """VMS's figure returns: what is sent is what VMS wanted."""
    assert begin_send(see(shown(5), Decimal(77), at(10), TIMES)).sending == 5


def test_an_echo_of_our_own_push_is_quiet_and_the_human_edit_after_it_is_not_swallowed() -> None:
    """Every stock push comes back as a webhook."""
    echoed = see(shown(5), Decimal(5), at(2), TIMES)
    edited = see(echoed, Decimal(6), at(3), TIMES)

    assert echoed.due_at is None
    assert is_due(edited, at(63))


def test_a_figure_seen_before_the_send_does_not_hold_a_value_that_vms_wants() -> None:
    """A drift never delays a real change."""
    level = want(see(shown(5), Decimal(6), at(10), TIMES), Decimal(8), at(12), at(12))

    assert is_due(see(level, Decimal(7), at(13), TIMES), at(13))


@given(st.lists(st.tuples(st.integers(0, 9), st.integers(0, 9)), min_size=1))
def test_rule_29_wanted_is_the_value_of_the_latest_change_whatever_the_order(changes: list[tuple[int, int]]) -> None:
    """Of changes of one time the last that came."""
    level: Level | None = None
    for value, second in changes:
        level = want(level, Decimal(value), at(second), at(100))

    latest = max(second for _, second in changes)
    assert level is not None
    assert level.wanted == [value for value, second in changes if second == latest][-1]


@given(st.lists(st.integers(), min_size=2, max_size=50))
def test_a_refused_batch_is_halved_until_the_bad_one_is_alone(batch: list[int]) -> None:
    """Both halves are smaller, nothing is lost, nothing doubled."""
    first, second = halves(batch)

    assert [*first, *second] == batch
    assert first
    assert second
