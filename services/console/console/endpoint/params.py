"""What stands in paths and queries: which record, which page."""

from __future__ import annotations

import re
from enum import StrEnum
from typing import Annotated, Any

from fastapi import Path, Query
from pydantic import AwareDatetime, BeforeValidator, StringConstraints

from console.domain.refusals import Unusable
from libs.contracts.types import Entity, Side

_MOST = 2**63 - 1
_GUID = re.compile(r"^[0-9a-f]{8}-([0-9a-f]{4}-){3}[0-9a-f]{12}$")
_DIGITS = re.compile(r"^[1-9][0-9]{0,17}$")
_PLAIN = r"^[^\x00-\x1f\x7f]*$"


class Records(StrEnum):
    """Which kind of record, as paths say it."""

    ORDERS = "orders"
    CUSTOMERS = "customers"
    ARTICLES = "articles"

    @property
    def entity(self) -> Entity:
        """The entity."""
        return Entity(self.value.removesuffix("s"))


def _plural(value: Any) -> Any:
    return f"{value}s" if value in list(Entity) else value


KindOfRecord = Annotated[Records, BeforeValidator(_plural), Path(description="orders, customers or articles")]
RecordId = Annotated[
    str, Path(max_length=64, description="VMS's id (an order's GUID, else a number); with side=keycrm KeyCRM's number")
]
SideOfId = Annotated[Side, Query(description="whose id it is")]
Number = Annotated[int, Path(ge=1, le=_MOST)]
BindingFilter = Annotated[int | None, Query(ge=1, le=_MOST, description="only of this binding (our number)")]
After = Annotated[int, Query(ge=0, le=_MOST, description="the page after this number: `next` of the page before")]
Before = Annotated[int | None, Query(ge=1, le=_MOST, description="older than this number: `next` of the page before")]
Limit = Annotated[int, Query(ge=1, le=200, description="how many at most")]
_INSTANT = "with an offset: 2026-01-15T09:30:00+02:00, where + is written %2B"
Instant = Annotated[AwareDatetime | None, Query(description=_INSTANT)]
Wait = Annotated[float, Query(ge=0, le=60, description="wait so many seconds for the outcome")]
Line = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=300, pattern=_PLAIN)]
LineFilter = Annotated[str | None, Query(max_length=100, pattern=_PLAIN)]
Typed = Annotated[str, Query(min_length=1, max_length=200, pattern=_PLAIN, description="what to look for")]
Name = Annotated[str, Path(max_length=100, pattern=_PLAIN)]


def external_id(entity: Entity, side: Side, text: str) -> str | int:
    """The record's id as its side has it.

    Raises:
        Unusable: that side has no such ids.
    """
    if side is Side.VMS and entity is Entity.ORDER:
        if not _GUID.match(text.lower()):
            fix = "write VMS's order id, for example 1f0e2d3c-0000-4000-8000-000000000001, or add side=keycrm"
            raise Unusable("id", "is no GUID", fix)
        return text.lower()
    if not _DIGITS.match(text):
        raise Unusable("id", "is no number", "write digits only, for example 417")
    return text if side is Side.VMS else int(text)
