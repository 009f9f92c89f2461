"""The parts of KeyCRM's JSON that we read, as it comes: both time spellings, decimals as numbers or strings.

Associations are `None` when the answer did not carry them (no `include`): absent is unknown, never empty.
Sources: the vendor's public API description and what integrators report (docs/keycrm.md).
"""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal, InvalidOperation
from typing import Annotated, Any

from pydantic import AliasChoices, BaseModel, BeforeValidator, ConfigDict, Field


def _utc(value: Any) -> Any:
    """KeyCRM's two spellings, both UTC: `2026-01-15T09:30:00.000000Z` and `2026-01-15 09:30:00`."""
    if isinstance(value, str) and value:
        moment = datetime.fromisoformat(value)
        return moment if moment.tzinfo else moment.replace(tzinfo=UTC)
    return value or None


def _texts(value: Any) -> Any:
    """A list of texts; some records carry a bare string."""
    if value is None:
        return ()
    if not isinstance(value, str | list | tuple):
        raise ValueError("is neither a text nor a list of texts")
    return (value,) if isinstance(value, str) else tuple(v for v in value if v)


def _text(value: Any) -> Any:
    """A name that some rows of the account have as null."""
    return "" if value is None else value


def _decimal(value: Any) -> Any:
    if not isinstance(value, int | float | str) or isinstance(value, bool):
        return value
    try:
        return Decimal(str(value))
    except InvalidOperation:
        raise ValueError("is no decimal") from None


Utc = Annotated[datetime | None, BeforeValidator(_utc)]
Number = Annotated[Decimal, BeforeValidator(_decimal)]
Text = Annotated[str, BeforeValidator(_text)]
Texts = Annotated[tuple[str, ...], BeforeValidator(_texts)]


class KeyCrmModel(BaseModel):
    """Unknown fields are ignored; errors never repeat the input."""

    model_config = ConfigDict(extra="ignore", frozen=True, hide_input_in_errors=True)


class Offer(KeyCrmModel):
    """A sellable variant: SKU, price, stock."""

    id: int
    product_id: int | None = None
    sku: str | None = None
    price: Number | None = None
    quantity: Number | None = None
    in_reserve: Number | None = None


class OrderLine(KeyCrmModel):
    """One line of an order; `offer` is absent on a one-off line."""

    id: int | None = None
    sku: str | None = None
    name: Text = ""
    price: Number = Decimal(0)
    quantity: Number = Decimal(1)
    discount_percent: Number | None = None
    discount_amount: Number | None = None
    unit_type: str | None = None
    offer: Offer | None = None


class OrderBuyer(KeyCrmModel):
    """The buyer inside an order: phone and e-mail are single texts here."""

    id: int
    full_name: Text = ""
    phone: Texts = ()
    email: Texts = ()


class Payment(KeyCrmModel):
    """One payment of an order; the answer to a create may carry no id."""

    id: int | None = None
    payment_method_id: int | None = None
    amount: Number = Decimal(0)
    status: Text = "not_paid"
    description: str | None = None
    payment_date: Utc = None
    created_at: Utc = None


class Shipping(KeyCrmModel):
    """The one shipping object of an order."""

    delivery_service_id: int | None = None
    tracking_code: str | None = None
    shipping_date: Utc = Field(None, validation_alias=AliasChoices("shipping_date_actual", "shipping_date"))
    """Written as `shipping_date`, shown as `shipping_date_actual`."""
    shipping_address_city: str | None = None
    shipping_receive_point: str | None = None
    recipient_full_name: str | None = None
    recipient_phone: str | None = None


class Order(KeyCrmModel):
    """An order; `products`, `payments`, `buyer`, `shipping` only when included."""

    id: int
    parent_id: int | None = None
    source_id: int | None = None
    source_uuid: str | None = None
    status_id: int
    status_group_id: int | None = None
    client_id: int | None = None
    grand_total: Number = Decimal(0)
    payments_total: Number | None = None
    payment_status: str | None = None
    manager_comment: str | None = None
    buyer_comment: str | None = None
    created_at: Utc = None
    updated_at: Utc = None
    ordered_at: Utc = None
    closed_at: Utc = None
    status_changed_at: Utc = None
    products: tuple[OrderLine, ...] | None = None
    payments: tuple[Payment, ...] | None = None
    buyer: OrderBuyer | None = None
    shipping: Shipping | None = None


class Buyer(KeyCrmModel):
    """A buyer with lists of phones and e-mails; `shipping` only when included."""

    id: int
    full_name: str
    phone: Texts = ()
    email: Texts = ()
    shipping: tuple[dict[str, Any], ...] | None = None
    created_at: Utc = None
    updated_at: Utc = None


class Product(KeyCrmModel):
    """A catalogue card."""

    id: int
    name: str
    sku: str | None = None
    price: Number | None = None
    currency_code: str | None = None
    has_offers: bool = False
    is_archived: bool = False
    updated_at: Utc = None


class WarehouseStock(KeyCrmModel):
    """Stock of one offer in one warehouse."""

    id: int
    name: str | None = None
    quantity: Number
    reserve: Number = Decimal(0)


class StockLevel(KeyCrmModel):
    """Stock of one offer: totals, and per warehouse with `filter[details]=true`."""

    id: int
    sku: str | None = None
    price: Number | None = None
    quantity: Number
    reserve: Number = Decimal(0)
    warehouse: tuple[WarehouseStock, ...] | None = None


class OrderStatus(KeyCrmModel):
    """One active order status of the account; group 6 is cancelled."""

    id: int
    name: Text = ""
    group_id: int | None = None
    is_active: bool = True


class DictionaryRow(KeyCrmModel):
    """A source, payment method or delivery service: what a pair's id is checked against."""

    id: int
    name: Text = ""
    currency_code: str | None = None
