"""A question as the API shows it; personal values are masked for viewers."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from pydantic import Field

from console.domain import masks, sentences
from libs.contracts.access import Person
from libs.contracts.types import CamelModel, Entity
from libs.state.conflicts import Conflict


class Sides(CamelModel):
    """A value of each side, in that side's own terms."""

    vms: Any = None
    keycrm: Any = None


class ConflictShape(CamelModel):
    """A question: what both sides showed when it was asked, and its answer if there is one."""

    id: int
    entity: Entity
    binding_id: int
    vms_id: str | None = None
    keycrm_id: int | None = None
    field: str
    status: str = Field(description="open, resolved (answered, not yet carried out) or closed")
    reason: str
    sentence: str
    asked: int = Field(description="how often it has been asked: send it back with the answer")
    choices: list[str]
    shown: Sides
    base: Sides = Field(description="what the sides last agreed on")
    changed_at: Sides
    has_raced: bool = False
    raced: Any = None
    answer: dict[str, Any] | None = None
    answered_by: str | None = None
    answered_at: datetime | None = None
    opened_at: datetime
    refreshed_at: datetime
    closed_at: datetime | None = None
    close_reason: str | None = None


class QuestionGroupShape(CamelModel):
    """Open questions that ask the same of the same field."""

    entity: Entity
    field: str
    reason: str
    count: int
    oldest_at: datetime
    newest_at: datetime


def conflict(known: Conflict, person: Person, vms_id: str | None = None, keycrm_id: int | None = None) -> ConflictShape:
    """A question as this person is shown it."""
    asked, field = known.question, str(known.question["field"])

    def shown(name: str) -> Any:
        return masks.seen(person, known.entity, field, asked.get(name))

    answer = dict(asked["answer"]) if asked.get("answer") else None
    if answer and "value" in answer:
        answer["value"] = masks.seen(person, known.entity, field, answer["value"])
    return ConflictShape(
        id=known.id, entity=known.entity, binding_id=known.binding_id, vms_id=vms_id, keycrm_id=keycrm_id, field=field,
        status=known.status, reason=asked["reason"], sentence=sentences.sentence(person, known.entity, asked),
        asked=known.asked, choices=list(asked["choices"]),
        shown=Sides(vms=shown("shown_vms"), keycrm=shown("shown_keycrm")),
        base=Sides(vms=shown("base_vms"), keycrm=shown("base_keycrm")),
        changed_at=Sides(vms=known.changed_vms_at, keycrm=known.changed_keycrm_at),
        has_raced=bool(asked.get("has_raced")), raced=shown("raced"), answer=answer, answered_by=known.answered_by,
        answered_at=known.answered_at, opened_at=known.opened_at, refreshed_at=known.refreshed_at,
        closed_at=known.closed_at, close_reason=known.close_reason,
    )  # fmt: skip
