"""What VMS's database holds: the entities' columns, and beside them what only its events tell."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime

from sandbox.vms.bodies import ArticleBody, CustomerUpdate, OrderBody, SubPosition


@dataclass(slots=True)
class Payment:
    """A payment that VMS received."""

    payment_id: str
    amount: float
    paid_at: datetime
    payment_type: int
    is_cancelled: bool = False


@dataclass(slots=True)
class OrderRow:
    """An order. `skus` holds the SKU of each line that a person entered, by sub-position."""

    columns: OrderBody
    changed_at: datetime
    tracking_code: str | None = None
    payments: list[Payment] = field(default_factory=list)
    skus: dict[str, str | None] = field(default_factory=dict)

    def lines(self) -> list[SubPosition]:
        """Every line, over all positions."""
        return [line for position in self.columns.positions for line in position.sub_positions]


@dataclass(slots=True)
class CustomerRow:
    """A customer."""

    columns: CustomerUpdate
    changed_at: datetime


@dataclass(slots=True)
class Stock:
    """What lies in one warehouse, reserved units included."""

    quantity: float
    changed_at: datetime


@dataclass(slots=True)
class ArticleRow:
    """An article with what its REST face does not show: price and stock per warehouse."""

    columns: ArticleBody
    changed_at: datetime
    price: float | None = None
    price_changed_at: datetime | None = None
    currency: str = "UAH"
    stock: dict[str, Stock] = field(default_factory=dict)

    @property
    def sku(self) -> str | None:
        """The accounting code of the first accounting row."""
        links = self.columns.link_accountings
        return links[0].material_id if links else None

    @property
    def unit(self) -> str | None:
        """The accounting unit of the first accounting row."""
        links = self.columns.link_accountings
        return links[0].unit_gauge if links else None
