"""Load a claimed binding: its memory, its open questions, and the VMS events that came since it was saved.

Reads only. The fence is checked when something is written, not here.
"""

from __future__ import annotations

from libs.contracts.types import Entity
from libs.flow import ledger
from libs.flow.flow import Case
from libs.reconcile import wire
from libs.reconcile.fields import Fields
from libs.reconcile.memory import Memory
from libs.reconcile.review import note_events
from libs.reconcile.values import EventLook, Question
from libs.runtime.database import Connection
from libs.runtime.errors import LeaseLost
from libs.runtime.work import WorkItem
from libs.state import bindings, conflicts


async def load(conn: Connection, item: WorkItem, fields: Fields) -> Case:
    """The case of an item.

    Raises:
        LeaseLost: the binding is gone: the half was attached to another meanwhile.
    """
    binding = await bindings.get(conn, item.binding_id)
    if binding is None or binding.id != item.binding_id:
        raise LeaseLost("the half was attached to another binding")
    questions = [wire.load(Question, row) for row in await conflicts.live(conn, binding.id)]
    memory = Memory.from_json(binding.memory, questions)
    told = [wire.load(EventLook, event["look"]) for event in binding.events]
    return Case(
        binding,
        note_events(fields, memory, told),
        asked=dict(memory.questions),
        folded=tuple(event["event_id"] for event in binding.events),
        ledger=await ledger.load(conn, binding) if binding.entity is Entity.ORDER else None,
    )
