"""Looks, memories, records and a small table for tests about values; instants are seconds after ten o'clock."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from libs.contracts.events import VmsOrderEvent
from libs.contracts.types import Side
from libs.contracts.vms import Order as RestOrder
from libs.reconcile.fields import Field, Fields, order_fields
from libs.reconcile.memory import Memory
from libs.reconcile.pairs import Pairs
from libs.reconcile.review import Review, review
from libs.reconcile.values import (
    Bases,
    Choice,
    EventLook,
    Look,
    Question,
    Resolution,
    Times,
    Value,
    Write,
)
from libs.reconcile.writing import begin
from tests.unit.reconcile.world import PAIRS

TIMES = Times(settle=timedelta(seconds=10), request_life=timedelta(seconds=90))
TABLE: Fields = order_fields(PAIRS)
SAMPLE: dict[str, Any] = tomllib.loads((Path(__file__).parents[3] / "deploy" / "pairs.sample.toml").read_text("utf-8"))
SHOP = Pairs.from_toml(SAMPLE)
GUID = "0f8fad5b-d9cb-469f-a165-70867728950e"
LINE = "1f8fad5b-d9cb-469f-a165-70867728950e"


def at(seconds: float) -> datetime:
    """So many seconds after ten."""
    return datetime(2026, 1, 15, 10, tzinfo=UTC) + timedelta(seconds=seconds)


def vms(began: float = 0, *, row: float | None = None, events: float | None = None, **image: Any) -> Look:
    """A read of VMS that took a tenth of a second."""
    row_at, events_at = (None if moment is None else at(moment) for moment in (row, events))
    return Look(Side.VMS, image, at(began), at(began + 0.1), row_changed_at=row_at, events_at=events_at)


def keycrm(began: float = 0, *, status_at: float | None = None, row: float | None = None, **image: Any) -> Look:
    """A read of KeyCRM that took a tenth of a second."""
    changed_at = {} if status_at is None else {"status": at(status_at)}
    row_at = None if row is None else at(row)
    return Look(Side.KEYCRM, image, at(began), at(began + 0.1), changed_at=changed_at, row_changed_at=row_at)


def event(seconds: float, **image: Any) -> EventLook:
    """A VMS event of that time."""
    return EventLook(image, at(seconds), at(seconds))


def agreed(**fields: tuple[Value, Value]) -> Memory:
    """A memory in which each field's two bases are those values (VMS's, KeyCRM's)."""
    return Memory(bases=Bases({n: v for n, (v, _) in fields.items()}, {n: k for n, (_, k) in fields.items()}))


def looked(memory: Memory, vms: Look, keycrm: Look, table: Mapping[str, Field] = TABLE) -> Review:
    """One look at both sides."""
    return review(table, memory, vms, keycrm, TIMES)


def writing(memory: Memory, side: Side, look: Look, began: float = 1, lands_by: float = 100, **values: Any) -> Memory:
    """A write of `field=(value, made_from)` has begun."""
    writes = {n: Write(n, v, look.image.get(n), source, "changed") for n, (v, source) in values.items()}
    return begin(memory, side, writes, look, at(began), at(lands_by))


def answer(question: Question, choice: Choice, value: Value = None, terms: Side = Side.VMS) -> Question:
    """The question with a person's answer."""
    return replace(question, answer=Resolution(choice, value, terms))


def line(
    sku: str | None, quantity: str = "1", price: str = "10.00", discount: str = "0", **more: Value
) -> dict[str, Value]:
    """A line as VMS shows it; KeyCRM's has an `id` too."""
    return {"sku": sku, "name": f"name of {sku}", "quantity": quantity, "unit": "шт", "price": price,
            "discount": discount, **more}  # fmt: skip


def vms_order(**more: Any) -> RestOrder:
    """An order as VMS's GET answers it."""
    sub = {"subPositionId": LINE, "breedName": "Плитка", "descriptionPos": "A-1", "price": 9.0}
    row = {
        "orderId": GUID, "customerId": 1, "numberOrder": "KC-9", "lastDateChange": "2026-01-15T11:59:00.1234567",
        "descriptions": "перша\r\nдруга ", "externalComment": "", "orderStatus": 2,
        "dateOfShipment": "2026-01-16T00:30:00", "deliveryMethodId": 7, "depositedAmount": 100.1,
        "positions": [{"numberPosition": 1, "subPositions": [sub]}],
    }  # fmt: skip
    return RestOrder.model_validate({**row, **more})


def vms_event(**more: Any) -> VmsOrderEvent:
    """The same order as its newest event has it; the lines have no SKU of their own."""
    line = {"subPositionId": LINE, "name": "Плитка", "quantity": "2.50", "unit": "м²", "price": "9", "discount": "5"}
    row = {
        "orderId": GUID, "changedAt": "2026-01-15T11:59:00.1234567+02:00",
        "lastDateChange": "2026-01-15T11:59:00.1234567",
        "numberOrder": "KC-9", "customerId": 1, "orderDate": "2026-01-15T11:00:00+02:00", "orderStatus": 2,
        "trackingCode": " T1 ", "lines": [line],
        "payments": [{"paymentId": "P-1", "amount": 100, "paidAt": "2026-01-15T11:00:00+02:00"},
                     {"paymentId": "P-2", "amount": 7, "paidAt": "2026-01-15T11:00:00+02:00", "isCancelled": True}],
    }  # fmt: skip
    return VmsOrderEvent.model_validate({**row, **more})
