"""The JSON bodies of VMS's REST API, which are its entities' columns too.

A body may carry whatever a read answers: what is not writable is read, checked and left alone.
"""

from __future__ import annotations

from typing import Any

from pydantic import Field

from sandbox.vms.columns import (
    YEAR_ONE,
    Byte,
    Columns,
    Double,
    Guid,
    Int32,
    LocalTime,
    MaybeEmail,
    MaybeText20,
    MaybeText50,
    MaybeText255,
    MaybeText500,
    MaybeText1000,
    Required255,
    Text10,
    Text255,
)

EMPTY_GUID = "00000000-0000-0000-0000-000000000000"


class SubPosition(Columns):
    """One line of an order. No SKU, no quantity: a unit has its own column."""

    sub_position_id: Guid = EMPTY_GUID
    breed_name: Text255 = ""
    number_of_input_pallet: Double | None = None
    number_of_output_pallet: Double = 0
    necessary_square_meters: Double = 0
    ready_square_meters: Double = 0
    cost: Double = 0
    price: Double = 0
    sales_currency: Text10 = ""
    total_cost: Double = 0
    description_pos: MaybeText1000 = None
    linear_meters: Double = 0
    discount: Double = 0
    total_cost_by_discount: Double = 0
    flex_order_position: Text255 = ""
    price_manually: Double = 0
    is_price_manually: bool = False
    units_of_measurement: Text10 = "-"
    position_discount_id: Int32 | None = None
    is_accrual_of_bonus: bool = False
    directory_mark_id: Int32 | None = None
    position: Any = None


class Position(Columns):
    """A group of lines."""

    position_id: Guid = EMPTY_GUID
    order_id: Guid = EMPTY_GUID
    number_position: Int32 = 0
    order: Any = None
    sub_positions: list[SubPosition] = Field(default_factory=list)


class OrderBody(Columns):
    """An order: every column, and the entities a read shows beside them."""

    order_id: Guid = EMPTY_GUID
    customer_id: Int32 = 0
    number_order: Required255
    order_date: LocalTime = YEAR_ONE
    descriptions: MaybeText1000 = None
    manager_id: Int32 | None = None
    last_date_change: LocalTime = YEAR_ONE
    order_sum: Double = 0
    order_status: Byte = 0
    payment_type: Byte = 0
    date_of_payment: LocalTime | None = None
    is_active: bool = False
    manager_id_for_last_update: Int32 | None = None
    is_delete_reserv_order: bool = False
    date_of_shipment: LocalTime | None = None
    shipment_status_id: Int32 = 1
    delivery_method_id: Int32 = 7
    count_sold_items: Int32 = 0
    manager_id_for_last_open: Int32 | None = None
    is_closed: bool = False
    external_comment: MaybeText1000 = None
    deposited_amount: Double = 0
    payment_form_id: Int32 | None = None
    is_individual_order: bool = False
    is_wholesale_order: bool = False
    customer: Any = None
    manager: Any = None
    shipment_status: Any = None
    delivery_method: Any = None
    payment_form: Any = None
    positions: list[Position] = Field(default_factory=list)


class CustomerUpdate(Columns):
    """The body of a customer's PUT: a status or segment that is not sent becomes 0, which no directory has."""

    company_name: Required255
    contact_name: Required255
    phone: MaybeText50 = None
    e_mail: MaybeEmail = None
    city: MaybeText255 = None
    address: MaybeText500 = None
    postal_code: MaybeText20 = None
    manager_id: Int32 | None = None
    customer_status_id: Int32 = 0
    customer_segment_id: Int32 = 0
    customer_id: Int32 = 0
    last_buy_date: LocalTime | None = None
    count_orders: Int32 = 0
    sum_of_all_orders: Double = 0
    last_recalculation_date: LocalTime | None = None
    manager: Any = None
    customer_status: Any = None
    customer_segment: Any = None
    email_details: Any = None
    phone_details: Any = None


class CustomerCreate(CustomerUpdate):
    """The body of a customer's POST, with the defaults of a new one."""

    customer_status_id: Int32 = 1
    customer_segment_id: Int32 = 5


class LinkAccounting(Columns):
    """An article's row in the accounts; `materialId` is the nearest thing to a SKU."""

    link_accounting_id: Int32 = 0
    article_id: Int32 = 0
    name_position_by_accounting: MaybeText255 = None
    unit_gauge: MaybeText255 = None
    material_id: MaybeText255 = None
    article: Any = None


class ArticleBody(Columns):
    """An article. Its stock and price are not in this API."""

    article_id: Int32 = 0
    name: Required255
    name_ua: MaybeText255 = None
    name_en: MaybeText255 = None
    article_type: Int32 = 0
    link_accountings: list[LinkAccounting] = Field(default_factory=list)


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
