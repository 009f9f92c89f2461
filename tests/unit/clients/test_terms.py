"""No call starts that could outlive its lease."""

from __future__ import annotations

import pytest

from libs.clients.terms import Terms
from libs.contracts.types import Lane
from libs.runtime.errors import LeaseLost
from tests.fakes import ManualClock, lease


async def test_a_call_without_a_lease_has_its_own_limit() -> None:
    """A poll holds no binding."""
    assert await Terms(Lane.RECONCILE).seconds_for_a_call(15) == 15


async def test_a_lease_too_short_for_the_limit_is_renewed_first() -> None:
    """Cutting a write short makes its outcome unknown, so time is asked for before it starts."""
    clock = ManualClock()
    terms = Terms(Lane.ORDER, lease(clock, 10, renewed_seconds=60))

    assert await terms.seconds_for_a_call(15) == 15


async def test_a_call_ends_before_its_lease() -> None:
    """Where a lease is shorter than the time limit, the lease decides, less what it takes to stop."""
    clock = ManualClock()
    terms = Terms(Lane.ORDER, lease(clock, 10))

    assert await terms.seconds_for_a_call(15) == 9


async def test_nothing_starts_at_the_end_of_a_lease() -> None:
    """Too little time is no time."""
    clock = ManualClock()

    with pytest.raises(LeaseLost):
        await Terms(Lane.ORDER, lease(clock, 2.5)).seconds_for_a_call(15)
