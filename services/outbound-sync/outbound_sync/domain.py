"""Which of VMS's orders go to KeyCRM at all."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from libs.contracts.events import VmsOrderEvent


@dataclass(frozen=True, slots=True)
class Admission:
    """Whether an order may be created in KeyCRM, and why not."""

    verdict: Literal["created", "ignored"]
    reason: str = ""


def admit(event: VmsOrderEvent | None, start_at: datetime) -> Admission:
    """Judge an order that has no pair in KeyCRM yet. Its lines' SKUs come by event alone: without one it waits."""
    if event is None:
        return Admission("ignored", "VMS has sent no event of this order yet: its SKUs are unknown")
    if event.order_date < start_at:
        return Admission("ignored", "older than SYNC_START_AT")
    return Admission("created")


NO_SKU = "VMS has not told this article's SKU yet: its next event will"
