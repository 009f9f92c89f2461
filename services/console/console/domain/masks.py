"""What of a record is personal, and what a viewer sees instead.

Promises: what is not known to be harmless is masked. An empty value stays empty, so that a viewer sees that a field
differs, never how.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from libs.contracts.access import Person
from libs.contracts.types import Entity

MASK = "***"
# About ids and what they point at: harmless for every entity.
_ANYWHERE = ("identity",)
_HARMLESS: Mapping[Entity, tuple[str, ...]] = {
    Entity.ORDER: ("status", "shipping_date", "delivery_service", "tracking_code", "lines", "deposited_amount"),
    Entity.CUSTOMER: (),
    Entity.ARTICLE: ("name",),
}
# A field that is one of several, each told with which: `payment 7`, `stock main`.
_NUMBERED: Mapping[Entity, tuple[str, ...]] = {
    Entity.ORDER: ("payment",), Entity.CUSTOMER: (), Entity.ARTICLE: ("stock", "price"),
}  # fmt: skip


def is_personal(entity: Entity | None, field: str | None) -> bool:
    """Whether the values of this field may say something about a person."""
    if entity is None or field is None:
        return True
    if field in _ANYWHERE or field in _HARMLESS[entity]:
        return False
    return field.partition(" ")[0] not in _NUMBERED[entity]


def seen(person: Person, entity: Entity | None, field: str | None, value: Any) -> Any:
    """The value as this person is shown it."""
    if value is None or person.sees_personal or not is_personal(entity, field):
        return value
    return MASK
