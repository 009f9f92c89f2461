"""Whether both sides were seen to be the same, what differs, and comparing everything now."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Query, Response

from console.domain import cursors
from console.domain.refusals import Unusable
from console.endpoint import comparison_shapes as shapes
from console.endpoint.access import Operator, Tools, Viewer
from console.endpoint.comparison_shapes import ComparisonShape, DifferencesShape, LevelDifferencesShape
from console.endpoint.params import Limit, Wait
from console.endpoint.problems import Responses, told
from console.endpoint.shapes import OperationShape
from console.endpoint.sync import PREFIX, ended
from console.handlers import comparison, differences
from libs.contracts.types import Entity
from libs.state.causes import Cause
from libs.state.levels import Kind

router = APIRouter(prefix=PREFIX, tags=["comparison"])
_ENDED: Responses = {200: {"description": "Everything was compared within the wait.", "model": OperationShape}}
_FIX = "send `next` of the page before as it was, or nothing"
Onwards = Annotated[
    str, Query(max_length=cursors.MOST, description="the page after this one: `next` of the page before")
]


@router.get("/comparison", responses=told(), summary="Whether both sides are the same")
async def look(person: Viewer, desk: Tools) -> ComparisonShape:
    """By subject what is known, compared and differs, and why; how far each pass is, and who waits for it."""
    return shapes.comparison(await comparison.look(desk))


@router.post("/comparison", status_code=202, responses=_ENDED | told(), summary="Compare everything now")
async def ask(person: Operator, desk: Tools, response: Response, wait: Wait = 0.0) -> OperationShape:
    """Every record, stock figure and price is read on both sides again. Where somebody waits for that already, his
    operation is followed. 202 with the operation, and its address in `Location`; with `wait` 200 once it has ended.
    """
    return await ended(desk, response, await comparison.ask(desk, person), wait)


@router.get("/comparison/differences", responses=told(), summary="Records that differ")
async def records(
    person: Viewer,
    desk: Tools,
    entity: Entity | None = None,
    cause: Cause | None = None,
    after: Onwards = "",
    limit: Limit = 50,
) -> DifferencesShape:
    """Field by field, those that have differed for longest first; personal values are masked for viewers."""
    begins = cursors.read_moment(after)
    if after and begins is None:
        raise Unusable("after", "is no `next` of this list", _FIX)
    return shapes.differences(await differences.records(desk, entity, cause, begins, limit), person)


@router.get("/comparison/levels", responses=told(), summary="Stock or prices that differ")
async def levels(
    person: Viewer, desk: Tools, kind: Kind, cause: Cause | None = None, after: Onwards = "", limit: Limit = 50
) -> LevelDifferencesShape:
    """By SKU and warehouse: what VMS has, and what KeyCRM showed since it was last sent."""
    begins = cursors.read_place(after)
    if after and begins is None:
        raise Unusable("after", "is no `next` of this list", _FIX)
    return shapes.levels(await differences.levels(desk, kind, cause, begins, limit))
