"""Circuits open for failures of the world, let one probe through, and close when it succeeds."""

from __future__ import annotations

import pytest

from libs.runtime.circuit import MOST_SECONDS, Circuits
from tests.unit.runtime.fakes import ManualClock

BOTH = frozenset({"keycrm", "vms"})


@pytest.fixture
def clock() -> ManualClock:
    """Time that stands still."""
    return ManualClock()


@pytest.fixture
def circuits(clock: ManualClock) -> Circuits:
    """All circuits closed."""
    return Circuits(clock, lambda: 1.0)


def test_a_closed_circuit_lets_work_through(circuits: Circuits) -> None:
    """Nothing failed: no wait."""
    assert circuits.wait_seconds(BOTH) == 0


def test_an_open_circuit_holds_what_needs_its_partner(circuits: Circuits) -> None:
    """VMS is down: work that needs it waits, work that needs KeyCRM alone does not."""
    circuits.open("vms", "refused")

    assert circuits.wait_seconds(BOTH) > 0
    assert circuits.wait_seconds({"keycrm"}) == 0


def test_it_stays_open_as_long_as_the_partner_asked(circuits: Circuits) -> None:
    """Retry-After is obeyed."""
    circuits.open("keycrm", "429", retry_after_seconds=40.0)

    assert circuits.wait_seconds(BOTH) == 40.0


def test_only_one_probe_passes_when_it_is_half_open(circuits: Circuits, clock: ManualClock) -> None:
    """After the pause one item begins; until it ends the next waits."""
    circuits.open("vms", "refused")
    clock.forward(5)
    assert circuits.wait_seconds(BOTH) == 0

    assert circuits.begin_probe(BOTH)

    assert circuits.wait_seconds(BOTH) > 0
    circuits.end_probe(BOTH)
    assert circuits.wait_seconds(BOTH) == 0


def test_nothing_is_a_probe_while_all_circuits_are_closed(circuits: Circuits) -> None:
    """Ordinary items do not hold each other back."""
    assert not circuits.begin_probe(BOTH)
    assert circuits.wait_seconds(BOTH) == 0


def test_a_failed_probe_opens_it_for_longer_up_to_a_limit(circuits: Circuits, clock: ManualClock) -> None:
    """The pause doubles and ends growing."""
    pauses = []
    for _ in range(8):
        circuits.open("vms", "refused")
        pauses.append(circuits.wait_seconds(BOTH))
        clock.forward(pauses[-1])

    assert pauses[:4] == [1, 2, 4, 8]
    assert pauses[-1] == MOST_SECONDS


def test_stragglers_of_the_same_failure_do_not_lengthen_the_pause(circuits: Circuits) -> None:
    """Eight items in hand fail together: it opened once."""
    for _ in range(8):
        circuits.open("vms", "refused")

    assert circuits.wait_seconds(BOTH) == 1


def test_success_closes_it(circuits: Circuits, clock: ManualClock) -> None:
    """The probe succeeded: everything flows, and the next failure begins small again."""
    circuits.open("vms", "refused")
    clock.forward(2)
    circuits.open("vms", "refused")
    circuits.close(BOTH)
    assert circuits.wait_seconds(BOTH) == 0

    circuits.open("vms", "refused")

    assert circuits.wait_seconds(BOTH) == 1
