"""The status, and what a person lets go on: stopped flows, paused topics."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter
from pydantic import ConfigDict, Field

from console.endpoint.access import Operator, Tools, Viewer
from console.endpoint.params import Line, Name
from console.endpoint.problems import told
from console.endpoint.shapes import StatusShape
from console.endpoint.shapes import status as status_shape
from console.endpoint.sync import PREFIX
from console.handlers import controls, status
from libs.contracts.types import CamelModel

router = APIRouter(prefix=PREFIX, tags=["status"])


class Resume(CamelModel):
    """Why it may go on."""

    model_config = ConfigDict(extra="forbid")

    reason: Line


class ResumeFlow(Resume):
    """Why the flow may go on, and for how long past the guard."""

    allow_minutes: Annotated[int, Field(ge=0, le=24 * 60)] = 60
    """0: the guard looks again at once."""


@router.get("/sync/status", responses=told(), summary="How everything stands")
async def look(person: Viewer, desk: Tools) -> StatusShape:
    """Each flow's work, the quota, the partners, open questions, dead letters, the outbox, what is stopped."""
    return status_shape(await status.look(desk))


@router.post("/flows/{flow}/resume", status_code=204, responses=told(404), summary="Let a stopped flow go on")
async def resume_flow(person: Operator, desk: Tools, flow: Name, given: ResumeFlow) -> None:
    """The guard stopped it because a run was too large; for `allowMinutes` it passes the guard."""
    await controls.resume_flow(desk, person, flow, given.reason, given.allow_minutes)


@router.post(
    "/topics/{service}/{topic}/resume", status_code=204, responses=told(404), summary="Let a paused topic go on"
)
async def resume_topic(person: Operator, desk: Tools, service: Name, topic: Name, given: Resume) -> None:
    """The flood guard paused it in this service, which finds the request within seconds."""
    await controls.resume_topic(desk, person, service, topic, given.reason)
