"""One field's case as `decide` sees it, and the verdicts a policy can give.

Promises: `has_moved` and `had_cut` look at the bases; a side without a base has moved when the other has one.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import TypeAlias

from libs.contracts.types import Side
from libs.reconcile.kinds import Asked, is_cut
from libs.reconcile.values import Bases, Spans, Value

Verdict: TypeAlias = Side | Asked


@dataclass(frozen=True, slots=True)
class Contest:
    """What both sides show in one field, their bases and the spans of the changes."""

    field: str
    vms: Value
    keycrm: Value
    bases: Bases
    spans: Spans

    def shown(self, side: Side) -> Value:
        """What that side shows."""
        return self.vms if side is Side.VMS else self.keycrm

    @property
    def is_first(self) -> bool:
        """Whether the two meet for the first time."""
        return not self.bases.has(self.field)

    def has_moved(self, side: Side) -> bool:
        """Whether that side differs from its own base (rule 2), or has none while the other has (rule 19)."""
        base = self.bases.of(side)
        return self.field not in base or base[self.field] != self.shown(side)

    def had_cut(self, side: Side) -> bool:
        """Whether that side last held the mere beginning of the other's text, for want of room."""
        return is_cut(self.bases.of(side).get(self.field), self.bases.of(side.other).get(self.field))

    def later(self, clocks: timedelta) -> Side | None:
        """The side that changed later; None when the spans are not apart or not known (rule 14)."""
        vms, keycrm = self.spans.get((Side.VMS, self.field)), self.spans.get((Side.KEYCRM, self.field))
        if vms is None or keycrm is None:
            return None
        if vms.before and keycrm.after and vms.before + clocks <= keycrm.after:
            return Side.KEYCRM
        if keycrm.before and vms.after and keycrm.before + clocks <= vms.after:
            return Side.VMS
        return None
