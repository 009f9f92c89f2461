"""Whether a hint or a polled row tells something that the last read did not show (rule 16)."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from decimal import Decimal
from typing import Any

from libs.contracts.keycrm import Buyer, Order, Product
from libs.reconcile import contents, hints, normalise, wire
from libs.reconcile.contents import Content
from libs.reconcile.hints import Facts


def of_order(order: Order) -> Facts:
    """The facts of an order read, or polled, with all that is included."""
    return contents.of_order(order).facts()


def of_buyer(buyer: Buyer) -> Facts:
    """The facts of a buyer read, or polled, with his addresses."""
    return contents.of_buyer(buyer).facts()


def of_product(product: Product) -> Facts:
    """The facts of a product."""
    return contents.of_product(product).facts()


def of(status_id: int | None, payments_total: Decimal | None, updated_at: datetime | None) -> Facts:
    """The facts that a hint tells."""
    return Facts(updated_at, status_id, normalise.money(payments_total) if payments_total is not None else None)


def remembered(content: Content) -> dict[str, Any]:
    """The facts of a read, or of what our write will have made of it, as the binding keeps them."""
    facts: dict[str, Any] = wire.dump(content.facts())
    return facts


def is_news(told: Facts, seen: Mapping[str, Any] | None) -> bool:
    """Whether the record must be read; `seen` is what `remembered` kept of it."""
    return hints.is_news(told, wire.load(Facts, seen) if seen else None)
