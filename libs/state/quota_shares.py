"""Who may have the next call: a pure decision over what counts now (design: the quota is planned, not hit).

A lane's reserved share is its own, in its order of precedence. Unused share is lent, but never the last of it: `keep`
of each lane stays free for the moment its first item comes, and what is lent below the order lane is spread over the
minute, so that calls come free again one by one and whoever has precedence waits about a second, not a minute.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from libs.contracts.types import Lane

WINDOW_SECONDS = 60.0


@dataclass(frozen=True, slots=True)
class Share:
    """Of all calls: what is reserved for a lane, and how much of that is not even lent."""

    reserved: float
    kept: float


SHARES: Mapping[Lane, Share] = {
    Lane.INTERACTIVE: Share(0.15, 0.05),
    Lane.ORDER: Share(0.40, 0.10),
    Lane.STOCK: Share(0.15, 0.04),
    Lane.CUSTOMER: Share(0.12, 0.02),
    Lane.CATALOGUE: Share(0.08, 0.02),
    Lane.RECONCILE: Share(0.10, 0.02),
}
# These may use what is free at once; whoever comes after them borrows at an even pace.
_UNPACED = frozenset({Lane.INTERACTIVE, Lane.ORDER})


@dataclass(frozen=True, slots=True)
class Budget:
    """What counts now: the limit, calls by lane that count, lanes that wait, when a call was last lent."""

    limit: int
    used: Mapping[Lane, int]
    waiting: frozenset[Lane]
    lent_at: datetime | None = None

    @property
    def free(self) -> int:
        """Calls that may still be made."""
        return self.limit - sum(self.used.values())

    def reserved_left(self, lane: Lane) -> int:
        """What is left of a lane's own share; every lane has at least one call."""
        return max(0, max(1, int(self.limit * SHARES[lane].reserved)) - self.used.get(lane, 0))

    def kept_for(self, lane: Lane) -> int:
        """What of it is not lent."""
        return min(int(self.limit * SHARES[lane].kept), self.reserved_left(lane))


@dataclass(frozen=True, slots=True)
class Verdict:
    """Granted (and whether it was lent), or not, and when it is worth asking again because of the pace."""

    is_granted: bool
    is_lent: bool = False
    ask_again_at: datetime | None = None


def judge(budget: Budget, lane: Lane, now: datetime) -> Verdict:
    """Whether this lane may have the next call."""
    is_lent = budget.reserved_left(lane) == 0
    if budget.free <= _ahead_of(budget, lane, is_lent):
        return Verdict(False)
    if is_lent and lane not in _UNPACED and budget.lent_at is not None:
        next_at = budget.lent_at + timedelta(seconds=WINDOW_SECONDS / budget.limit)
        if now < next_at:
            return Verdict(False, ask_again_at=next_at)
    return Verdict(True, is_lent)


def _ahead_of(budget: Budget, lane: Lane, is_lent: bool) -> int:
    """How many free calls belong to others first."""
    others = [other for other in Lane if other is not lane]
    if not is_lent:
        # Its own share: only who has precedence, waits, and has share left goes first.
        return sum(budget.reserved_left(other) for other in others if other < lane and other in budget.waiting)
    if any(other < lane and other in budget.waiting for other in others):
        return budget.limit
    return sum(budget.reserved_left(other) if other in budget.waiting else budget.kept_for(other) for other in others)
