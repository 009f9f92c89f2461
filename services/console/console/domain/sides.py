"""Both sides of a record, field by field: what each shows, and whether they are in step.

Promises: in step means what the merge means by it: each side shows its own image of when the two last agreed. What is
on its way, asked about, or has never been compared is told as such, never as a difference.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from decimal import Decimal
from enum import StrEnum
from typing import Any

from libs.contracts.types import Entity, Side
from libs.reconcile import normalise, payments
from libs.reconcile.memory import Memory
from libs.reconcile.values import Image, Seen

ORDER: Mapping[Entity, tuple[str, ...]] = {
    Entity.ORDER: (
        "status", "lines", "deposited_amount", "shipping_date", "delivery_service", "tracking_code",
        "manager_comment", "buyer_comment",
    ),
    Entity.CUSTOMER: ("name", "phone", "email", "city", "address", "postal_code"),
    Entity.ARTICLE: ("name",),
}  # fmt: skip
"""How people read a record."""
PAID = "deposited_amount"
"""VMS's amount; in KeyCRM the sum of an order's payments stands for it."""
INNER = frozenset({"phones", "emails", "payments_total"})
"""What only the merge looks at."""


class Standing(StrEnum):
    """How a field stands."""

    IN_STEP = "in_step"
    ASKED = "asked"
    ON_ITS_WAY = "on_its_way"
    MOVED = "moved"
    """A side shows something else than was agreed on: the next look decides."""
    UNCOMPARED = "uncompared"
    """The two have never been seen agreeing, or one side has not been seen at all."""


@dataclass(frozen=True, slots=True)
class Shown:
    """One side of a field; `after`, `before`: the span in which it became so, as far as it is known."""

    value: Any = None
    is_known: bool = False
    base: Any = None
    after: datetime | None = None
    before: datetime | None = None
    has_moved: bool = False


@dataclass(frozen=True, slots=True)
class FieldOfBoth:
    """A field with both sides, how it stands, and the question about it."""

    field: str
    vms: Shown
    keycrm: Shown
    standing: Standing
    conflict_id: int | None = None
    towards: tuple[Side, ...] = ()
    """Whither a write is on its way."""


def fields(entity: Entity, memory: Memory, asked: Mapping[str, int]) -> tuple[FieldOfBoth, ...]:
    """Every field that either side has shown or that was agreed on; `asked` holds live questions by field."""
    known = [*(name for _, name in memory.spans), *memory.bases.vms, *memory.bases.keycrm, *asked]
    names = [name for name in dict.fromkeys([*ORDER[entity], *known]) if name in known and name not in INNER]
    return tuple(_field(memory, name, asked.get(name)) for name in names)


def paid_in(both: tuple[FieldOfBoth, ...], total: str | None) -> tuple[FieldOfBoth, ...]:
    """With what the payments made when KeyCRM's order was last read: the merge remembers which, not the sum."""
    shown = Shown(total, is_known=total is not None)
    return tuple(replace(one, keycrm=shown) if one.field == PAID else one for one in both)


def paid_when_agreed(memory: Memory) -> str | None:
    """What KeyCRM's payments made when the two last agreed: VMS's amount but for what a person let stand beside it."""
    amount = memory.bases.vms.get(PAID)
    return normalise.money(Decimal(str(amount)) - payments.offset(memory)) if amount is not None else None


def is_in_step(both: tuple[FieldOfBoth, ...]) -> bool:
    """Whether all fields are; where nothing was compared nobody knows."""
    return bool(both) and all(one.standing is Standing.IN_STEP for one in both)


def _field(memory: Memory, name: str, conflict_id: int | None) -> FieldOfBoth:
    vms, keycrm = _shown(memory, Side.VMS, name), _shown(memory, Side.KEYCRM, name)
    towards = tuple(write.side for write in memory.pending if write.field == name)
    return FieldOfBoth(
        name, vms, keycrm, _standing(memory, name, vms, keycrm, conflict_id, towards), conflict_id, towards
    )


def _standing(
    memory: Memory, name: str, vms: Shown, keycrm: Shown, conflict_id: int | None, towards: tuple[Side, ...]
) -> Standing:
    if conflict_id is not None:
        return Standing.ASKED
    if towards:
        return Standing.ON_ITS_WAY
    if not memory.bases.has(name) or not (vms.is_known and keycrm.is_known):
        return Standing.UNCOMPARED
    return Standing.MOVED if vms.has_moved or keycrm.has_moved else Standing.IN_STEP


def _shown(memory: Memory, side: Side, name: str) -> Shown:
    base, seen = memory.bases.of(side), memory.spans.get((side, name))
    if seen is None:
        return Shown(base.get(name), name in base, base.get(name))
    return _seen(seen, name in base, base.get(name))


def _seen(seen: Seen, has_base: bool, base: Any) -> Shown:
    return Shown(seen.value, True, base, seen.after, seen.before, has_moved=has_base and seen.value != base)


def told(image: Image) -> tuple[FieldOfBoth, ...]:
    """A record of VMS that only its newest event tells of."""
    return tuple(
        FieldOfBoth(name, Shown(value, is_known=True), Shown(), Standing.UNCOMPARED) for name, value in image.items()
    )
