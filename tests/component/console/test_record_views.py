"""One record and one question as people look at them, read from a real database."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from console.domain.refusals import Absent
from console.domain.sides import Standing
from console.domain.story import Kind
from console.handlers import question_view, records, sync
from console.handlers.desk import Desk
from libs.contracts.access import Person, Role
from libs.contracts.types import Entity, Side
from libs.reconcile import questions
from libs.reconcile.memory import Memory
from libs.reconcile.values import Bases, Seen
from libs.runtime.database import Connection, Database
from libs.state import audit
from libs.state.audit import Entry
from libs.state.bindings import Status
from libs.state.marks import VmsEvent
from tests.component.console.test_conflicts import STATUS
from tests.component.console.world import CANARY_NAME, GUID, SEEN, asked, bound, kept, letter, work

OLENA = Person("Олена", Role.OPERATOR)
AGREED = Memory(Bases({"status": 1}, {"status": 4}))


async def test_a_record_is_seen_with_all_that_happened_to_it(conn: Connection, desk: Desk, database: Database) -> None:
    """Fields, questions, letters, the customer, and one chain from the person to the write."""
    binding = await bound(conn, memory=AGREED)
    customer = await bound(conn, Entity.CUSTOMER, "7", 900)
    await conn.execute("UPDATE binding SET parent_id = $2 WHERE id = $1", binding.id, customer.id)
    operation = await sync.ask(desk, OLENA, Entity.ORDER, Side.VMS, GUID)
    item = await work(database, Side.VMS)
    entry = Entry(
        "inbound-apply", "updated", entity=Entity.ORDER, binding_id=binding.id, field="status",
        correlation_id=item.correlation_id,
    )  # fmt: skip
    await audit.append(conn, [entry], datetime.now(UTC))
    question = await asked(conn, binding, STATUS)
    number = await kept(conn, letter(), binding_id=binding.id)

    shown = await records.one(desk, Entity.ORDER, binding.id)

    assert [(one.field, one.standing, one.conflict_id) for one in shown.fields] == [
        ("status", Standing.ASKED, question)
    ]
    assert shown.parent is not None
    assert shown.parent.id == customer.id
    assert [one.id for one in shown.letters] == [number]
    assert [one.id for one in shown.running] == [operation.id]
    chain = next(chain for chain in shown.story if len(chain.moments) > 1)
    assert [one.kind for one in chain.moments] == [Kind.PERSON, Kind.WRITE]
    assert {one.kind for chain in shown.story for one in chain.moments} == {
        Kind.PERSON, Kind.WRITE, Kind.ASKED, Kind.LETTER,
    }  # fmt: skip
    assert [one.id for one in (await records.one(desk, Entity.CUSTOMER, customer.id)).orders] == [binding.id]


async def test_a_record_of_another_kind_or_none_is_absent(conn: Connection, desk: Desk) -> None:
    """An order's number is no customer's."""
    binding = await bound(conn)
    for entity, number in ((Entity.CUSTOMER, binding.id), (Entity.ORDER, 12345)):
        with pytest.raises(Absent):
            await records.one(desk, entity, number)
    assert await records.by_id(desk, Entity.ORDER, Side.KEYCRM, 417) == binding.id


async def test_who_changed_it_in_vms_is_told_where_that_change_is_meant(conn: Connection, desk: Desk) -> None:
    """The event lies within the time in which the field changed; KeyCRM's side names nobody."""
    memory = Memory(AGREED.bases, spans={(Side.VMS, "status"): Seen(2, SEEN, None, SEEN)})
    event = VmsEvent("e-1", SEEN, {"orderId": GUID, "changedBy": "k.test"}, {"image": {}})
    binding = await bound(conn, status=Status.CONFLICT, memory=memory, event=event)
    number = await asked(conn, binding, STATUS)

    shown = await question_view.one(desk, number)

    assert shown.changed_by == "k.test"
    assert shown.both is not None
    assert (shown.both.vms.value, shown.both.vms.base) == (2, 1)


async def test_candidates_stand_side_by_side(conn: Connection, desk: Desk) -> None:
    """A pair of ours with name and orders, a buyer of KeyCRM by his id, and one nobody has read here."""
    image = {"name": CANARY_NAME}
    own = await bound(conn, Entity.CUSTOMER, "7", 900, memory=Memory(Bases(image, image)))
    order = await bound(conn)
    await conn.execute("UPDATE binding SET parent_id = $2 WHERE id = $1", order.id, own.id)
    event = VmsEvent(
        "e-1",
        SEEN,
        {"customerId": 8, "changedAt": SEEN.isoformat(), "companyName": "—", "contactName": "Третя"},
        {"image": {}},
    )
    half = await bound(conn, Entity.CUSTOMER, "8", None, Status.PENDING, event=event)
    number = await asked(conn, half, questions.customers_alike(["900", "901", f"binding {own.id}"]))

    shown = await question_view.one(desk, number)

    assert shown.own[0].vms.value == "Третя"
    assert [(one.value, one.label.id if one.label else None) for one in shown.candidates] == [
        ("900", own.id), ("901", None), (f"binding {own.id}", own.id),
    ]  # fmt: skip
    assert [one.id for one in shown.candidates[0].orders] == [order.id]
    assert shown.candidates[0].fields[0].keycrm.value == CANARY_NAME
