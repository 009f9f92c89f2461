"""Cancellations: KeyCRM's wins over an order that is not shipped, VMS's goes across, a shipped order asks a person."""

from __future__ import annotations

import pytest

from tests.unit.reconcile.builders import agreed, keycrm, looked, vms


def test_keycrms_cancellation_wins_over_an_order_that_is_not_shipped() -> None:
    """Also when VMS has moved too."""
    decision = looked(agreed(status=(1, 1)), vms(status=2), keycrm(status=19)).decision

    assert decision.to_vms["status"].value == 9
    assert decision.to_keycrm == {}


@pytest.mark.parametrize(("base", "status"), [((4, 8), 4), ((1, 1), 4)])
def test_a_cancellation_of_a_shipped_order_asks_a_person(base: tuple[int, int], status: int) -> None:
    """The goods have left: neither side is written, whether or not VMS moved."""
    result = looked(agreed(status=base), vms(status=status), keycrm(status=19))

    assert [question.reason for question in result.asked] == ["cancelled_after_shipping"]
    assert result.decision.to_vms == result.decision.to_keycrm == {}


def test_a_cancellation_in_vms_goes_to_keycrm() -> None:
    """It is a status like any other there."""
    assert looked(agreed(status=(2, 4)), vms(status=9), keycrm(status=4)).decision.to_keycrm["status"].value == 19
