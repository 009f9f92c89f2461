"""Many at once by a rule: looked at, done as previewed, told apart where somebody was faster."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from typing import Any

import pytest

from console.handlers.bulk import JUDGED
from console.handlers.carrying_out import Bulks
from console.handlers.desk import Desk
from libs.contracts.types import Lane, Side
from libs.reconcile.values import Question
from libs.runtime.database import Connection, Database
from libs.state import conflicts
from libs.state.bindings import Binding
from tests.component.console.test_conflicts import AMOUNT, STATUS
from tests.component.console.world import Api, asked, audited, bound, claim, kept, letter, problem, told

COMMENT = Question(
    "manager_comment", "both_changed", shown_vms="а", shown_keycrm="б", base_vms="в", base_keycrm="в",
    params={"vms": "а", "keycrm": "б"},
)  # fmt: skip
RULE = {"entity": "order", "field": "status", "reason": "both_changed"}


async def orders(conn: Connection, count: int) -> list[Binding]:
    """So many orders, bound."""
    return [await bound(conn, vms_id=f"1f0e2d3c-0000-4000-8000-{n:012d}", keycrm_id=n) for n in range(1, count + 1)]


async def all_parts(desk: Desk) -> None:
    """Everything that runs, carried out."""
    bulks = Bulks(desk)
    while await bulks.part():
        pass


async def looked(console: Api, role: str = "operator", **more: Any) -> dict[str, Any]:
    """A preview of an answer to all questions of the rule."""
    answer = await console.post("/conflicts/bulk", role, json={"rule": RULE, "choice": "keycrm", **more})
    assert answer.status_code == 201, answer.text
    shown: dict[str, Any] = answer.json()
    return shown


async def status_of(conn: Connection, number: int) -> tuple[str, str | None]:
    """How a question stands, and by whom."""
    found = await conflicts.get(conn, number)
    assert found is not None
    return found.status, found.answered_by


async def test_a_preview_counts_and_shows_and_changes_nothing(console: Api, conn: Connection) -> None:
    """How many match, how many take the answer, a sample; other fields are left alone."""
    known = await orders(conn, 3)
    numbers = [await asked(conn, one, STATUS) for one in known]
    await asked(conn, known[0], COMMENT)
    await asked(conn, known[1], AMOUNT)

    shown = await looked(console)

    assert (shown["total"], shown["matching"], shown["leftOut"]) == (3, 3, 0)
    assert [one["id"] for one in shown["conflicts"]] == numbers
    assert await conn.fetchval("SELECT count(*) FROM conflict WHERE status <> 'open'") == 0
    assert await conn.fetchval("SELECT count(*) FROM operation") == 0


async def test_what_does_not_take_the_answer_is_left_out_and_said(console: Api, conn: Connection) -> None:
    """An amount takes KeyCRM's sum but no VMS's value."""
    known = await orders(conn, 2)
    await asked(conn, known[0], AMOUNT)
    await asked(conn, known[1], STATUS)

    shown = await looked(console, rule={"entity": "order"}, choice="vms")

    assert (shown["total"], shown["matching"], shown["leftOut"]) == (1, 2, 1)


async def test_only_what_is_as_previewed_is_answered(console: Api, conn: Connection, desk: Desk) -> None:
    """One was asked anew, one was answered by somebody else, one closed, a new one came: each is told apart."""
    known = await orders(conn, 5)
    numbers = [await asked(conn, one, STATUS) for one in known[:4]]
    shown = await looked(console)
    await asked(conn, known[0], replace(STATUS, shown_keycrm=10))
    await console.post(f"/conflicts/{numbers[1]}/resolve", "admin", json={"choice": "vms", "asked": 1})
    await conflicts.close(conn, known[2].id, ["status"], "both sides agree", desk.clock())
    late = await asked(conn, known[4], STATUS)

    begun = await console.post(f"/conflicts/bulk/{shown['id']}/apply")
    await all_parts(desk)

    assert begun.status_code == 202
    operation = await console.get(begun.headers["location"].removeprefix("/api/keycrm"))
    assert (operation["status"], operation["total"], operation["done"]) == ("done", 4, 4)
    assert operation["outcome"] == {"answered": 1, "anew": 1, "others": 1, "closed": 1}
    by = operation["askedBy"]
    assert [await status_of(conn, number) for number in (numbers[0], numbers[3], late)] == [
        ("open", None), ("resolved", by), ("open", None),
    ]  # fmt: skip
    assert (await status_of(conn, numbers[1]))[1] != by


async def test_each_answer_is_audited_by_name_and_both_sides_are_due(
    console: Api, conn: Connection, desk: Desk, database: Database
) -> None:
    """One entry for the rule, one for each question; the items wait in their own lane."""
    known = await orders(conn, 3)
    for one in known:
        await asked(conn, one, STATUS)
    shown = await looked(console)
    await console.post(f"/conflicts/bulk/{shown['id']}/apply")

    await all_parts(desk)

    entries = await audited(conn)
    assert [action for _, action, _ in entries] == ["conflict.bulk", *["conflict.answered"] * 3]
    assert len({actor for actor, _, _ in entries}) == 1
    for side in Side:
        async with database.transaction() as inside:
            assert await claim(inside, side, Lane.INTERACTIVE) is None
            assert await claim(inside, side, Lane.ORDER) is not None


async def test_a_bulk_goes_on_in_parts_whoever_carries_it_out(
    console: Api, conn: Connection, desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Four copies at once, parts of two: each question is answered once, and the progress is told on the way."""
    monkeypatch.setattr("console.handlers.carrying_out.PART", 2)  # smaller parts, the same code
    for one in await orders(conn, 9):
        await asked(conn, one, STATUS)
    shown = await looked(console)
    await console.post(f"/conflicts/bulk/{shown['id']}/apply")
    assert await Bulks(desk).part()
    assert await conn.fetchval("SELECT done FROM operation") == 2

    await asyncio.gather(*(all_parts(desk) for _ in range(4)))
    await all_parts(desk)

    assert await conn.fetchval("SELECT done FROM operation WHERE status = 'done'") == 9
    assert await conn.fetchval("SELECT count(*) FROM audit_entry WHERE action = 'conflict.answered'") == 9


async def test_a_preview_runs_once_and_only_for_who_looked(console: Api, conn: Connection) -> None:
    """Another person has not seen it; a second press changes nothing; a viewer may not look."""
    await asked(conn, (await orders(conn, 1))[0], STATUS)
    shown = await looked(console)

    problem(await console.post(f"/conflicts/bulk/{shown['id']}/apply", "admin"), 404)
    assert (await console.post(f"/conflicts/bulk/{shown['id']}/apply")).status_code == 202
    problem(await console.post(f"/conflicts/bulk/{shown['id']}/apply"), 409)
    problem(await console.post("/conflicts/bulk", "viewer", json={"rule": RULE, "choice": "vms"}), 403)


async def test_a_rule_that_takes_nothing_in_or_cannot_be_read_says_what_to_do(console: Api, conn: Connection) -> None:
    """422 names the rule; a typed value cannot be given to many."""
    shown = await looked(console)
    assert problem(await console.post(f"/conflicts/bulk/{shown['id']}/apply"), 422)["errors"][0]["field"] == "rule"
    for body in ({"rule": RULE, "choice": "value"}, {"rule": {"colour": "red"}, "choice": "vms"}, {"choice": "vms"}):
        problem(await console.post("/conflicts/bulk", json=body), 422)


async def test_letters_of_a_group_are_replayed_each_with_its_outcome(
    console: Api, conn: Connection, desk: Desk
) -> None:
    """What can be done is done; what could do nothing stays; what somebody decided on meanwhile is theirs."""
    binding = await bound(conn)
    item = told(kind="item", bindingId=binding.id, entity="order", side="vms", code="exhausted")
    numbers = [
        await kept(conn, item, "inbound-apply", binding_id=binding.id),
        await kept(conn, letter(body=b"{"), "inbound-apply"),
        await kept(conn, item, "inbound-apply", binding_id=binding.id),
        await kept(conn, item, "ingress"),
    ]
    await conn.execute("UPDATE binding SET status = 'error'")
    shown = await console.post("/dead-letters/bulk", json={"kind": "replay", "rule": {"service": "inbound-apply"}})
    assert shown.status_code == 201, shown.text
    await console.post(f"/dead-letters/{numbers[2]}/discard", "admin", json={"reason": "known"})

    begun = await console.post(f"/dead-letters/bulk/{shown.json()['id']}/apply")
    await all_parts(desk)

    operation = await console.get(begun.headers["location"].removeprefix("/api/keycrm"))
    assert operation["outcome"] == {"replayed": 1, "unsuited": 1, "others": 1}
    rows = await conn.fetch("SELECT status FROM dead_letter ORDER BY id")
    assert [row["status"] for row in rows] == ["replayed", "kept", "discarded", "kept"]


@pytest.mark.parametrize("more", [0, 3])
async def test_a_replay_is_judged_with_all_letters_up_to_a_bound(console: Api, conn: Connection, more: int) -> None:
    """Those that are shown are few; what it would do is counted over all, or over the first so many, which is told."""
    binding = await bound(conn)
    item = told(kind="item", bindingId=binding.id, entity="order", side="vms", code="exhausted")
    await conn.execute("UPDATE binding SET status = 'error'")
    for _ in range(JUDGED - 5 + more):
        await kept(conn, letter(body=b"{"), "inbound-apply")
    for _ in range(5):
        await kept(conn, item, "inbound-apply", binding_id=binding.id)

    shown = (await console.post("/dead-letters/bulk", json={"kind": "replay", "rule": {}})).json()

    assert (shown["total"], shown["judged"], len(shown["letters"])) == (JUDGED + more, JUDGED, 10)
    assert shown["effects"] == {"refused": JUDGED - 5 + more, "marked": 5 - more}


async def test_letters_of_a_group_are_discarded_with_one_reason(console: Api, conn: Connection, desk: Desk) -> None:
    """The reason stands with each; without one nothing is discarded."""
    for _ in range(3):
        await kept(conn, letter(body=b"{"))
    rule = {"reason": "malformed", "topic": "vms.order.v1"}
    problem(await console.post("/dead-letters/bulk", json={"kind": "discard", "rule": rule}), 422)

    shown = await console.post("/dead-letters/bulk", json={"kind": "discard", "rule": rule, "reason": "a test of VMS"})
    await console.post(f"/dead-letters/bulk/{shown.json()['id']}/apply")
    await all_parts(desk)

    rows = await conn.fetch("SELECT status, decision FROM dead_letter")
    assert {(row["status"], row["decision"]) for row in rows} == {("discarded", "a test of VMS")}
