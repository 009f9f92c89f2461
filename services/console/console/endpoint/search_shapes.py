"""What was found, as the API shows it; a customer's name is masked for viewers."""

from __future__ import annotations

from datetime import datetime

from pydantic import Field

from console.domain import masks
from console.handlers.search import Found
from libs.contracts.access import Person
from libs.contracts.types import CamelModel, Entity
from libs.state.labels import Label


class LabelShape(CamelModel):
    """A record as a line of a list."""

    id: int = Field(description="our own number of the binding")
    entity: Entity
    status: str
    vms_id: str | None = None
    keycrm_id: int | None = None
    number: str | None = Field(None, description="an order's number")
    name: str | None = None
    sku: str | None = None
    error: str | None = None
    last_sync_at: datetime | None = None


class RecordShape(LabelShape):
    """A record that was found; the first customers with their newest orders."""

    orders: list[LabelShape]


class FoundShape(CamelModel):
    """One page of what was found; `isExact`: the first one is what was asked for."""

    items: list[RecordShape]
    next: int | None = None
    is_exact: bool


def found(known: Found, person: Person) -> FoundShape:
    """What was found, as this person is shown it."""
    items = [
        RecordShape(
            **_label(one, person), orders=[LabelShape(**_label(o, person)) for o in known.orders.get(one.id, ())]
        )
        for one in known.records
    ]
    return FoundShape(items=items, next=known.next, is_exact=known.is_exact)


def _label(one: Label, person: Person) -> dict[str, object]:
    shown = {name: getattr(one, name) for name in LabelShape.model_fields}
    return shown | {"name": masks.seen(person, one.entity, "name", one.name)}
