"""The forms that staff fill in. A field that a form does not have is refused, so that a mistyped test cannot pass."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict

from sandbox.keycrm.wire import moment_of


def _time(value: str) -> str:
    moment_of(value)
    return value


Time = Annotated[str, AfterValidator(_time)]


class Form(BaseModel):
    """What all forms share: only what was filled in counts."""

    model_config = ConfigDict(extra="forbid")

    def filled(self) -> dict[str, Any]:
        """The fields that were filled in, as the API's bodies name them."""
        return self.model_dump(exclude_unset=True)


class BuyerOfOrder(Form):
    """A buyer by id, or by contact data."""

    id: int | None = None
    full_name: str | None = None
    phone: str | None = None
    email: str | None = None


class LineForm(Form):
    """A line: of a new order, to be changed (by id or SKU), or to be added."""

    id: int | None = None
    sku: str | None = None
    name: str | None = None
    price: float | None = None
    purchased_price: float | None = None
    discount_percent: float | None = None
    discount_amount: float | None = None
    quantity: float | None = None
    unit_type: str | None = None
    comment: str | None = None
    product_status_id: int | None = None
    picture: str | None = None
    properties: list[dict[str, str]] | None = None


class ShippingForm(Form):
    """The one shipping of an order; staff may also replace a tracking code."""

    delivery_service_id: int | None = None
    tracking_code: str | None = None
    shipping_service: str | None = None
    shipping_address_city: str | None = None
    shipping_address_country: str | None = None
    shipping_address_region: str | None = None
    shipping_address_zip: str | None = None
    shipping_secondary_line: str | None = None
    shipping_receive_point: str | None = None
    recipient_full_name: str | None = None
    recipient_phone: str | None = None
    warehouse_ref: str | None = None
    shipping_date: Time | None = None


class PaymentForm(Form):
    """A new payment."""

    amount: float
    payment_method_id: int = 1
    status: Literal["paid", "not_paid", "canceled"] = "paid"
    description: str | None = None
    payment_date: Time | None = None

    def filled(self) -> dict[str, Any]:
        """The defaults of this form count: a payment always has a method and a status."""
        return self.model_dump()


class PaymentEdit(Form):
    """What can be changed of a payment."""

    status: Literal["paid", "not_paid", "canceled"] | None = None
    description: str | None = None


class OrderEdit(Form):
    """What staff can change of an order; lines are changed by id or SKU, or added, and removed by id."""

    status_id: int | None = None
    buyer_id: int | None = None
    manager_id: int | None = None
    source_uuid: str | None = None
    manager_comment: str | None = None
    buyer_comment: str | None = None
    promocode: str | None = None
    discount_percent: float | None = None
    discount_amount: float | None = None
    shipping_price: float | None = None
    wrap_price: float | None = None
    taxes: float | None = None
    tags: list[int] | None = None
    shipping: ShippingForm | None = None
    products: list[LineForm] | None = None
    remove_products: list[int] | None = None
    custom_fields: list[dict[str, Any]] | None = None


class OrderForm(Form):
    """A new order, as `POST /order` takes it, and with what only staff can say: status, copied from, made when."""

    source_id: int
    source_uuid: str | None = None
    status_id: int | None = None
    parent_id: int | None = None
    created_at: Time | None = None
    ordered_at: Time | None = None
    buyer: BuyerOfOrder | None = None
    manager_id: int | None = None
    manager_comment: str | None = None
    buyer_comment: str | None = None
    promocode: str | None = None
    discount_percent: float | None = None
    discount_amount: float | None = None
    shipping_price: float | None = None
    wrap_price: float | None = None
    taxes: float | None = None
    is_gift: bool | None = None
    gift_wrap: bool | None = None
    gift_message: str | None = None
    tags: list[int] | None = None
    shipping: ShippingForm | None = None
    products: list[LineForm] | None = None
    payments: list[PaymentForm] | None = None
    marketing: dict[str, str | None] | None = None
    custom_fields: list[dict[str, Any]] | None = None


class BuyerEdit(Form):
    """A buyer's fields; lists are replaced as a whole."""

    full_name: str | None = None
    phone: list[str] | None = None
    email: list[str] | None = None
    birthday: str | None = None
    note: str | None = None
    discount: float | None = None
    manager_id: int | None = None
    shipping: list[dict[str, str | None]] | None = None
    custom_fields: list[dict[str, Any]] | None = None


class BuyerForm(BuyerEdit):
    """A new buyer; staff can say since when he is known."""

    full_name: str
    created_at: Time | None = None


class MergeForm(BaseModel):
    """Two buyers that are one person: `from` vanishes, `into` stays."""

    model_config = ConfigDict(extra="forbid", validate_by_name=True, alias_generator=lambda name: name.rstrip("_"))

    from_: int
    into: int


class ProductEdit(Form):
    """A product's fields; SKU and price are those of its one offer."""

    name: str | None = None
    description: str | None = None
    sku: str | None = None
    barcode: str | None = None
    price: float | None = None
    purchased_price: float | None = None
    unit_type: str | None = None
    category_id: int | None = None
    is_archived: bool | None = None


class ProductForm(ProductEdit):
    """A new product; `stock` is a quantity for each warehouse id."""

    name: str
    stock: dict[int, float] = {}


class StockForm(Form):
    """What staff counted in a warehouse."""

    warehouse_id: int
    sku: str
    quantity: float


class LeadForm(Form):
    """A card of a pipeline that changed its status; only its webhook is played."""

    title: str = "Wholesale request"
    status_id: int = 2
    pipeline_id: int = 1
    contact_id: int = 6604
