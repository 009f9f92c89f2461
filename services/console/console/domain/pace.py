"""How long what waits will take, measured from how fast it really gets less.

Promises: a time is told as measured only from looks that lie far enough apart; what arrives meanwhile counts, since it
waits too. Where nothing is measured yet the reckoned time stands, and what is late and gets no less has none.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from console.domain.verdict import LATE, Flow

SHORTEST = timedelta(seconds=20)
"""Less says nothing: work is done in batches, and a poll takes its time."""
LONGEST = timedelta(minutes=5)
"""What was longer ago says nothing about now."""


@dataclass(frozen=True, slots=True)
class Sample:
    """How much waited in each flow at one look."""

    at: datetime
    waiting: Mapping[str, int]


def sample(at: datetime, flows: Sequence[Flow]) -> Sample:
    """What this look has seen."""
    return Sample(at, {flow.name: flow.waiting for flow in flows})


def measured(flows: Sequence[Flow], samples: Sequence[Sample], now: datetime) -> tuple[Flow, ...]:
    """The flows with the time that each will really take; `samples` from the oldest to the newest, this look's last."""
    known = [one for one in samples if now - one.at <= LONGEST]
    return tuple(_measured(flow, [(one.at, one.waiting.get(flow.name, 0)) for one in known], now) for flow in flows)


def _measured(flow: Flow, known: Sequence[tuple[datetime, int]], now: datetime) -> Flow:
    if not known or not flow.waiting or flow.is_stopped or flow.is_away:
        return flow
    # From the last time at which the most waited: what came before that was another burst.
    most_at, most = max(known, key=lambda one: (one[1], one[0]))
    if most > flow.waiting and now - most_at >= SHORTEST:
        return replace(flow, left=(now - most_at) * flow.waiting / (most - flow.waiting), pace="measured")
    before = [waiting for at, waiting in known if now - at >= LATE]
    is_stuck = flow.is_late(now) and bool(before) and flow.waiting >= before[-1]
    return replace(flow, left=None, pace="stuck") if is_stuck else flow
