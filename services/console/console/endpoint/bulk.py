"""Many at once: one answer to all questions of a rule, a replay of all letters of a group; previewed, then applied."""

from __future__ import annotations

from uuid import UUID

from fastapi import APIRouter, Response

from console.domain.refusals import Unusable
from console.endpoint.access import Operator, Tools
from console.endpoint.bulk_shapes import AnswerMany, LettersMany, PreviewShape, preview
from console.endpoint.params import Wait
from console.endpoint.problems import Responses, told
from console.endpoint.shapes import OperationShape
from console.endpoint.sync import PREFIX, ended
from console.handlers import bulk
from libs.state.bulk import Kind

router = APIRouter(prefix=PREFIX, tags=["many at once"])
_ENDED: Responses = {200: {"description": "All was done within the wait.", "model": OperationShape}}
_LETTERS: tuple[Kind, ...] = ("replay", "discard")


@router.post("/conflicts/bulk", status_code=201, responses=told(), summary="Look at one answer to many questions")
async def preview_answers(person: Operator, desk: Tools, given: AnswerMany) -> PreviewShape:
    """Nothing is answered yet: how many it would be, and the first ones of them."""
    return preview(await bulk.preview_answers(desk, person, given.rule.filter(), given.choice), person)


@router.post(
    "/conflicts/bulk/{id}/apply", status_code=202, responses=_ENDED | told(404, 409), summary="Answer many questions"
)
async def apply_answers(
    person: Operator, desk: Tools, response: Response, id: UUID, wait: Wait = 0.0
) -> OperationShape:
    """Each is answered only if it still is as previewed. The operation counts, and its outcome says how each came out.

    `answered`; meanwhile asked `anew`, answered by `others`, `closed`, `gone`; `unsuited`: it does not take the answer.
    """
    return await ended(desk, response, await bulk.begin(desk, person, id, ("resolve",)), wait)


@router.post("/dead-letters/bulk", status_code=201, responses=told(), summary="Look at many dead letters")
async def preview_letters(person: Operator, desk: Tools, given: LettersMany) -> PreviewShape:
    """Nothing is replayed or discarded yet: how many it would be, and the first ones of them."""
    if given.kind == "discard" and given.reason is None:
        raise Unusable("reason", "is missing", "write why nobody will ever want them")
    reason = given.reason if given.kind == "discard" else None
    return preview(await bulk.preview_letters(desk, person, given.rule.filter(), reason), person)


@router.post(
    "/dead-letters/bulk/{id}/apply",
    status_code=202,
    responses=_ENDED | told(404, 409),
    summary="Decide on many letters",
)
async def apply_letters(
    person: Operator, desk: Tools, response: Response, id: UUID, wait: Wait = 0.0
) -> OperationShape:
    """Each letter as a single one: `replayed`, `superseded`, `discarded`; `unsuited` ones could do nothing and stay.

    `others` were decided on by somebody else meanwhile.
    """
    return await ended(desk, response, await bulk.begin(desk, person, id, _LETTERS), wait)
