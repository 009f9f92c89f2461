"""The bodies of the admin calls: what a person types into VMS. Names are VMS's own; an unknown one is refused."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field
from pydantic.alias_generators import to_camel

from sandbox.vms.columns import read_time

PERSON = "storekeeper"
Time = Annotated[datetime, BeforeValidator(read_time)]
Byte = Annotated[int, Field(ge=0, le=255)]
Text255 = Annotated[str, Field(min_length=1, max_length=255)]
Text1000 = Annotated[str, Field(max_length=1000)]


class Edit(BaseModel):
    """One person's edit. Only what is sent is changed; `changedBy` is who the event says it was."""

    model_config = ConfigDict(extra="forbid", alias_generator=to_camel, hide_input_in_errors=True)

    changed_by: str = PERSON

    def sent(self, *names: str) -> dict[str, object]:
        """The named fields that were sent."""
        return {name: getattr(self, name) for name in names if name in self.model_fields_set}


class LineEdit(Edit):
    """A line: name, price and unit come from the article with this SKU where they are not given."""

    sub_position_id: str | None = None
    sku: str | None = None
    name: Text255 | None = None
    quantity: Annotated[float, Field(ge=0)] = 1
    unit: Annotated[str, Field(max_length=10)] | None = None
    price: float | None = None
    discount: Annotated[float, Field(ge=0, le=100)] = 0
    currency: Annotated[str, Field(max_length=10)] = "UAH"


class OrderEdit(Edit):
    """`PATCH /_admin/orders/{guid}`. `lines` replaces all lines; one with a known subPositionId or SKU keeps its id."""

    number_order: Text255 | None = None
    customer_id: int | None = None
    order_status: Byte = 1
    payment_type: Byte = 0
    order_date: Time | None = None
    descriptions: Text1000 | None = None
    external_comment: Text1000 | None = None
    tracking_code: Annotated[str, Field(max_length=255)] | None = None
    date_of_shipment: Time | None = None
    delivery_method_id: int = 7
    shipment_status_id: int = 1
    deposited_amount: float = 0
    lines: list[LineEdit] = []


class OrderWanted(OrderEdit):
    """`POST /_admin/orders`. Without a number the order gets the next of VMS's own."""

    customer_id: int


class PaymentWanted(Edit):
    """`POST /_admin/orders/{guid}/payments`."""

    amount: float
    payment_type: Byte = 1
    paid_at: Time | None = None


class PaymentEdit(Edit):
    """`PATCH /_admin/orders/{guid}/payments/{paymentId}`."""

    is_cancelled: bool


class CustomerEdit(Edit):
    """`PATCH /_admin/customers/{id}`."""

    company_name: Text255 = "-"
    contact_name: Text255 = "-"
    phone: Annotated[str, Field(max_length=50)] | None = None
    e_mail: Annotated[str, Field(max_length=255)] | None = None
    city: Annotated[str, Field(max_length=255)] | None = None
    address: Annotated[str, Field(max_length=500)] | None = None
    postal_code: Annotated[str, Field(max_length=20)] | None = None
    manager_id: int | None = None
    customer_status_id: int = 1
    customer_segment_id: int = 5


class CustomerWanted(CustomerEdit):
    """`POST /_admin/customers`. Without a company the person's name stands for it."""

    contact_name: Text255


class ArticleEdit(Edit):
    """`PATCH /_admin/articles/{id}`. `stock` is quantity by warehouse."""

    name: Text255 = "-"
    name_ua: Annotated[str, Field(max_length=255)] | None = None
    name_en: Annotated[str, Field(max_length=255)] | None = None
    sku: Annotated[str, Field(max_length=255)] | None = None
    unit: Annotated[str, Field(max_length=10)] | None = "шт"
    currency: Annotated[str, Field(max_length=10)] = "UAH"
    price: float | None = None
    stock: dict[str, float] = {}


class ArticleWanted(ArticleEdit):
    """`POST /_admin/articles`."""

    name: Text255


class StockEdit(Edit):
    """`PUT /_admin/articles/{id}/stock`."""

    warehouse: str
    quantity: float


class PriceEdit(Edit):
    """`PUT /_admin/articles/{id}/price`."""

    price: float


class SkuStock(Edit):
    """One stock of `Levels`."""

    sku: str
    warehouse: str
    quantity: float


class SkuPrice(Edit):
    """One price of `Levels`."""

    sku: str
    price: float


class Levels(Edit):
    """`PUT /_admin/levels`: many articles' stock and prices at once, an event for each, in the order given."""

    stock: list[SkuStock] = []
    price: list[SkuPrice] = []


class Reset(Edit):
    """`POST /_admin/reset`. `firstId`: where the numbers of customers, articles and payments begin."""

    seed: Annotated[str, Field(pattern="^(shop|empty)$")] | None = None
    first_id: Annotated[int, Field(ge=1)] = 1


class Replay(Edit):
    """`POST /_admin/events/replay`."""

    n: list[int]


class Announcement(Edit):
    """`POST /_admin/events/announce`: `updated` for every row, as an initial load of the topics does."""

    entities: list[Annotated[str, Field(pattern="^(order|customer|article)$")]] = ["customer", "article", "order"]
