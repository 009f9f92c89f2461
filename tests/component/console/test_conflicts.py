"""Questions: shown, masked, answered, and answered by two people at once."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from datetime import UTC, datetime

from libs.contracts.types import Entity, Side
from libs.reconcile import wire
from libs.reconcile.values import Choice, Question
from libs.runtime.database import Connection, Database
from libs.state import conflicts, marks
from libs.state.bindings import Status
from libs.state.due import MarkBinding
from tests.component.console.world import CANARY_NAME, Api, asked, audited, bound, problem, work

STATUS = Question(
    "status", "both_changed", shown_vms=2, shown_keycrm=9, base_vms=1, base_keycrm=4, params={"vms": 2, "keycrm": 9}
)
NAME = Question(
    "name", "both_changed", shown_vms=CANARY_NAME, shown_keycrm="Інша Назва", base_vms="Була", base_keycrm="Була",
    params={"vms": CANARY_NAME, "keycrm": "Інша Назва"},
)  # fmt: skip
AMOUNT = Question(
    "deposited_amount", "deposited_unexplained", shown_vms="12.00", shown_keycrm="1011.00",
    params={"vms": "12.00", "sum": "1011.00"}, choices=(Choice.KEYCRM, Choice.KEEP, Choice.VALUE),
)  # fmt: skip


async def test_a_question_says_what_was_seen_and_what_can_be_done(console: Api, conn: Connection) -> None:
    """Both values, the base, the sentence, the choices, both ids, and how often it was asked."""
    number = await asked(conn, await bound(conn, status=Status.CONFLICT), STATUS)

    told = await console.get(f"/conflicts/{number}", "viewer")

    assert (told["field"], told["status"], told["asked"]) == ("status", "open", 1)
    assert (told["shown"], told["base"]) == ({"vms": 2, "keycrm": 9}, {"vms": 1, "keycrm": 4})
    assert (told["vmsId"], told["keycrmId"]) == ("1f0e2d3c-0000-4000-8000-000000000001", 417)
    assert told["sentence"].startswith("Status was changed on both sides: VMS has 2, KeyCRM has 9.")
    assert told["choices"] == ["vms", "keycrm", "value"]


async def test_a_viewer_sees_that_names_differ_and_never_the_names(console: Api, conn: Connection) -> None:
    """Personal values are masked in the value, the base, the sentence and the answer; operators see them."""
    number = await asked(conn, await bound(conn, Entity.CUSTOMER, "7", 900), NAME)
    await console.post(f"/conflicts/{number}/resolve", json={"choice": "value", "asked": 1, "value": CANARY_NAME})

    for path in (f"/conflicts/{number}", "/conflicts?status=all", "/bindings/customers/7", "/audit"):
        assert CANARY_NAME in (await console.ask("GET", path, "operator")).text, path
        seen = (await console.ask("GET", path, "viewer")).text
        assert CANARY_NAME not in seen, path
        assert "Інша" not in seen
        assert "***" in seen


async def test_questions_are_filtered_and_paged_by_their_numbers(console: Api, conn: Connection) -> None:
    """Each is on one page; status, entity and binding narrow the list."""
    orders = [await bound(conn, vms_id=f"1f0e2d3c-0000-4000-8000-00000000000{n}", keycrm_id=n) for n in range(1, 6)]
    customer = await bound(conn, Entity.CUSTOMER, "7", 900)
    numbers = [await asked(conn, one, STATUS) for one in orders] + [await asked(conn, customer, NAME)]

    first = await console.get("/conflicts?limit=4")
    second = await console.get(f"/conflicts?limit=4&after={first['next']}")
    assert [one["id"] for one in first["items"] + second["items"]] == numbers
    assert second["next"] is None
    for query, wanted in (
        ("entity=customer", numbers[5:]), (f"binding={orders[1].id}", numbers[1:2]), ("status=closed", []),
    ):  # fmt: skip
        assert [one["id"] for one in (await console.get(f"/conflicts?{query}"))["items"]] == wanted


async def test_an_answer_makes_both_sides_due_at_once(console: Api, conn: Connection, database: Database) -> None:
    """202 with an operation; the answer is what the merge reads; the audit says who."""
    binding = await bound(conn, status=Status.CONFLICT)
    number = await asked(conn, binding, STATUS)

    answer = await console.post(
        f"/conflicts/{number}/resolve", json={"choice": "value", "asked": 1, "value": 3, "terms": "vms"}
    )

    assert answer.status_code == 202
    assert answer.json()["waitsFor"] == ["keycrm", "vms"]
    question = wire.load(Question, (await conflicts.live(conn, binding.id))[0])
    assert question.answer is not None
    assert (question.answer.choice, question.answer.value, question.answer.terms) == (Choice.VALUE, 3, Side.VMS)
    assert (await audited(conn))[-1][1:] == ("conflict.answered", "value")
    for side in Side:
        await work(database, side)
    assert (await console.get(answer.headers["location"].removeprefix("/api/keycrm")))["status"] == "done"


async def test_what_was_asked_anew_is_not_answered(console: Api, conn: Connection) -> None:
    """409: the person saw other values. Nothing is due, nothing is written down."""
    binding = await bound(conn)
    number = await asked(conn, binding, STATUS)
    await asked(conn, binding, replace(STATUS, shown_keycrm=10))

    told = problem(await console.post(f"/conflicts/{number}/resolve", json={"choice": "vms", "asked": 1}), 409)

    assert "asked anew" in told["detail"]
    assert await conn.fetchval("SELECT count(*) FROM work_item WHERE due_vms IS NOT NULL") == 0
    assert await audited(conn) == []


async def test_what_is_closed_is_not_answered(console: Api, conn: Connection) -> None:
    """409 says that it has been settled."""
    binding = await bound(conn)
    number = await asked(conn, binding, STATUS)
    await conflicts.close(conn, binding.id, ["status"], "both sides agree", datetime.now(UTC))

    told = problem(await console.post(f"/conflicts/{number}/resolve", json={"choice": "vms", "asked": 1}), 409)
    assert "closed" in told["detail"]


async def test_of_two_people_at_once_one_answers(console: Api, conn: Connection) -> None:
    """Ten answers to one question: one is taken, nine are told by whom it was answered; one operation, one entry."""
    binding = await bound(conn)
    number = await asked(conn, binding, STATUS)
    choices = [{"choice": choice, "asked": 1} for choice in ("vms", "keycrm")] * 5

    answers = await asyncio.gather(
        *(console.post(f"/conflicts/{number}/resolve", "admin", json=body) for body in choices)
    )

    assert sorted(answer.status_code for answer in answers) == [202] + [409] * 9
    assert any("has answered it already" in answer.text for answer in answers)
    assert await conn.fetchval("SELECT count(*) FROM operation") == 1
    assert len(await audited(conn)) == 1
    won = next(body for body, answer in zip(choices, answers, strict=True) if answer.status_code == 202)
    assert (await conflicts.live(conn, binding.id))[0]["answer"]["choice"] == won["choice"]


async def test_an_answer_can_be_replaced_knowingly(console: Api, conn: Connection) -> None:
    """Before it is carried out a person may think again, but never by accident."""
    binding = await bound(conn)
    number = await asked(conn, binding, STATUS)
    await console.post(f"/conflicts/{number}/resolve", json={"choice": "vms", "asked": 1})
    again = {"choice": "keycrm", "asked": 1, "replace": True}

    problem(await console.post(f"/conflicts/{number}/resolve", json=again | {"replace": False}), 409)
    assert (await console.post(f"/conflicts/{number}/resolve", json=again)).status_code == 202
    assert (await conflicts.live(conn, binding.id))[0]["answer"] == {"choice": "keycrm"}


async def test_an_answer_and_a_worker_never_wait_for_each_other(
    console: Api, conn: Connection, database: Database
) -> None:
    """A worker holds the item, then the question; so does an answer: neither is ever a victim of a deadlock."""
    binding = await bound(conn)
    number = await asked(conn, binding, STATUS)
    async with conn.transaction():
        await marks.mark_bindings(conn, [MarkBinding(binding.id, (Side.VMS,), 0)], datetime.now(UTC))  # type: ignore[arg-type]  # a lane's number
    async with database.transaction() as worker:
        await worker.fetchrow("SELECT * FROM work_item WHERE binding_id = $1 FOR UPDATE", binding.id)
        answering = asyncio.create_task(
            console.post(f"/conflicts/{number}/resolve", json={"choice": "vms", "asked": 1})
        )
        await asyncio.sleep(0.5)
        assert not answering.done()
        await conflicts.ask(
            worker, binding.id, Entity.ORDER, wire.dump(replace(STATUS, shown_vms=3)), datetime.now(UTC)
        )

    problem(await answering, 409)


async def test_an_answer_must_fit_its_question(console: Api, conn: Connection) -> None:
    """422 names choice, value or terms, and what the question takes."""
    order = await bound(conn)
    status, amount = await asked(conn, order, STATUS), await asked(conn, order, AMOUNT)
    alike = Question("identity", "customers_alike", params={"found": ["12", "15"]}, choices=())
    gone = await asked(conn, await bound(conn, Entity.CUSTOMER, "7", 900), alike)
    for number, body, field in (
        (status, {"choice": "keep"}, "choice"),
        (status, {"choice": "value", "value": 3}, "terms"),
        (status, {"choice": "value", "value": "three", "terms": "vms"}, "value"),
        (amount, {"choice": "value", "value": 1011}, "value"),
        (amount, {"choice": "value", "value": "-1.00"}, "value"),
        (gone, {"choice": "keep"}, "choice"),
    ):
        told = problem(await console.post(f"/conflicts/{number}/resolve", json=body | {"asked": 1}), 422)
        assert [fault["field"] for fault in told["errors"]] == [field], (body, told)


async def test_an_unknown_question_is_absent(console: Api) -> None:
    """404, for reading and for answering."""
    problem(await console.ask("GET", "/conflicts/12"), 404)
    problem(await console.post("/conflicts/12/resolve", json={"choice": "vms", "asked": 1}), 404)
