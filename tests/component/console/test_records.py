"""One binding with its story, the audit, and what each role sees of them."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest

from libs.contracts.types import Entity, Lane, Side
from libs.reconcile.memory import Memory
from libs.reconcile.values import Bases, PendingWrite, Question, Seen
from libs.runtime.database import Connection
from libs.state import attach, audit, events, marks, payments
from libs.state.audit import Entry
from libs.state.due import MarkBinding
from libs.state.events import Received
from libs.state.payments import VmsSeen
from tests.component.console.world import CANARY_NAME, CANARY_PHONE, GUID, Api, asked, bound, later, problem

MEMORY = Memory(
    bases=Bases({"status": 2, "manager_comment": CANARY_NAME}, {"status": 4, "manager_comment": CANARY_NAME}),
    pending=(PendingWrite(Side.KEYCRM, "manager_comment", "old", CANARY_PHONE, CANARY_PHONE, later(0), later(60)),),
    spans={
        (Side.VMS, "status"): Seen(3, later(0), later(10), later(20)),
        (Side.KEYCRM, "status"): Seen(4, None, later(5), later(20)),
        (Side.VMS, "manager_comment"): Seen(CANARY_PHONE, later(1), None, later(20)),
    },
)


async def test_a_binding_is_shown_field_by_field_on_both_sides(console: Api, conn: Connection) -> None:
    """What each side shows, since when, its base, what is on its way, what is asked."""
    binding = await bound(conn, memory=MEMORY)
    number = await asked(conn, binding, Question("status", "both_changed", 3, 9, params={"vms": 3, "keycrm": 9}))

    told = await console.get(f"/bindings/orders/{GUID}")

    assert (told["id"], told["vmsId"], told["keycrmId"], told["status"]) == (binding.id, GUID, 417, "synced")
    status = next(row for row in told["fields"] if row["field"] == "status")
    assert (status["vms"]["shown"], status["vms"]["base"], status["conflictId"]) == (3, 2, number)
    assert (status["keycrm"]["shown"], status["keycrm"]["base"]) == (4, 4)
    assert datetime.fromisoformat(status["vms"]["changedAfter"]) == later(0)
    assert told["pending"][0]["sent"] == CANARY_PHONE
    assert [one["id"] for one in told["questions"]] == [number]


@pytest.mark.parametrize("total", ["1011.00", None])
async def test_keycrms_paid_amount_is_an_amount(console: Api, conn: Connection, total: str | None) -> None:
    """Whoever reads it sees what the payments make, not the merge's note of which were counted; unread is unknown."""
    counted = {"counted": ["p-1"], "offset": "11.00"}
    memory = Memory(Bases({"deposited_amount": "1011.00"}, {"deposited_amount": counted}))
    binding = await bound(conn, memory=memory)
    hint = {"payments_total": total} if total else None
    await conn.execute("UPDATE binding SET hint = $2 WHERE id = $1", binding.id, hint)

    answer = await console.ask("GET", f"/bindings/orders/{GUID}", "viewer")

    (paid,) = answer.json()["fields"]
    assert (paid["keycrm"]["shown"], paid["keycrm"]["isKnown"]) == (total, total is not None)
    assert (paid["keycrm"]["base"], paid["vms"]["base"]) == ("1000.00", "1011.00")
    assert "counted" not in answer.text


async def test_a_viewer_sees_where_sides_differ_and_nothing_personal(console: Api, conn: Connection) -> None:
    """Statuses are shown, comments are masked: in images, bases and writes on their way."""
    await bound(conn, memory=MEMORY)

    answer = await console.ask("GET", f"/bindings/orders/{GUID}", "viewer")

    assert CANARY_NAME not in answer.text
    assert CANARY_PHONE not in answer.text
    told = answer.json()
    comment = next(row for row in told["fields"] if row["field"] == "manager_comment")
    assert (comment["vms"]["shown"], comment["vms"]["base"], comment["keycrm"]["shown"]) == ("***", "***", None)
    assert told["fields"][0]["vms"]["shown"] == 3


async def test_a_binding_has_its_work_payments_events_aliases_and_history(console: Api, conn: Connection) -> None:
    """Everything that a person needs to say what happened to it."""
    binding, now = await bound(conn), datetime.now(UTC)
    async with conn.transaction():
        await marks.mark_bindings(conn, [MarkBinding(binding.id, (Side.KEYCRM,), Lane.ORDER)], now)
        await payments.observe_vms(conn, [VmsSeen(binding.id, "p-1", Decimal("100.50"), now, 1, False, now)], now)
        received = Received("/vms", "e-1", "vms.order.updated", Entity.ORDER, GUID, Side.KEYCRM, binding.id, 1)
        await events.record(conn, [received], now)
        await attach.add_alias(conn, binding, Side.KEYCRM, 400, now)
        await audit.append(conn, [Entry("outbound-sync", "updated", binding_id=binding.id, field="status")], now)

    told = await console.get("/bindings/orders/400?side=keycrm", "viewer")

    assert told["aliases"] == [{"side": "keycrm", "id": "400"}]
    halves = {half["side"]: half for half in told["work"]["halves"]}
    assert (told["work"]["lane"], halves["keycrm"]["dueAt"] is None, halves["vms"]["dueAt"]) == ("order", False, None)
    assert [(row["vmsPaymentId"], Decimal(row["amount"])) for row in told["payments"]] == [("p-1", Decimal("100.5"))]
    assert [row["eventType"] for row in told["events"]] == ["vms.order.updated"]
    assert [row["action"] for row in told["history"]] == ["updated"]


async def test_a_binding_is_found_by_its_number_also_when_it_was_attached(console: Api, conn: Connection) -> None:
    """Links in audits and letters keep leading somewhere."""
    binding = await bound(conn)
    await conn.execute("INSERT INTO former_binding (id, binding_id, attached_at) VALUES (99999, $1, now())", binding.id)

    for number in (binding.id, 99999):
        assert (await console.get(f"/bindings/{number}"))["id"] == binding.id
    problem(await console.ask("GET", "/bindings/99998"), 404)
    told = problem(await console.ask("GET", "/bindings/customers/5"), 404)
    assert "synchronised" in told["detail"]


async def test_the_audit_is_filtered_and_paged_newest_first(console: Api, conn: Connection) -> None:
    """Each entry is on one page; actor, action, binding and time narrow the list."""
    for number in range(5):
        entry = Entry(f"actor-{number % 2}", f"action-{number}", binding_id=number, entity=Entity.ORDER, field="status")
        await audit.append(conn, [entry], later(number))

    first = await console.get("/audit?limit=3", "viewer")
    rest = await console.get(f"/audit?limit=3&before={first['next']}", "viewer")
    assert [row["action"] for row in first["items"] + rest["items"]] == [f"action-{n}" for n in (4, 3, 2, 1, 0)]
    assert rest["next"] is None
    for query, wanted in (
        ({"actor": "actor-1"}, [3, 1]),
        ({"action": "action-2"}, [2]),
        ({"binding": 4}, [4]),
        ({"since": later(1).isoformat(), "until": (later(1) + timedelta(seconds=2)).isoformat()}, [2, 1]),
    ):
        found = (await console.get("/audit", params=query))["items"]
        assert [row["action"] for row in found] == [f"action-{n}" for n in wanted], query


async def test_an_audit_entry_of_no_known_field_is_masked_for_viewers(console: Api, conn: Connection) -> None:
    """What is not known to be harmless is hidden; what is, is shown."""
    entries = [
        Entry("sync", "a", before=CANARY_NAME, after=CANARY_PHONE),
        Entry("sync", "b", entity=Entity.CUSTOMER, field="name", before=CANARY_NAME, after=None),
        Entry("sync", "c", entity=Entity.ORDER, field="status", before=2, after=3),
    ]
    await audit.append(conn, entries, later(0))

    seen = {row["action"]: (row["before"], row["after"]) for row in (await console.get("/audit", "viewer"))["items"]}
    assert seen == {"a": ("***", "***"), "b": ("***", None), "c": (2, 3)}
    assert CANARY_NAME in (await console.ask("GET", "/audit", "operator")).text
