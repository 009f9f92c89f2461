"""One question as a person looks at it: both values, when each became so and by whom, and who it could be.

Promises: nothing is changed; what VMS said of who changed a record is told only where that change is the one asked
about; candidates that were never read here are named by their id alone.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from console.domain import sides
from console.domain.refusals import Absent
from console.domain.sides import FieldOfBoth
from console.handlers.desk import Desk
from libs.contracts.events import VmsCustomerEvent
from libs.contracts.types import Entity, Side
from libs.reconcile import images
from libs.reconcile.identities import is_ours
from libs.reconcile.memory import Memory
from libs.runtime.database import Connection
from libs.state import bindings, conflicts, labels
from libs.state.bindings import Binding
from libs.state.conflicts import Conflict
from libs.state.labels import Label

ORDERS_EACH = 3


@dataclass(frozen=True, slots=True)
class Candidate:
    """Somebody it could be; `value` is the answer that names them."""

    value: str
    label: Label | None = None
    fields: tuple[FieldOfBoth, ...] = ()
    orders: tuple[Label, ...] = ()


@dataclass(frozen=True, slots=True)
class QuestionView:
    """A question with what stands around it; `both` is the field as it stands now."""

    conflict: Conflict
    label: Label
    both: FieldOfBoth | None
    changed_by: str | None
    """Who changed it in VMS, as VMS says; KeyCRM tells nobody."""
    own: tuple[FieldOfBoth, ...]
    candidates: tuple[Candidate, ...]


async def one(desk: Desk, conflict_id: int) -> QuestionView:
    """One question.

    Raises:
        Absent: there is none of this number.
    """
    async with desk.database.transaction() as conn:
        conflict = await conflicts.get(conn, conflict_id)
        binding = await bindings.get(conn, conflict.binding_id) if conflict is not None else None
        if conflict is None or binding is None:
            raise Absent(f"there is no conflict {conflict_id}: it may be older than the time such are kept")
        label = (await labels.of(conn, [binding.id]))[binding.id]
        own = _fields(binding)
        both = next((one for one in own if one.field == conflict.question["field"]), None)
        found = _found(conflict.question)
        return QuestionView(
            conflict, label, both, _changed_by(binding, both), own,
            tuple([await _candidate(conn, binding, value) for value in found]),
        )  # fmt: skip


def _found(question: Mapping[str, Any]) -> tuple[str, ...]:
    """Among whom a person is to choose."""
    found = question.get("params", {}).get("found")
    if question["reason"] not in ("customers_alike", "reference_doubled") or not isinstance(found, list):
        return ()
    return tuple(str(value) for value in found)


async def _candidate(conn: Connection, binding: Binding, value: str) -> Candidate:
    number = is_ours(value)
    if number is not None:
        known = await bindings.get(conn, number)
    else:
        known = await _by_id(conn, binding, value)
    if known is None:
        return Candidate(value)
    label = (await labels.of(conn, [known.id])).get(known.id)
    return Candidate(value, label, _fields(known), await labels.orders_of(conn, [known.id], ORDERS_EACH))


async def _by_id(conn: Connection, binding: Binding, value: str) -> Binding | None:
    """A record of the side that the half is being looked for on."""
    side = Side.VMS if binding.vms_id is None else Side.KEYCRM
    if side is Side.KEYCRM and not (value.isascii() and value.isdigit()):
        return None
    return await bindings.find(conn, binding.entity, side, value)


def _fields(binding: Binding) -> tuple[FieldOfBoth, ...]:
    """What is known of both sides; of a half that was never compared, what VMS's newest event tells."""
    both = sides.fields(binding.entity, Memory.from_json(binding.memory), {})
    if both or binding.vms_event is None or binding.entity is not Entity.CUSTOMER:
        return both
    return sides.told(images.of_vms_customer(VmsCustomerEvent.model_validate(binding.vms_event)))


def _changed_by(binding: Binding, both: FieldOfBoth | None) -> str | None:
    """Whom VMS's newest event names, if it lies within the time in which the field changed."""
    at, event = binding.vms_event_at, binding.vms_event or {}
    if both is None or at is None or not both.vms.has_moved:
        return None
    is_it = (both.vms.after is None or at >= both.vms.after) and (both.vms.before is None or at <= both.vms.before)
    return event.get("changedBy") if is_it else None
