"""One judgement of how everything stands: are both sides the same, and if not, what is late and why.

Promises: what stops the most is said first; nothing is called late that has waited less than a minute, since polls,
batches and back-offs take that long when all is well. How long it will take is told from the quota, never guessed
where it is not known.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal

LATE = timedelta(minutes=1)
Pace = Literal["reckoned", "measured", "stuck"]
Kind = Literal["same", "working", "late", "halted"]
CauseKind = Literal["process", "partner", "key", "frozen", "stopped", "paused", "outbox", "quota", "backlog"]
HALTING: tuple[CauseKind, ...] = ("process", "partner", "key", "stopped", "paused")
# Calls of KeyCRM's budget that one waiting change takes: a look and, towards KeyCRM, a write; levels share a call.
_CALLS: Mapping[str, float] = {
    "order.to_keycrm": 2, "customer.to_keycrm": 2, "article.to_keycrm": 2, "order.to_vms": 1, "customer.to_vms": 1,
    "article.to_vms": 1, "stock.to_keycrm": 0.02, "price.to_keycrm": 0.02,
}  # fmt: skip
ORDER = tuple(_CALLS)


@dataclass(frozen=True, slots=True)
class Flow:
    """What goes one way: how much waits, since when, and how long it will take."""

    name: str
    waiting: int = 0
    oldest_at: datetime | None = None
    in_hand: int = 0
    trying_again: int = 0
    asleep: int = 0
    parked: int = 0
    is_stopped: bool = False
    is_away: bool = False
    """The system it goes to does not answer."""
    is_refused: bool = False
    """The system it goes to is away for us alone: it refuses our key."""
    left: timedelta | None = None
    """Until nothing waits; None: nothing does, or it is not known."""
    pace: Pace = "reckoned"
    """Whence `left` is known: from the quota, or from how fast it gets less; stuck: late, and it gets no less."""

    @property
    def side(self) -> str:
        """Where it goes."""
        return self.name.rpartition("_")[2]

    def delay(self, now: datetime) -> timedelta:
        """How long the oldest has waited."""
        return max(now - self.oldest_at, timedelta()) if self.oldest_at else timedelta()

    def is_late(self, now: datetime) -> bool:
        """Whether it has waited longer than it does when all is well."""
        return self.delay(now) >= LATE


@dataclass(frozen=True, slots=True)
class Cause:
    """Why something waits: the partner, flow or service that it is about, and since when."""

    kind: CauseKind
    about: str = ""
    since: datetime | None = None
    detail: str = ""


@dataclass(frozen=True, slots=True)
class Verdict:
    """The sentence in parts; `causes` begin with the one that stops the most."""

    kind: Kind
    waiting: int
    delay: timedelta
    late: tuple[str, ...] = ()
    causes: tuple[Cause, ...] = ()
    questions: int = 0
    letters: int = 0


def judge(flows: tuple[Flow, ...], causes: tuple[Cause, ...], questions: int, letters: int, now: datetime) -> Verdict:
    """What is to be said first."""
    waiting = sum(flow.waiting for flow in flows)
    late = sorted((flow for flow in flows if flow.is_late(now)), key=lambda flow: flow.oldest_at or now)
    delay = max((flow.delay(now) for flow in flows), default=timedelta())
    is_halted = any(cause.kind in HALTING for cause in causes)
    kind: Kind = "halted" if is_halted else "late" if late else "working" if waiting else "same"
    if late and not causes:
        causes = (Cause("backlog"),)
    return Verdict(kind, waiting, delay, tuple(flow.name for flow in late), causes, questions, letters)


def times_left(
    waiting: Mapping[str, int], calls_a_minute: int | None, used: int, frozen_until: datetime | None, now: datetime
) -> dict[str, timedelta]:
    """How long each flow will take, in the order in which calls are given; empty where the budget is not known."""
    if not calls_a_minute:
        return {}
    frozen = max(frozen_until - now, timedelta()) if frozen_until else timedelta()
    free, needed, found = max(calls_a_minute - used, 0), 0.0, {}
    for name in ORDER:
        if waiting.get(name):
            needed += math.ceil(waiting[name] * _CALLS[name])
            beyond = max(needed - free, 0.0)
            found[name] = frozen + timedelta(seconds=max(1.0, beyond * 60 / calls_a_minute))
    return found
