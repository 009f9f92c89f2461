"""Dead letters: read, tried again, set aside."""

from __future__ import annotations

from typing import Annotated, Literal

from fastapi import APIRouter, Query
from pydantic import ConfigDict

from console.endpoint.access import Operator, Tools, Viewer
from console.endpoint.letter_shapes import (
    GroupShape,
    LetterDetailShape,
    LetterShape,
    ReplayShape,
    letter,
    letter_detail,
)
from console.endpoint.params import After, BindingFilter, Limit, Line, LineFilter, Number
from console.endpoint.problems import told
from console.endpoint.shapes import Page, like, page
from console.endpoint.sync import PREFIX, address
from console.handlers import dead_letters, replay
from libs.contracts.types import CamelModel
from libs.state.letter_lists import Filter

router = APIRouter(prefix=PREFIX, tags=["dead letters"])
Status = Literal["kept", "replayed", "discarded", "superseded", "all"]


class Discard(CamelModel):
    """Why nobody will ever want it."""

    model_config = ConfigDict(extra="forbid")

    reason: Line


@router.get("/dead-letters", responses=told(), summary="Dead letters")
async def list_all(
    person: Viewer,
    desk: Tools,
    status: Annotated[Status, Query()] = "kept",
    service: LineFilter = None,
    topic: LineFilter = None,
    reason: LineFilter = None,
    binding: BindingFilter = None,
    after: After = 0,
    limit: Limit = 50,
) -> Page[LetterShape]:
    """In the order they were kept; `kept` are those that wait for a person."""
    wanted = Filter(None if status == "all" else status, service, topic, reason, binding_id=binding)
    found = await dead_letters.page(desk, wanted, after=after, limit=limit)
    return page([letter(one) for one in found], limit, found[-1].id if found else None)


@router.get("/dead-letters/reasons", responses=told(), summary="Dead letters by reason")
async def reasons(person: Viewer, desk: Tools) -> list[GroupShape]:
    """Those that wait for a person, grouped by service, topic, reason and field, the most frequent first."""
    return [like(GroupShape, group) for group in await dead_letters.groups(desk)]


@router.get("/dead-letters/{id}", responses=told(404), summary="One dead letter, and what a replay would do")
async def one(person: Viewer, desk: Tools, id: Number) -> LetterDetailShape:
    """`replay` is a preview: nothing is changed. Operators see what the letter carried."""
    return letter_detail(await replay.preview(desk, id), person)


@router.post("/dead-letters/{id}/replay", responses=told(404, 409), summary="Try it again")
async def try_again(person: Operator, desk: Tools, id: Number) -> ReplayShape:
    """The record goes to its topic again, or its item becomes due; a superseded one changes nothing and says so.

    409 when somebody has decided on it, or when a replay could do nothing; the letter then stays.
    """
    done = await replay.replay(desk, person, id)
    operation = address(done.operation_id) if done.operation_id else None
    return ReplayShape(outcome=done.verdict.outcome.value, sentence=done.verdict.sentence, operation=operation)


@router.post("/dead-letters/{id}/discard", status_code=204, responses=told(404, 409), summary="Set it aside for good")
async def discard(person: Operator, desk: Tools, id: Number, given: Discard) -> None:
    """It stays readable for the time of keeping, with who discarded it and why."""
    await replay.discard(desk, person, id, given.reason)
