"""What we send to VMS, under the names of `libs.contracts.vms`; `VmsClient` turns them into VMS's camelCase.

Changes hold only what a PUT of that entity can write. Times are VMS's own local wall-clock texts, as in the models.
Source: VMS's public API (docs/vms.md).
"""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from typing import Required, TypedDict


class OrderColumns(TypedDict, total=False):
    """Columns of an order, besides its number, that its PUT writes."""

    descriptions: str | None
    order_sum: Decimal
    order_status: int
    payment_type: int
    date_of_payment: str | None
    date_of_shipment: str | None
    shipment_status_id: int
    delivery_method_id: int
    external_comment: str | None
    deposited_amount: Decimal
    payment_form_id: int | None
    is_individual_order: bool
    is_wholesale_order: bool


class OrderChanges(OrderColumns, total=False):
    """What an existing order can be told."""

    number_order: str


class SubPositionBody(TypedDict, total=False):
    """A new line; VMS has no SKU and no quantity column, so the caller says which column the unit goes by."""

    breed_name: Required[str]
    necessary_square_meters: Decimal
    number_of_output_pallet: Decimal
    linear_meters: Decimal
    cost: Decimal
    price: Decimal
    sales_currency: str
    total_cost: Decimal
    discount: Decimal
    total_cost_by_discount: Decimal
    description_pos: str | None
    units_of_measurement: str


class PositionBody(TypedDict):
    """A group of new lines."""

    number_position: int
    sub_positions: Sequence[SubPositionBody]


class OrderCreateBody(OrderColumns, total=False):
    """A new order; VMS gives it its id, its date and its change time."""

    customer_id: Required[int]
    number_order: Required[str]
    is_active: bool
    positions: Sequence[PositionBody]


class CustomerColumns(TypedDict, total=False):
    """Columns of a customer, besides its names, that its PUT writes."""

    phone: str | None
    e_mail: str | None
    city: str | None
    address: str | None
    postal_code: str | None
    manager_id: int | None
    customer_status_id: int
    customer_segment_id: int


class CustomerChanges(CustomerColumns, total=False):
    """What an existing customer can be told."""

    company_name: str
    contact_name: str


class CustomerBody(CustomerColumns, total=False):
    """A new customer."""

    company_name: Required[str]
    contact_name: Required[str]


class ArticleChanges(TypedDict, total=False):
    """Columns of an article that its PUT writes."""

    name: str
    name_ua: str | None
    name_en: str | None
    article_type: int
