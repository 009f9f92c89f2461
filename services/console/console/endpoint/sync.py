"""Manual sync and its operations."""

from __future__ import annotations

from uuid import UUID

from fastapi import APIRouter, Response

from console.endpoint.access import Operator, Tools, Viewer
from console.endpoint.params import KindOfRecord, RecordId, SideOfId, Wait, external_id
from console.endpoint.problems import Responses, told
from console.endpoint.shapes import OperationShape, operation
from console.handlers import sync
from libs.contracts.types import Side
from libs.state.operations import Operation

PREFIX = "/api/keycrm"
router = APIRouter(prefix=PREFIX, tags=["sync"])
_ENDED: Responses = {200: {"description": "The operation has ended within the wait.", "model": OperationShape}}


@router.post("/sync/{records}/{id}", status_code=202, responses=_ENDED | told(), summary="Synchronise one record now")
async def ask(
    person: Operator,
    desk: Tools,
    response: Response,
    records: KindOfRecord,
    id: RecordId,
    side: SideOfId = Side.VMS,
    wait: Wait = 0.0,
) -> OperationShape:
    """Both sides are read and brought together, before everything else that waits.

    202 with the operation to follow, and its address in `Location`; with `wait` 200 once it has ended.
    """
    number = external_id(records.entity, side, id)
    begun = await sync.ask(desk, person, records.entity, side, number)
    return await ended(desk, response, begun, wait)


@router.get("/operations/{id}", responses=told(404), summary="Follow an operation")
async def follow(person: Viewer, desk: Tools, id: UUID, wait: Wait = 0.0) -> OperationShape:
    """How it stands; with `wait` as soon as it has ended."""
    return operation(await sync.follow(desk, id, wait))


async def ended(desk: Tools, response: Response, begun: Operation, wait_seconds: float) -> OperationShape:
    """The operation after the wait, with its address; 200 if it has ended."""
    known = await sync.follow(desk, begun.id, wait_seconds) if wait_seconds else begun
    response.headers["location"] = address(begun.id)
    response.status_code = 202 if known.status == "running" else 200
    return operation(known)


def address(operation_id: UUID) -> str:
    """Where an operation is followed."""
    return f"{PREFIX}/operations/{operation_id}"
