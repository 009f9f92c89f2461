"""Circuits, one a partner: while one is open nobody claims work that needs it; then one probe at a time may pass.

Promises: opened by a failure of the world, for as long as the partner asked or a doubling pause; half open, a single
item passes; its success closes the circuit, its failure opens it for longer. Who was away lately is remembered, so that
what fails at the edge of an outage is not taken for an entity's own failure. Clock and dice come in.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

import structlog

from libs.runtime import metrics
from libs.runtime.fates import back_off_seconds
from libs.runtime.work import Clock

log = structlog.get_logger("runtime.circuit")
FIRST_SECONDS = 1.0
# A partner that came back is noticed within this; the longest pause between two probes.
MOST_SECONDS = 15.0
# Beyond a call's time limit and the longest pause: what failed in an outage has come to light within this.
LATELY_SECONDS = 60.0
# While another item is the probe: look again after this.
_PROBE_SECONDS = 0.25


@dataclass(slots=True)
class _Circuit:
    opens_again_at: datetime
    failures: int = 1
    is_probing: bool = False


class Circuits:
    """All circuits of this process; its workers share one instance."""

    def __init__(self, clock: Clock, dice: Callable[[], float]) -> None:
        self._clock = clock
        self._dice = dice
        self._open: dict[str, _Circuit] = {}
        self._away_at: dict[str, datetime] = {}

    def open(self, partner: str, reason: str, retry_after_seconds: float | None = None) -> None:
        """The partner failed: nobody claims for a while."""
        now, circuit = self._clock(), self._open.get(partner)
        if retry_after_seconds is None:  # a partner that says when to come again is there
            self._away_at[partner] = now
        if circuit is not None and now < circuit.opens_again_at:
            return  # a straggler of the same failure does not lengthen the pause
        failures = circuit.failures + 1 if circuit else 1
        pause = back_off_seconds(failures, FIRST_SECONDS, MOST_SECONDS, self._dice())
        pause = max(pause, retry_after_seconds or 0.0)
        self._open[partner] = _Circuit(now + timedelta(seconds=pause), failures)
        metrics.PARTNER_UP.labels(partner).set(0)
        log.warning("circuit.opened", partner=partner, reason=reason, failures=failures, pause_seconds=round(pause, 3))

    def close(self, partners: Iterable[str]) -> None:
        """These partners answered."""
        for partner in partners:
            metrics.PARTNER_UP.labels(partner).set(1)
            if self._open.pop(partner, None) is not None:
                log.info("circuit.closed", partner=partner)

    def were_away_lately(self, partners: Iterable[str]) -> bool:
        """Whether one of these was away so shortly ago that a failure of now may still be of it."""
        since = self._clock() - timedelta(seconds=LATELY_SECONDS)
        return any(self._away_at[partner] > since for partner in partners if partner in self._away_at)

    def wait_seconds(self, partners: Iterable[str]) -> float:
        """How long until work that needs these may be claimed; 0: now."""
        now = self._clock()
        waits = [
            max((circuit.opens_again_at - now).total_seconds(), _PROBE_SECONDS if circuit.is_probing else 0.0)
            for circuit in self._needed(partners)
        ]
        return max([0.0, *waits])

    def begin_probe(self, partners: Iterable[str]) -> bool:
        """An item begins; True: it is the probe of those that are half open, and must end it."""
        half_open = self._needed(partners)
        for circuit in half_open:
            circuit.is_probing = True
        return bool(half_open)

    def end_probe(self, partners: Iterable[str]) -> None:
        """The item that was the probe has ended, whatever came of it."""
        for circuit in self._needed(partners):
            circuit.is_probing = False

    def _needed(self, partners: Iterable[str]) -> list[_Circuit]:
        return [self._open[partner] for partner in partners if partner in self._open]
