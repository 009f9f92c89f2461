"""What becomes of an item whose handler raised: a closed set of fates, decided by a pure function.

Promises: no clock and no dice here; the random number comes in, so a table of cases is the test. A failure of the
world never counts an attempt; an unknown outcome never repeats a write; what nobody foresaw is treated as transient.
"""

from __future__ import annotations

from dataclasses import dataclass

from libs.runtime.errors import (
    HeldElsewhere,
    LeaseLost,
    OutcomeUnknown,
    ParentNotBound,
    PermanentError,
    SyncError,
    TransientError,
    WorldUnavailable,
)
from libs.runtime.redact import place
from libs.runtime.work import Failure


@dataclass(frozen=True, slots=True)
class Limits:
    """The numbers fates are decided by."""

    attempts: int = 3
    retry_seconds: float = 5.0
    retry_max_seconds: float = 300.0
    look_seconds: float = 5.0


@dataclass(frozen=True, slots=True)
class Again:
    """Due again after a pause; `attempt` is the number of the next one."""

    name: str
    after_seconds: float
    attempt: int
    reason: str


@dataclass(frozen=True, slots=True)
class World:
    """Not the item's fault: due when the partner's circuit closes, the same attempt."""

    partner: str
    retry_after_seconds: float | None
    reason: str


@dataclass(frozen=True, slots=True)
class GivenUp:
    """A dead letter."""

    name: str
    failure: Failure


@dataclass(frozen=True, slots=True)
class Asleep:
    """Waits for its parent."""

    parent_binding_id: int


@dataclass(frozen=True, slots=True)
class Lost:
    """Another holds it: nothing may be recorded."""


Fate = Again | World | GivenUp | Asleep | Lost


def fate_of(error: Exception, attempt: int, limits: Limits, dice: float) -> Fate:
    """The fate of attempt number `attempt` that ended in `error`; `dice` is in [0, 1)."""
    match error:
        case LeaseLost():
            return Lost()
        case WorldUnavailable():
            return World(error.partner, error.retry_after_seconds, error.reason)
        case ParentNotBound():
            return Asleep(error.parent_binding_id)
        case OutcomeUnknown():
            pause = limits.look_seconds if error.look_after_seconds is None else error.look_after_seconds
            return Again("unknown", pause, attempt, error.reason)
        case HeldElsewhere():
            return Again("busy", limits.look_seconds, attempt, error.reason)
        case PermanentError():
            return GivenUp("permanent", Failure("permanent", error.reason, attempt, error.code, error.field))
        case TransientError():
            return _retry(error.reason, "exhausted", attempt, limits, dice, error.retry_after_seconds)
        case _:
            return _retry(place(error), "unexpected", attempt, limits, dice, None)


def _retry(reason: str, last: str, attempt: int, limits: Limits, dice: float, wanted: float | None) -> Fate:
    if attempt >= limits.attempts:
        return GivenUp(last, Failure(last, reason, attempt))
    pause = back_off_seconds(attempt, limits.retry_seconds, limits.retry_max_seconds, dice)
    return Again("transient", max(pause, wanted or 0.0), attempt + 1, reason)


def anew(error: Exception, limits: Limits, dice: float) -> Again:
    """The first attempt again: those before may have failed for the world's sake."""
    reason = error.reason if isinstance(error, SyncError) else place(error)
    return Again("transient", back_off_seconds(1, limits.retry_seconds, limits.retry_max_seconds, dice), 1, reason)


def back_off_seconds(attempt: int, first_seconds: float, most_seconds: float, dice: float) -> float:
    """The pause after attempt number `attempt`: doubles each time, full jitter, never under a tenth of its span.

    Full jitter spreads a crowd that failed together; the tenth keeps a lucky dice from hammering at once.
    """
    span = min(most_seconds, first_seconds * 2.0 ** min(attempt - 1, 32))
    return span * (0.1 + 0.9 * dice)
