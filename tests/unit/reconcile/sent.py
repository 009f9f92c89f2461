"""Writes of ours that are on their way, for the tests of what becomes of them."""

from __future__ import annotations

from libs.contracts.types import Side
from libs.reconcile.memory import Memory
from libs.reconcile.review import Review
from libs.reconcile.values import Value
from libs.reconcile.writing import answered, lost
from tests.unit.reconcile.builders import TABLE, agreed, at, keycrm, looked, vms, writing


def commented(value: Value = "new", *, base: Value = "old") -> Memory:
    """VMS's comment went from `base` to `value`; its write to KeyCRM has begun at 1, and lands by 100."""
    memory = agreed(manager_comment=(base, base))
    return writing(memory, Side.KEYCRM, keycrm(0, manager_comment=base), manager_comment=(value, value))


def status_on_its_way(outcome: str = "accepted") -> Memory:
    """Status 2 of VMS is on its way to KeyCRM as 4; it showed 1 since 10:00:00."""
    look = keycrm(0, status=1, status_at=-60)
    memory = writing(agreed(status=(1, 1)), Side.KEYCRM, look, status=(4, 2))
    if outcome == "accepted":
        return answered(TABLE, memory, keycrm(2, status=1, status_at=-60), ["status"])
    return lost(memory, Side.KEYCRM, ["status"], at(95))


def to_vms(outcome: str = "lost") -> Memory:
    """KeyCRM's status 4 is on its way to VMS as 2; the row showed 1, changed at -60."""
    look = vms(0, row=-60, events=-60, status=1, manager_comment="a")
    memory = writing(agreed(status=(1, 1), manager_comment=("a", "a")), Side.VMS, look, status=(2, 4))
    return lost(memory, Side.VMS, ["status"], at(95)) if outcome == "lost" else memory


def at_keycrm(memory: Memory, began: float, shown: Value, status_at: float, vms_status: int = 2) -> Review:
    """A look at both sides while KeyCRM shows that status."""
    return looked(memory, vms(began, status=vms_status), keycrm(began, status=shown, status_at=status_at))
