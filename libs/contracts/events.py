"""Every event type that crosses our topics, as pydantic models.

VMS's events carry the whole entity as VMS has it after the change and the time of the change with an offset
(`changedAt`). A field that is absent is unknown, a field that is `null` is empty. Hints from KeyCRM carry what the
webhook said, reduced to what decides whether a read is needed; they never carry personal data.
"""

from __future__ import annotations

from decimal import Decimal
from typing import Annotated, Any, Literal

from pydantic import Field

from libs.contracts.types import CamelModel, Guid, Instant, Money

# ---- VMS → us ---------------------------------------------------------------------------------------------------


class VmsLine(CamelModel):
    """One sub-position of a VMS order; `quantity` counts `unit`, prices are in `currency`."""

    sub_position_id: Guid
    sku: str | None = None
    name: Annotated[str, Field(max_length=255)]
    quantity: Money
    unit: Annotated[str, Field(max_length=10)] = "-"
    price: Money
    discount: Money = Decimal(0)
    currency: Annotated[str, Field(max_length=10)] = "UAH"


class VmsPayment(CamelModel):
    """One payment that VMS received. `paymentId` is VMS's own and never changes."""

    payment_id: Annotated[str, Field(min_length=1, max_length=64)]
    amount: Money
    paid_at: Instant
    payment_type: Annotated[int, Field(ge=0, le=255)] = 0
    is_cancelled: bool = False


class VmsOrderEvent(CamelModel):
    """The whole order after the change: every line with its SKU, all payments, the tracking code.

    `lastDateChange` is the row's own local wall-clock time (VMS_TIME_ZONE), as the REST API shows it.
    """

    order_id: Guid
    changed_at: Instant
    last_date_change: str | None = None
    changed_by: str | None = None
    number_order: Annotated[str, Field(max_length=255)]
    customer_id: int
    order_date: Instant
    order_status: Annotated[int, Field(ge=0, le=255)]
    payment_type: Annotated[int, Field(ge=0, le=255)] = 0
    deposited_amount: Money = Decimal(0)
    date_of_payment: Instant | None = None
    date_of_shipment: Instant | None = None
    delivery_method_id: int = 7
    shipment_status_id: int = 1
    tracking_code: str | None = None
    descriptions: Annotated[str, Field(max_length=1000)] | None = None
    external_comment: Annotated[str, Field(max_length=1000)] | None = None
    lines: tuple[VmsLine, ...] = ()
    payments: tuple[VmsPayment, ...] = ()


class VmsCustomerEvent(CamelModel):
    """The whole customer after the change."""

    customer_id: int
    changed_at: Instant
    changed_by: str | None = None
    company_name: Annotated[str, Field(max_length=255)]
    contact_name: Annotated[str, Field(max_length=255)]
    phone: Annotated[str, Field(max_length=50)] | None = None
    e_mail: Annotated[str, Field(max_length=255)] | None = None
    city: Annotated[str, Field(max_length=255)] | None = None
    address: Annotated[str, Field(max_length=500)] | None = None
    postal_code: Annotated[str, Field(max_length=20)] | None = None


class VmsStock(CamelModel):
    """What lies in one VMS warehouse: physical, reserved units included."""

    warehouse: Annotated[str, Field(min_length=1, max_length=64)]
    quantity: Money
    changed_at: Instant


class VmsArticleEvent(CamelModel):
    """The whole article after the change: SKU, names, price, stock per warehouse."""

    article_id: int
    changed_at: Instant
    changed_by: str | None = None
    sku: Annotated[str, Field(max_length=255)] | None = None
    name: Annotated[str, Field(max_length=255)]
    name_ua: Annotated[str, Field(max_length=255)] | None = None
    name_en: Annotated[str, Field(max_length=255)] | None = None
    unit: Annotated[str, Field(max_length=10)] | None = None
    price: Money | None = None
    price_changed_at: Instant | None = None
    currency: Annotated[str, Field(max_length=10)] = "UAH"
    stock: tuple[VmsStock, ...] | None = None


# ---- ingress → inbound-apply ------------------------------------------------------------------------------------


class KeyCrmOrderHint(CamelModel):
    """KeyCRM said something about an order. What it said is never written anywhere: the order is read."""

    order_id: int
    kind: Literal["created", "updated", "status-changed", "payment-created", "payment-updated"]
    status_id: int | None = None
    payments_total: Money | None = None
    updated_at: Instant | None = None
    status_changed_at: Instant | None = None
    source_uuid: Guid | None = None
    """The order's reference at its source, where it is a GUID: ours is VMS's order."""
    parent_id: int | None = None
    """The order that this one was copied from."""


class KeyCrmBuyerHint(CamelModel):
    """KeyCRM (or something in front of it) said something about a buyer."""

    buyer_id: int
    kind: Literal["created", "updated"]
    updated_at: Instant | None = None


class KeyCrmProductHint(CamelModel):
    """Something was said about a product."""

    product_id: int
    kind: Literal["updated"] = "updated"
    updated_at: Instant | None = None


class KeyCrmStockHint(CamelModel):
    """One row of a stock webhook: totals over the hook's warehouses (`warehouse` where the hook names one)."""

    offer_id: int
    sku: str | None = None
    in_stock: Money
    in_reserve: Money
    warehouse: int | None = None


# ---- outbox → notifier, anyone ----------------------------------------------------------------------------------


class SyncEvent(CamelModel):
    """What the sync did, asked or could not do. Ids and field names only: no values, so no personal data."""

    entity: Literal["order", "customer", "article", "system"]
    binding_id: int | None = None
    vms_id: str | None = None
    keycrm_id: int | None = None
    side: Literal["vms", "keycrm"] | None = None
    fields: tuple[str, ...] = ()
    actor: str = "sync"
    reason: str | None = None
    details: dict[str, Any] = Field(default_factory=dict)


# ---- a process without a database → console ---------------------------------------------------------------------


class ProcessEvent(CamelModel):
    """How one process of ours is: the settings it began with, secrets as stars, and what of its parts does not work."""

    process_id: Guid
    service: Annotated[str, Field(min_length=1, max_length=80)]
    started_at: Instant
    settings: dict[str, str | int | float | bool | None] = Field(default_factory=dict)
    parts: dict[str, str | None] = Field(default_factory=dict)
    """Each part's name: null where it works, else why not."""
    is_leaving: bool = False


VMS_ORDER_TYPES = (
    "vms.order.created", "vms.order.updated", "vms.order.status-changed", "vms.order.payment-received",
    "vms.order.shipment-updated",
)  # fmt: skip
VMS_CUSTOMER_TYPES = ("vms.customer.created", "vms.customer.updated")
VMS_ARTICLE_TYPES = (
    "vms.article.created", "vms.article.updated", "vms.article.stock-changed", "vms.article.price-changed",
)  # fmt: skip
KEYCRM_ORDER_TYPES = (
    "keycrm.order.created", "keycrm.order.updated", "keycrm.order.status-changed", "keycrm.order.payment-created",
    "keycrm.order.payment-updated",
)  # fmt: skip
KEYCRM_BUYER_TYPES = ("keycrm.buyer.created", "keycrm.buyer.updated")
KEYCRM_CATALOGUE_TYPES = ("keycrm.product.updated", "keycrm.stock.changed")
SYNC_TYPES = (
    "sync.created", "sync.updated", "sync.attached", "sync.conflict.opened", "sync.conflict.refreshed",
    "sync.conflict.resolved", "sync.dead-letter", "sync.alias",
    "sync.partner.unreachable", "sync.partner.reachable", "sync.flow.stopped",
)  # fmt: skip
PROCESS_TYPE = "sync.process"

MODELS: dict[str, type[CamelModel]] = {
    **dict.fromkeys(VMS_ORDER_TYPES, VmsOrderEvent),
    **dict.fromkeys(VMS_CUSTOMER_TYPES, VmsCustomerEvent),
    **dict.fromkeys(VMS_ARTICLE_TYPES, VmsArticleEvent),
    **dict.fromkeys(KEYCRM_ORDER_TYPES, KeyCrmOrderHint),
    **dict.fromkeys(KEYCRM_BUYER_TYPES, KeyCrmBuyerHint),
    "keycrm.product.updated": KeyCrmProductHint,
    "keycrm.stock.changed": KeyCrmStockHint,
    **dict.fromkeys(SYNC_TYPES, SyncEvent),
    PROCESS_TYPE: ProcessEvent,
}

TYPES_OF_TOPIC: dict[str, tuple[str, ...]] = {
    "vms.order.v1": VMS_ORDER_TYPES,
    "vms.customer.v1": VMS_CUSTOMER_TYPES,
    "vms.article.v1": VMS_ARTICLE_TYPES,
    "keycrm.order.v1": KEYCRM_ORDER_TYPES,
    "keycrm.buyer.v1": KEYCRM_BUYER_TYPES,
    "keycrm.catalogue.v1": KEYCRM_CATALOGUE_TYPES,
    "sync.event.v1": SYNC_TYPES,
    "sync.process.v1": (PROCESS_TYPE,),
}
