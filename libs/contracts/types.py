"""The few words every contract is written in: entity, side, money, aware instants, camelCase models."""

from __future__ import annotations

from decimal import Decimal
from enum import IntEnum, StrEnum
from typing import Annotated

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field
from pydantic.alias_generators import to_camel


class Entity(StrEnum):
    """What a binding pairs."""

    ORDER = "order"
    CUSTOMER = "customer"
    ARTICLE = "article"


class Side(StrEnum):
    """Whose record it is."""

    VMS = "vms"
    KEYCRM = "keycrm"

    @property
    def other(self) -> Side:
        """The opposite side."""
        return Side.KEYCRM if self is Side.VMS else Side.VMS


class Lane(IntEnum):
    """Who goes first when calls are short; the number is the order, and what the database keeps."""

    INTERACTIVE = 0
    ORDER = 1
    STOCK = 2
    CUSTOMER = 3
    CATALOGUE = 4
    RECONCILE = 5


Money = Annotated[Decimal, Field(max_digits=18, decimal_places=4)]
Instant = AwareDatetime
Guid = Annotated[str, Field(pattern=r"^[0-9a-f]{8}-([0-9a-f]{4}-){3}[0-9a-f]{12}$")]


class CamelModel(BaseModel):
    """JSON in camelCase; unknown fields are ignored; errors never repeat the input (it may hold personal data)."""

    model_config = ConfigDict(
        alias_generator=to_camel, populate_by_name=True, extra="ignore", frozen=True, hide_input_in_errors=True
    )
