"""Every failure has one fate, and the pauses are what they say."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from libs.runtime.errors import (
    GoneError,
    HeldElsewhere,
    LeaseLost,
    OutcomeUnknown,
    ParentNotBound,
    PermanentError,
    TransientError,
    WorldUnavailable,
)
from libs.runtime.fates import Again, Asleep, Fate, GivenUp, Limits, Lost, World, back_off_seconds, fate_of
from libs.runtime.work import Failure

LIMITS = Limits(attempts=3, retry_seconds=10.0, retry_max_seconds=100.0, look_seconds=5.0)

CASES: list[tuple[Exception, int, Fate]] = [
    (WorldUnavailable("down", "vms", 7.0), 3, World("vms", 7.0, "down")),
    (TransientError("odd"), 1, Again("transient", 10.0, 2, "odd")),
    (TransientError("odd"), 2, Again("transient", 20.0, 3, "odd")),
    (TransientError("odd", retry_after_seconds=90.0), 1, Again("transient", 90.0, 2, "odd")),
    (TransientError("odd"), 3, GivenUp("exhausted", Failure("exhausted", "odd", 3))),
    (PermanentError("no", "pair", "status"), 1, GivenUp("permanent", Failure("permanent", "no", 1, "pair", "status"))),
    (GoneError("order 7"), 1, GivenUp("permanent", Failure("permanent", "order 7", 1, "gone", None))),
    (OutcomeUnknown("cut", "KC-7"), 3, Again("unknown", 5.0, 3, "cut")),
    (OutcomeUnknown("cut", "KC-7", look_after_seconds=70.0), 2, Again("unknown", 70.0, 2, "cut")),
    (HeldElsewhere("binding 8"), 3, Again("busy", 5.0, 3, "binding 8")),
    (ParentNotBound("client", 9), 3, Asleep(9)),
    (LeaseLost("fenced"), 1, Lost()),
    (ValueError("Олена"), 1, Again("transient", 10.0, 2, "ValueError")),
    (ValueError("Олена"), 3, GivenUp("unexpected", Failure("unexpected", "ValueError", 3))),
]  # fmt: skip


@pytest.mark.parametrize(("error", "attempt", "fate"), CASES)
def test_each_error_has_its_fate(error: Exception, attempt: int, fate: Fate) -> None:
    """The table: the world counts nothing, an unknown outcome repeats nothing, the third attempt is the last."""
    dice = 1.0  # the whole span

    assert fate_of(error, attempt, LIMITS, dice) == fate


@given(attempt=st.integers(1, 10_000), dice=st.floats(0, 1, exclude_max=True))
def test_back_off_stays_within_its_span(attempt: int, dice: float) -> None:
    """Never longer than the limit, never so short that it hammers."""
    pause = back_off_seconds(attempt, 5.0, 300.0, dice)

    assert 0.5 <= pause <= 300.0


@given(attempt=st.integers(1, 20))
def test_back_off_doubles(attempt: int) -> None:
    """The same dice one attempt later: twice as long, until the limit."""
    first, second = (back_off_seconds(n, 1.0, 1e9, 0.5) for n in (attempt, attempt + 1))

    assert second == pytest.approx(2 * first)
