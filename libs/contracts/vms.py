"""VMS's REST JSON, whole: what is read is what is sent back, so that a full-replace PUT wipes nothing.

Models keep unknown fields (`extra="allow"`), since VMS may grow a column that we must not blank. Times are VMS's own:
local wall clock without an offset, kept as text here; `libs.reconcile.normalise` turns them into instants.
"""

from __future__ import annotations

from decimal import Decimal, InvalidOperation
from typing import Annotated, Any

from pydantic import BaseModel, BeforeValidator, ConfigDict, PlainSerializer
from pydantic.alias_generators import to_camel


def _decimal(value: Any) -> Any:
    if not isinstance(value, int | float | str) or isinstance(value, bool):
        return value
    try:
        return Decimal(str(value))
    except InvalidOperation:
        raise ValueError("is no number") from None


Double = Annotated[Decimal, BeforeValidator(_decimal), PlainSerializer(float, return_type=float, when_used="json")]


class VmsModel(BaseModel):
    """camelCase on the wire; unknown fields are kept and sent back; errors never repeat the input."""

    model_config = ConfigDict(
        alias_generator=to_camel, populate_by_name=True, extra="allow", frozen=True, hide_input_in_errors=True
    )


class SubPosition(VmsModel):
    """One line. It has neither SKU nor quantity column: `descriptionPos` holds the SKU on orders that we make."""

    sub_position_id: str | None = None
    breed_name: str = ""
    necessary_square_meters: Double = Decimal(0)
    linear_meters: Double = Decimal(0)
    number_of_output_pallet: Double = Decimal(0)
    price: Double = Decimal(0)
    cost: Double = Decimal(0)
    total_cost: Double = Decimal(0)
    discount: Double = Decimal(0)
    total_cost_by_discount: Double = Decimal(0)
    sales_currency: str = "UAH"
    description_pos: str | None = None
    units_of_measurement: str = "-"


class Position(VmsModel):
    """A group of lines."""

    position_id: str | None = None
    number_position: int = 1
    sub_positions: tuple[SubPosition, ...] = ()


class Order(VmsModel):
    """An order as GET answers it."""

    order_id: str
    customer_id: int
    number_order: str
    order_date: str | None = None
    last_date_change: str | None = None
    descriptions: str | None = None
    external_comment: str | None = None
    order_sum: Double = Decimal(0)
    order_status: int = 0
    payment_type: int = 0
    date_of_payment: str | None = None
    date_of_shipment: str | None = None
    shipment_status_id: int = 1
    delivery_method_id: int = 7
    deposited_amount: Double = Decimal(0)
    payment_form_id: int | None = None
    is_individual_order: bool = False
    is_wholesale_order: bool = False
    positions: tuple[Position, ...] | None = None


class Customer(VmsModel):
    """A customer as GET answers it."""

    customer_id: int
    company_name: str
    contact_name: str
    phone: str | None = None
    e_mail: str | None = None
    city: str | None = None
    address: str | None = None
    postal_code: str | None = None
    manager_id: int | None = None
    customer_status_id: int = 1
    customer_segment_id: int = 5


class LinkAccounting(VmsModel):
    """The accounting row of an article; `materialId` is the nearest thing to a SKU."""

    link_accounting_id: int | None = None
    name_position_by_accounting: str | None = None
    unit_gauge: str | None = None
    material_id: str | int | None = None


class Article(VmsModel):
    """An article as GET answers it."""

    article_id: int
    name: str
    name_ua: str | None = None
    name_en: str | None = None
    article_type: int = 0
    link_accountings: tuple[LinkAccounting, ...] | None = None


ORDER_WRITABLE = (
    "number_order", "descriptions", "order_sum", "order_status", "payment_type", "date_of_payment", "date_of_shipment",
    "shipment_status_id", "delivery_method_id", "external_comment", "deposited_amount", "payment_form_id",
    "is_individual_order", "is_wholesale_order",
)  # fmt: skip
CUSTOMER_WRITABLE = (
    "company_name", "contact_name", "phone", "e_mail", "city", "address", "postal_code", "manager_id",
    "customer_status_id", "customer_segment_id",
)  # fmt: skip
ARTICLE_WRITABLE = ("name", "name_ua", "name_en", "article_type")
