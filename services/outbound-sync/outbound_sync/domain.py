"""Which of VMS's orders go to KeyCRM at all, which article events concern more than levels, which rows are news."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal

from libs.contracts.events import VmsArticleEvent, VmsOrderEvent
from libs.reconcile import normalise
from libs.reconcile.memory import Memory
from libs.reconcile.values import Image

CLOCKS = timedelta(minutes=10)
"""How far VMS's clock may be behind ours: what it changed within that time before a look is looked at once more."""


@dataclass(frozen=True, slots=True)
class Admission:
    """Whether an order may be created in KeyCRM, and why not."""

    verdict: Literal["created", "ignored"]
    reason: str = ""


def admit(event: VmsOrderEvent | None, start_at: datetime) -> Admission:
    """Judge an order that has no pair in KeyCRM yet. Its lines' SKUs come by event alone: without one it waits."""
    if event is None or "lines" not in event.model_fields_set:
        return Admission("ignored", "VMS has sent no event with this order's lines yet: its SKUs are unknown")
    if event.order_date < start_at:
        return Admission("ignored", "older than SYNC_START_AT")
    return Admission("created")


def is_unseen(changed_at: datetime | None, told_at: datetime | None, looked_at: datetime | None) -> bool:
    """Whether a row of VMS's has changed since an event told of it (on VMS's clock) or we looked at it (on ours)."""
    if changed_at is None:
        return looked_at is None
    is_told = told_at is not None and changed_at <= told_at
    is_looked_at = looked_at is not None and changed_at <= looked_at - CLOCKS
    return not is_told and not is_looked_at


NO_SKU = "VMS has not told this article's SKU yet: its next event will"


def is_for_levels_alone(
    event: VmsArticleEvent, event_type: str, shown: Image, memory: Memory | None, known_sku: str | None
) -> bool:
    """Whether an article's event tells nothing but stock and prices, so that the article itself need not be looked at.

    `memory` is that of a bound article (None: it has no pair yet), `known_sku` the SKU it was bound by or last told
    with. A half is not looked at again for every piece sold.
    """
    if known_sku is None or normalise.line(event.sku) != known_sku:
        return False
    if memory is None:
        return event_type in ("vms.article.stock-changed", "vms.article.price-changed")
    is_busy = bool(memory.pending) or memory.creation is not None
    bases = memory.bases
    return (
        not is_busy
        and bool(shown)
        and all(
            name in bases.keycrm and name in bases.vms and bases.vms[name] == value for name, value in shown.items()
        )
    )
