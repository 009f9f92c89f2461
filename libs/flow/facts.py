"""Whether a hint or a polled row tells something that the last read did not show (rule 16)."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from decimal import Decimal
from typing import Any

from libs.contracts.keycrm import Order
from libs.reconcile import hints, normalise, wire
from libs.reconcile.hints import Facts, ReadFacts


def of_order(order: Order) -> Facts:
    """The facts of a row."""
    return of(order.status_id, order.payments_total, order.updated_at)


def of(status_id: int | None, payments_total: Decimal | None, updated_at: datetime | None) -> Facts:
    """The facts that a hint or a row tells."""
    return Facts(updated_at, status_id, normalise.money(payments_total) if payments_total is not None else None)


def remembered(order: Order, began_at: datetime) -> dict[str, Any]:
    """The facts of a read, as the binding keeps them."""
    return {**wire.dump(of_order(order)), "began_at": began_at.isoformat()}


def of_row(updated_at: datetime | None, began_at: datetime) -> dict[str, Any]:
    """The facts of a read of a buyer or product: only when it changed."""
    return {**wire.dump(Facts(updated_at)), "began_at": began_at.isoformat()}


def is_news(facts: Facts, seen: Mapping[str, Any] | None) -> bool:
    """Whether the record must be read; `seen` is what `remembered` kept of the last read."""
    if not seen:
        return True
    return hints.is_news(facts, ReadFacts(wire.load(Facts, seen), datetime.fromisoformat(seen["began_at"])))
