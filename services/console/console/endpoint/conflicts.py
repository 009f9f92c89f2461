"""Questions to people, and their answers."""

from __future__ import annotations

from typing import Annotated, Any, Literal
from unicodedata import category

from fastapi import APIRouter, Query, Response
from pydantic import ConfigDict, Field, field_validator

from console.domain.answers import Choice
from console.endpoint.access import Operator, Tools, Viewer
from console.endpoint.params import After, BindingFilter, Instant, Limit, LineFilter, Number, Wait
from console.endpoint.problems import Responses, told
from console.endpoint.question_shapes import ConflictShape, QuestionGroupShape, conflict
from console.endpoint.shapes import OperationShape, Page, like, page
from console.endpoint.sync import PREFIX, ended
from console.handlers import conflict_lists, conflicts
from console.handlers.conflicts import Answer
from libs.contracts.types import CamelModel, Entity, Side
from libs.state.conflict_lists import Filter, Moved

router = APIRouter(prefix=PREFIX, tags=["conflicts"])
_ENDED: Responses = {200: {"description": "The answer was carried out within the wait.", "model": OperationShape}}
MovedFilter = Annotated[Moved | None, Query(description="which side shows something else than what was agreed on")]
_MOST_DEPTH = 8
_LARGEST = 2**53  # beyond it JSON readers disagree


class Resolve(CamelModel):
    """A person's answer to the question as it was shown to them."""

    model_config = ConfigDict(extra="forbid")

    choice: Choice = Field(description="vms's value, keycrm's, a typed value, or keep both as they are")
    asked: Annotated[int, Field(ge=1, le=2**31 - 1)] = Field(description="the question's `asked` as you saw it")
    value: Any = Field(None, description="with choice value: amounts as text, ids as numbers")
    terms: Side | None = Field(None, description="with choice value: whose id the value is (status, delivery service)")
    replace: bool = Field(False, description="put it in the place of an answer that was not carried out yet")

    @field_validator("value")
    @classmethod
    def _can_be_kept(cls, value: Any) -> Any:
        if not _is_plain(value, _MOST_DEPTH):
            raise ValueError("holds control characters, a fraction or too many levels: send amounts as text")
        return value


@router.get("/conflicts", responses=told(), summary="Questions to people")
async def list_all(
    person: Viewer,
    desk: Tools,
    status: Annotated[Literal["open", "resolved", "closed", "all"], Query()] = "open",
    entity: Entity | None = None,
    binding: BindingFilter = None,
    field: LineFilter = None,
    reason: LineFilter = None,
    moved: MovedFilter = None,
    opened_before: Instant = None,
    after: After = 0,
    limit: Limit = 50,
) -> Page[ConflictShape]:
    """In the order of their numbers; personal values are masked for viewers."""
    wanted = Filter(None if status == "all" else status, entity, field, reason, moved, binding, opened_before)
    found = (await conflict_lists.page(desk, wanted, after=after, limit=limit)).conflicts
    return page([conflict(one, person) for one in found], limit, found[-1].id if found else None)


@router.get("/conflicts/reasons", responses=told(), summary="Questions by what is asked")
async def reasons(person: Viewer, desk: Tools) -> list[QuestionGroupShape]:
    """Open questions grouped by entity, field and reason, the most frequent first."""
    return [like(QuestionGroupShape, group) for group in await conflict_lists.groups(desk)]


@router.get("/conflicts/{id}", responses=told(404), summary="One question")
async def one(person: Viewer, desk: Tools, id: Number) -> ConflictShape:
    """With both sides' ids of the record it is about."""
    found = await conflicts.one(desk, id)
    known = found.binding
    return conflict(found.conflict, person, known.vms_id if known else None, known.keycrm_id if known else None)


@router.post("/conflicts/{id}/resolve", status_code=202, responses=_ENDED | told(404, 409), summary="Answer a question")
async def resolve(
    person: Operator, desk: Tools, response: Response, id: Number, given: Resolve, wait: Wait = 0.0
) -> OperationShape:
    """Both sides become due at once. 409 when the question was asked anew, answered or closed since you saw it."""
    answer = Answer(given.choice, given.asked, given.value, given.terms, given.replace)
    begun = await conflicts.resolve(desk, person, id, answer)
    return await ended(desk, response, begun, wait)


def _is_plain(value: Any, depth: int) -> bool:
    if isinstance(value, str):
        return all(category(letter) not in ("Cc", "Cs") or letter in "\n\r\t" for letter in value)
    if isinstance(value, list):
        return depth > 0 and all(_is_plain(part, depth - 1) for part in value)
    if isinstance(value, dict):
        return depth > 0 and all(_is_plain(part, depth - 1) for pair in value.items() for part in pair)
    return value is None or (isinstance(value, int) and abs(value) <= _LARGEST)
