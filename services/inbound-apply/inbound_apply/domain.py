"""Which of KeyCRM's orders go to VMS at all.

Promises: an order is refused with a sentence that names the fix, or ignored with one that says why.
"""

from __future__ import annotations

from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from libs.contracts.keycrm import Order


@dataclass(frozen=True, slots=True)
class Admission:
    """Whether an order may be created in VMS; `ignored` is not ours to move, `refused` wants a person."""

    verdict: Literal["created", "ignored", "refused"]
    reason: str = ""


def admit(order: Order, sources: AbstractSet[int], start_at: datetime) -> Admission:
    """Judge an order that has no pair in VMS yet (design: identity and creates)."""
    if sources and order.source_id not in sources:
        return Admission("ignored", f"source {order.source_id} is not among KEYCRM_ORDER_SOURCES")
    born = order.ordered_at or order.created_at
    if born is not None and born < start_at:
        return Admission("ignored", "older than SYNC_START_AT")
    if order.buyer is None:
        return Admission("refused", "the order has no buyer: add one in KeyCRM, then sync the order again")
    return Admission("created")
