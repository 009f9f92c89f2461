"""An audit entry as the API shows it; personal values are masked for viewers."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from console.domain import masks
from libs.contracts.access import Person
from libs.contracts.types import CamelModel, Entity, Side
from libs.state.audit import Kept


class AuditShape(CamelModel):
    """Who did what, to which field, why, from which value to which."""

    id: int
    at: datetime
    actor: str
    action: str
    reason: str
    entity: Entity | None = None
    binding_id: int | None = None
    vms_id: str | None = None
    keycrm_id: int | None = None
    side: Side | None = None
    field: str | None = None
    before: Any = None
    after: Any = None
    call: str | None = None
    outcome: str
    correlation_id: str | None = None
    operation_id: str | None = None


def entry(kept: Kept, person: Person) -> AuditShape:
    """An audit entry as this person is shown it."""
    told = kept.entry
    values = {name: masks.seen(person, told.entity, told.field, getattr(told, name)) for name in ("before", "after")}
    return AuditShape(
        id=kept.id, at=kept.at, actor=told.actor, action=told.action, reason=told.reason, entity=told.entity,
        binding_id=told.binding_id, vms_id=told.vms_id, keycrm_id=told.keycrm_id, side=told.side, field=told.field,
        call=told.call, outcome=told.outcome, correlation_id=told.correlation_id,
        operation_id=str(told.operation_id) if told.operation_id else None, **values,
    )  # fmt: skip
