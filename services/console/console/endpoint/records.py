"""One binding with its story, and the audit."""

from __future__ import annotations

from fastapi import APIRouter

from console.endpoint.access import Tools, Viewer
from console.endpoint.audit_shapes import AuditShape, entry
from console.endpoint.binding_shapes import BindingShape, binding
from console.endpoint.params import (
    Before,
    BindingFilter,
    Instant,
    KindOfRecord,
    Limit,
    LineFilter,
    Number,
    RecordId,
    SideOfId,
    Typed,
    external_id,
)
from console.endpoint.problems import told
from console.endpoint.search_shapes import FoundShape, found
from console.endpoint.shapes import Page, page
from console.endpoint.sync import PREFIX
from console.handlers import audit, bindings, search
from console.handlers.audit import Filter
from libs.contracts.types import Entity, Side

router = APIRouter(prefix=PREFIX, tags=["records"])


@router.get("/bindings/{records}/{id}", responses=told(404), summary="One record on both sides")
async def by_record(
    person: Viewer, desk: Tools, records: KindOfRecord, id: RecordId, side: SideOfId = Side.VMS
) -> BindingShape:
    """Both images and bases field by field, pending writes, questions, payments, work, events, history."""
    number = external_id(records.entity, side, id)
    return binding(await bindings.by_record(desk, records.entity, side, number), person)


@router.get("/bindings/{id}", responses=told(404), summary="One binding by our own number")
async def by_number(person: Viewer, desk: Tools, id: Number) -> BindingShape:
    """The number that conflicts, dead letters and the audit name."""
    return binding(await bindings.by_number(desk, id), person)


@router.get("/records", responses=told(), summary="Find a record")
async def find(
    person: Viewer, desk: Tools, text: Typed, entity: Entity | None = None, before: Before = None, limit: Limit = 20
) -> FoundShape:
    """By number, id of either side, SKU, name, phone or e-mail, or by the beginning of any word; newest first.

    Names, phones and e-mails are searched for operators only. Customers come with their newest orders.
    """
    wanted = (entity,) if entity else tuple(Entity)
    return found(await search.find(desk, person, text, entities=wanted, before=before, limit=limit), person)


@router.get("/audit", responses=told(), summary="Who did what")
async def list_all(
    person: Viewer,
    desk: Tools,
    binding: BindingFilter = None,
    actor: LineFilter = None,
    action: LineFilter = None,
    since: Instant = None,
    until: Instant = None,
    before: Before = None,
    limit: Limit = 100,
) -> Page[AuditShape]:
    """Newest first; a binding's entries include those of the halves that became part of it."""
    wanted = Filter(binding, actor, action, since, until)
    kept = await audit.page(desk, wanted, before, limit)
    return page([entry(one, person) for one in kept], limit, kept[-1].id if kept else None)
