"""How well both sides agree, as the API shows it; personal values are masked for viewers."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

from pydantic import Field

from console.domain import cursors, masks
from console.endpoint.shapes import like
from console.handlers.comparison import Comparison
from console.handlers.differences import Levels, Records
from libs.contracts.access import Person
from libs.contracts.types import CamelModel, Entity, Side
from libs.state.causes import Cause
from libs.state.labels import Label
from libs.state.levels import Kind
from libs.state.tallies import Compared, Subject, Unlike, UnlikeLevel


class TallyShape(CamelModel):
    """One subject: what is known on both sides, compared, and differs, by cause."""

    subject: Subject
    known: int
    compared: int
    suspects: int = Field(description="differed once and wait for a second look")
    differs: int
    differing: dict[Cause, int]
    ratio: float = Field(description="the share of what was compared that differs")
    oldest_at: datetime | None = Field(None, description="the oldest look that counts")


class PassShape(CamelModel):
    """How far the comparison of one subject has got."""

    subject: str
    began_at: datetime | None = None
    ended_at: datetime | None = None
    whole_since: datetime | None = Field(None, description="when the last pass that came to its end had begun")
    is_running: bool
    is_asked: bool = Field(description="whether a person waits for it")
    operation_id: UUID | None = None


class ComparisonShape(CamelModel):
    """Every subject; `wholeSince` is null until each was compared to the end once."""

    at: datetime
    whole_since: datetime | None = None
    subjects: list[TallyShape]
    passes: list[PassShape]


class DifferentFieldShape(CamelModel):
    """One field, each value in its side's own terms."""

    field: str
    vms: Any = None
    keycrm: Any = None
    conflict_id: int | None = None


class DifferenceShape(CamelModel):
    """A record that differs."""

    binding_id: int
    entity: Entity
    vms_id: str | None = None
    keycrm_id: int | None = None
    fields: list[DifferentFieldShape]
    since: datetime
    compared_at: datetime
    cause: Cause
    dead_letter_id: int | None = None


class DifferencesShape(CamelModel):
    """Some of many; `next` is what to ask for to see more, null at the end."""

    items: list[DifferenceShape]
    next: str | None = None


class LevelDifferenceShape(CamelModel):
    """A stock figure or a price that differs; a price has no warehouse."""

    kind: Kind
    sku: str
    warehouse: str
    vms: str
    keycrm: str
    binding_id: int | None = None
    compared_at: datetime
    cause: Cause


class LevelDifferencesShape(CamelModel):
    """Some of many; `next` is what to ask for to see more, null at the end."""

    items: list[LevelDifferenceShape]
    next: str | None = None


class ComparedShape(CamelModel):
    """A record's last comparison: the same, a suspicion that a second look settles, or how it differs."""

    at: datetime
    is_suspect: bool
    fields: list[DifferentFieldShape]
    since: datetime | None = None
    cause: Cause | None = None


def comparison(known: Comparison) -> ComparisonShape:
    """How everything stands."""
    return ComparisonShape(
        at=known.at, whole_since=known.whole_at, subjects=[like(TallyShape, one) for one in known.tallies],
        passes=[like(PassShape, one) for one in known.passes],
    )  # fmt: skip


def differences(some: Records, person: Person) -> DifferencesShape:
    """Records that differ, as this person is shown them."""
    items = [_difference(one, some, person) for one in some.rows]
    last = some.rows[-1] if some.has_more else None
    return DifferencesShape(items=items, next=cursors.moment(last.since, last.binding_id) if last else None)


def levels(some: Levels) -> LevelDifferencesShape:
    """Levels that differ."""
    last: UnlikeLevel | None = some.rows[-1] if some.has_more else None
    return LevelDifferencesShape(
        items=[like(LevelDifferenceShape, one) for one in some.rows],
        next=cursors.place(last.sku, last.warehouse) if last else None,
    )


def compared(known: Compared | None, person: Person, asked: Mapping[str, int]) -> ComparedShape | None:
    """A record's last comparison, as this person is shown it; `asked` holds live questions by field."""
    if known is None:
        return None
    unlike = known.unlike
    return ComparedShape(
        at=known.at, is_suspect=known.is_suspect, since=unlike.since if unlike else None,
        cause=unlike.cause if unlike else None, fields=_fields(unlike, person, asked) if unlike else [],
    )  # fmt: skip


def _difference(one: Unlike, some: Records, person: Person) -> DifferenceShape:
    label: Label | None = some.labels.get(one.binding_id)
    asked = {name: number for (binding_id, name), number in some.questions.items() if binding_id == one.binding_id}
    return DifferenceShape(
        binding_id=one.binding_id, entity=one.entity, vms_id=label.vms_id if label else None,
        keycrm_id=label.keycrm_id if label else None, fields=_fields(one, person, asked), since=one.since,
        compared_at=one.compared_at, cause=one.cause, dead_letter_id=some.letters.get(one.binding_id),
    )  # fmt: skip


def _fields(one: Unlike, person: Person, asked: Mapping[str, int]) -> list[DifferentFieldShape]:
    return [_field(one.entity, told, person, asked) for told in one.differences]


def _field(entity: Entity, told: Mapping[str, Any], person: Person, asked: Mapping[str, int]) -> DifferentFieldShape:
    name = str(told["field"])
    vms, keycrm = (masks.seen(person, entity, name, told.get(side.value)) for side in Side)
    return DifferentFieldShape(field=name, vms=vms, keycrm=keycrm, conflict_id=asked.get(name))
