"""KeyCRM's JSON as it comes: both spellings of a time, decimals as numbers and as texts."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal

import pytest

from libs.contracts.keycrm import Order


@pytest.mark.parametrize(
    "spelling", ["2026-01-15T09:30:00.000000Z", "2026-01-15T11:30:00+02:00", "2026-01-15 09:30:00"]
)
def test_every_spelling_of_a_time_is_the_same_instant(spelling: str) -> None:
    """`closed_at` comes with a space and without an offset, and means UTC like the others."""
    order = Order.model_validate({"id": 1, "status_id": 12, "closed_at": spelling, "updated_at": spelling})

    assert order.closed_at == order.updated_at == datetime(2026, 1, 15, 9, 30, tzinfo=UTC)


@pytest.mark.parametrize("spelling", [1011, 1011.0, "1011", "1011.00"])
def test_every_spelling_of_a_sum_is_the_same_amount(spelling: object) -> None:
    """A float never passes through binary rounding: its shortest text counts."""
    assert Order.model_validate({"id": 1, "status_id": 1, "payments_total": spelling}).payments_total == Decimal(1011)
    assert Order.model_validate({"id": 1, "status_id": 1, "payments_total": 0.1}).payments_total == Decimal("0.1")
