"""Reads and events as looks: the image, when it was taken, and the change times that the side itself tells.

Promises: KeyCRM's status has its exact change time; VMS's order row tells when it last changed, its events how far they
have come, on VMS's own clock. In the repeated autumn hour a row's time is the latest that is not in the future.
"""

from __future__ import annotations

from datetime import datetime
from zoneinfo import ZoneInfo

from libs.contracts import keycrm, vms
from libs.contracts.events import VmsArticleEvent, VmsCustomerEvent, VmsOrderEvent
from libs.contracts.types import Side
from libs.reconcile import images, normalise
from libs.reconcile.values import EventLook, Look


def vms_order(
    order: vms.Order, event: VmsOrderEvent | None, began_at: datetime, ended_at: datetime, zone: ZoneInfo
) -> Look:
    """A read of VMS's order, or a PUT's answer; `event` is the newest that was kept."""
    row = normalise.row_instant(order.last_date_change, zone, ended_at)
    events_at = _row_of(event, zone) if event is not None else None
    image = images.of_vms_order(order, event, zone)
    return Look(Side.VMS, image, began_at, ended_at, row_changed_at=row, events_at=events_at)


def keycrm_order(order: keycrm.Order, began_at: datetime, ended_at: datetime) -> Look:
    """A read of KeyCRM's order, or a PUT's answer: what that does not carry is unknown."""
    changed = {"status": order.status_changed_at} if order.status_changed_at is not None else {}
    image = images.of_keycrm_order(order)
    return Look(Side.KEYCRM, image, began_at, ended_at, changed_at=changed, row_changed_at=order.updated_at)


def order_event(event: VmsOrderEvent, zone: ZoneInfo) -> EventLook:
    """One VMS order event."""
    return EventLook(images.of_vms_order_event(event, zone), event.changed_at, _row_of(event, zone))


def vms_customer(
    customer: vms.Customer, event: VmsCustomerEvent | None, began_at: datetime, ended_at: datetime
) -> Look:
    """A read of VMS's customer: its row has no change time, its events do."""
    events_at = event.changed_at if event is not None else None
    return Look(Side.VMS, images.of_vms_customer(customer), began_at, ended_at, events_at=events_at)


def keycrm_buyer(buyer: keycrm.Buyer, began_at: datetime, ended_at: datetime) -> Look:
    """A read of KeyCRM's buyer."""
    image = images.of_keycrm_buyer(buyer)
    return Look(Side.KEYCRM, image, began_at, ended_at, row_changed_at=buyer.updated_at)


def customer_event(event: VmsCustomerEvent) -> EventLook:
    """One VMS customer event."""
    return EventLook(images.of_vms_customer(event), event.changed_at, event.changed_at)


def vms_article(article: vms.Article, event: VmsArticleEvent | None, began_at: datetime, ended_at: datetime) -> Look:
    """A read of VMS's article."""
    events_at = event.changed_at if event is not None else None
    return Look(Side.VMS, images.of_vms_article(article), began_at, ended_at, events_at=events_at)


def keycrm_product(product: keycrm.Product, began_at: datetime, ended_at: datetime) -> Look:
    """A read of KeyCRM's product."""
    image = images.of_keycrm_product(product)
    return Look(Side.KEYCRM, image, began_at, ended_at, row_changed_at=product.updated_at)


def article_event(event: VmsArticleEvent) -> EventLook:
    """One VMS article event."""
    return EventLook(images.of_vms_article(event), event.changed_at, event.changed_at)


def _row_of(event: VmsOrderEvent, zone: ZoneInfo) -> datetime:
    """The row's change time that an event names; its own change time tells which of two autumn hours is meant."""
    moments = normalise.local(event.last_date_change, zone)
    if moments is None:
        return event.changed_at
    distance = {abs(moment - event.changed_at): moment for moment in (moments.latest, moments.earliest)}
    return distance[min(distance)]
