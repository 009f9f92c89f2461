"""The bodies we send to KeyCRM. An absent key is not sent and stays as it was; None is sent as null.

KeyCRM ignores a misplaced or misspelt field without an error, so the type checker is what catches it. Money is
`Decimal`, an instant an aware `datetime`, a day a `date`; `libs.clients.http` writes them as KeyCRM reads them.
Source: the vendor's public API description (docs/keycrm.md).
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime
from decimal import Decimal
from typing import Literal, Required, TypedDict

PaymentStatus = Literal["paid", "not_paid", "canceled"]


class CustomFieldBody(TypedDict):
    """A custom field by its account-specific id, for example `OR_1001`."""

    uuid: str
    value: str | Sequence[str] | None


class OrderBuyerBody(TypedDict, total=False):
    """Whose order it is; KeyCRM joins buyers by name and phone (and e-mail, if given)."""

    id: int
    full_name: str
    phone: str | None
    email: str | None


class OrderLineBody(TypedDict, total=False):
    """A new line. A `sku` that the catalogue knows binds the line to the offer and its stock."""

    sku: str
    name: str
    price: Decimal
    quantity: Decimal
    discount_percent: Decimal | None
    discount_amount: Decimal | None
    unit_type: str
    comment: str


class OrderLineChangeBody(TypedDict, total=False):
    """A change of a line that the order has; it is found by `id` or `sku` and never added."""

    id: int
    sku: str
    name: str
    price: Decimal
    quantity: Decimal
    discount_percent: Decimal | None
    discount_amount: Decimal | None
    comment: str


class OrderShippingBody(TypedDict, total=False):
    """The one shipping object. `tracking_code` may be written once; a second write is an error at KeyCRM."""

    delivery_service_id: int | None
    tracking_code: str | None
    shipping_date: date | None
    shipping_address_city: str | None
    shipping_address_country: str | None
    shipping_address_region: str | None
    shipping_address_zip: str | None
    shipping_secondary_line: str | None
    shipping_receive_point: str | None
    recipient_full_name: str | None
    recipient_phone: str | None


class PaymentBody(TypedDict, total=False):
    """A payment; `payment_method_id` is one of the account's, the status is `paid` when not given."""

    amount: Required[Decimal]
    payment_method_id: Required[int]
    status: PaymentStatus
    description: str | None
    payment_date: datetime | None


class PaymentChangeBody(TypedDict, total=False):
    """All that can be changed of a payment: there is no delete, `canceled` is one."""

    status: PaymentStatus
    description: str | None


class OrderCreateBody(TypedDict, total=False):
    """A new order. It has no status: KeyCRM starts it in the account's first one."""

    source_id: Required[int]
    source_uuid: Required[str]
    buyer: Required[OrderBuyerBody]
    buyer_comment: str | None
    manager_comment: str | None
    discount_percent: Decimal | None
    discount_amount: Decimal | None
    shipping_price: Decimal | None
    taxes: Decimal | None
    ordered_at: datetime | None
    shipping: OrderShippingBody
    products: Sequence[OrderLineBody]
    payments: Sequence[PaymentBody]
    custom_fields: Sequence[CustomFieldBody]


class OrderUpdateBody(TypedDict, total=False):
    """What an existing order can be told: no source, buyer, `source_uuid` or new line."""

    status_id: int
    buyer_comment: str | None
    manager_comment: str | None
    discount_percent: Decimal | None
    discount_amount: Decimal | None
    products: Sequence[OrderLineChangeBody]
    shipping: OrderShippingBody
    custom_fields: Sequence[CustomFieldBody]


class BuyerAddressBody(TypedDict, total=False):
    """One delivery address of a buyer."""

    address: str | None
    additional_address: str | None
    city: str | None
    region: str | None
    zip_code: str | None
    country: str | None
    recipient_full_name: str | None
    recipient_phone: str | None


class BuyerBody(TypedDict, total=False):
    """A buyer, new or changed: KeyCRM wants `full_name` each time, and a list replaces the whole list."""

    full_name: Required[str]
    phone: Sequence[str]
    email: Sequence[str]
    note: str | None
    shipping: Sequence[BuyerAddressBody]
    custom_fields: Sequence[CustomFieldBody]


class ProductColumns(TypedDict, total=False):
    """Columns of a product besides its name."""

    description: str
    sku: str
    barcode: str
    price: Decimal
    purchased_price: Decimal
    currency_code: str
    unit_type: str
    category_id: int


class ProductChangeBody(ProductColumns, total=False):
    """What a product can be told; fields left out stay as they were."""

    name: str


class ProductBody(ProductColumns, total=False):
    """A product without variants: KeyCRM makes its one offer, which has the SKU, price and stock."""

    name: Required[str]


class OfferPrice(TypedDict, total=False):
    """A price of one offer, found by `sku` or `id`."""

    sku: str
    id: int
    price: Required[Decimal]


class StockItem(TypedDict):
    """The physical quantity of one SKU in one warehouse, reserved units included."""

    sku: str
    quantity: Decimal
