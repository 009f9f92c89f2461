"""The rows of an account, as KeyCRM's tables hold them; shapes on the wire are `wire`'s business.

Row times have whole seconds, as the real ones do; `touched` keeps the exact moments for searches that lag.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

TOUCHES_KEPT = 50
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass
class Row:
    """What every row has."""

    id: int
    created_at: datetime = EPOCH
    updated_at: datetime = EPOCH
    touched: list[datetime] = field(default_factory=list)

    def touch(self, now: datetime) -> None:
        """The row changed now."""
        self.updated_at = now.replace(microsecond=0)
        self.touched = [*self.touched[-TOUCHES_KEPT:], now]

    def born(self, now: datetime) -> None:
        """The row was made now."""
        self.created_at = now.replace(microsecond=0)
        self.touch(now)

    def indexed_at(self, horizon: datetime) -> datetime | None:
        """The `updated_at` that a search index as old as `horizon` knows; None when it does not know the row."""
        if self.touched and self.touched[-1] <= horizon:
            return self.updated_at
        known = [moment for moment in self.touched if moment <= horizon]
        return max(known).replace(microsecond=0) if known else None


@dataclass
class Line(Row):
    """One line of an order; without an offer it is a one-off line that takes no part in stock."""

    sku: str | None = None
    name: str = ""
    offer_id: int | None = None
    warehouse_id: int | None = None
    price: Decimal = Decimal(0)
    purchased_price: Decimal | None = None
    discount_percent: Decimal | None = None
    discount_amount: Decimal | None = None
    quantity: Decimal = Decimal(1)
    unit_type: str | None = None
    comment: str | None = None
    product_status_id: int | None = None
    picture: str | None = None
    properties: list[dict[str, str]] = field(default_factory=list)

    @property
    def price_sold(self) -> Decimal:
        """The price of one unit after the line's discounts."""
        percent = self.price * (self.discount_percent or Decimal(0)) / 100
        return self.price - percent - (self.discount_amount or Decimal(0))


@dataclass
class Money(Row):
    """A payment or an expense of an order; `kind_id` is the payment method or the expense type."""

    order_id: int = 0
    kind_id: int = 0
    amount: Decimal = Decimal(0)
    status: str | None = None
    description: str | None = None
    payment_date: datetime | None = None


@dataclass
class Order(Row):
    """One order. `stock_moves` is what it has reserved or written off: (kind, offer, warehouse, quantity)."""

    source_id: int = 0
    source_uuid: str | None = None
    parent_id: int | None = None
    buyer_id: int | None = None
    manager_id: int | None = None
    status_id: int = 0
    status_changed_at: datetime = EPOCH
    closed_at: datetime | None = None
    ordered_at: datetime = EPOCH
    buyer_comment: str | None = None
    manager_comment: str | None = None
    promocode: str | None = None
    discount_percent: Decimal | None = None
    discount_amount: Decimal | None = None
    shipping_price: Decimal | None = None
    wrap_price: Decimal | None = None
    taxes: Decimal | None = None
    gift_message: str | None = None
    is_gift: bool = False
    gift_wrap: bool = False
    shipping: dict[str, Any] = field(default_factory=dict)
    marketing: dict[str, Any] = field(default_factory=dict)
    lines: list[Line] = field(default_factory=list)
    payments: list[Money] = field(default_factory=list)
    expenses: list[Money] = field(default_factory=list)
    tags: list[int] = field(default_factory=list)
    custom_fields: dict[str, Any] = field(default_factory=dict)
    stock_moves: list[tuple[str, int, int, Decimal]] = field(default_factory=list)

    @property
    def products_total(self) -> Decimal:
        """The lines after their own discounts."""
        return sum((line.price_sold * line.quantity for line in self.lines), Decimal(0))

    @property
    def order_discount(self) -> Decimal:
        """The discount on the whole order."""
        return self.products_total * (self.discount_percent or Decimal(0)) / 100 + (self.discount_amount or Decimal(0))

    @property
    def grand_total(self) -> Decimal:
        """What the buyer has to pay."""
        extras = [self.shipping_price, self.wrap_price, self.taxes]
        return self.products_total - self.order_discount + sum((extra or Decimal(0) for extra in extras), Decimal(0))

    @property
    def payments_total(self) -> Decimal:
        """What has been paid; cancelled and awaited payments count nothing."""
        return sum((payment.amount for payment in self.payments if payment.status == "paid"), Decimal(0))

    @property
    def payment_status(self) -> str:
        """not_paid, part_paid, paid or overpaid."""
        paid, due = self.payments_total, self.grand_total
        if paid <= 0:
            return "not_paid"
        if paid < due:
            return "part_paid"
        return "paid" if paid == due else "overpaid"


@dataclass
class Buyer(Row):
    """One buyer of the address book."""

    full_name: str = ""
    phones: list[str] = field(default_factory=list)
    emails: list[str] = field(default_factory=list)
    birthday: str | None = None
    note: str | None = None
    discount: Decimal | None = None
    company_id: int | None = None
    manager_id: int | None = None
    addresses: list[dict[str, Any]] = field(default_factory=list)
    custom_fields: dict[str, Any] = field(default_factory=dict)
    is_possible_duplicate: bool = False


@dataclass
class Product(Row):
    """One catalogue card; what is sold are its offers."""

    name: str = ""
    description: str | None = None
    currency_code: str = "UAH"
    unit_type: str | None = None
    category_id: int | None = None
    pictures: list[str] = field(default_factory=list)
    has_offers: bool = False
    is_archived: bool = False
    custom_fields: dict[str, Any] = field(default_factory=dict)


@dataclass
class Offer(Row):
    """One sellable variant; `sizes` holds weight, length, width and height."""

    product_id: int = 0
    sku: str | None = None
    barcode: str | None = None
    price: Decimal | None = None
    purchased_price: Decimal | None = None
    image_url: str | None = None
    sizes: dict[str, Decimal] = field(default_factory=dict)
    properties: list[dict[str, str]] = field(default_factory=list)


@dataclass
class Stock:
    """One offer in one warehouse; `quantity` is physical, `reserve` is part of it."""

    quantity: Decimal = Decimal(0)
    reserve: Decimal = Decimal(0)
