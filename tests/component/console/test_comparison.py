"""Whether both sides are the same, over the API: counted, listed, and compared anew when a person asks."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest

from libs.contracts.types import Entity, Lane, Side
from libs.reconcile.values import Question
from libs.runtime.database import Connection
from libs.state import comparison_passes, flows, marks
from libs.state.levels import Kind
from libs.state.marks import Mark
from tests.component.console.differing import different, differs, level_differs, passed, same, suspected
from tests.component.console.world import (
    CANARY_NAME,
    CANARY_PHONE,
    GUID,
    Api,
    asked,
    audited,
    bound,
    kept,
    letter,
)

NOW = datetime.now(UTC).replace(microsecond=417)
AN_HOUR_AGO = NOW - timedelta(hours=1)


def guid(number: int) -> str:
    """An order's id in VMS."""
    return f"1f0e2d3c-0000-4000-8000-{number:012d}"


async def order(conn: Connection, number: int) -> int:
    """A further order; its binding's number."""
    return (await bound(conn, vms_id=guid(number), keycrm_id=1000 + number)).id


async def begun(conn: Connection) -> None:
    """Wait until somebody has asked."""
    while not await conn.fetchval("SELECT count(*) FROM operation"):  # noqa: ASYNC110 - the row is all there is to see
        await asyncio.sleep(0.05)


async def test_what_was_never_compared_says_so(console: Api, conn: Connection) -> None:
    """Every subject is told, nothing of it compared; no pass has begun, nobody waits."""
    await bound(conn)

    told = await console.get("/comparison", "viewer")

    assert told["wholeSince"] is None
    subjects = {one["subject"]: one for one in told["subjects"]}
    assert list(subjects) == ["order", "customer", "article", "stock", "price"]
    assert (subjects["order"]["known"], subjects["order"]["compared"], subjects["order"]["ratio"]) == (1, 0, 0.0)
    assert [(one["subject"], one["beganAt"], one["isAsked"]) for one in told["passes"]] == [
        (subject, None, False) for subject in comparison_passes.SUBJECTS
    ]


async def test_each_subject_is_counted_with_the_causes(console: Api, conn: Connection) -> None:
    """Known, compared, suspects, what differs and why, the share, the oldest look; how far the passes are."""
    first, second, third = await order(conn, 1), await order(conn, 2), await order(conn, 3)
    await same(conn, first, AN_HOUR_AGO)
    await suspected(conn, second, NOW, different("status", 2, 8))
    await differs(conn, third, AN_HOUR_AGO, different("status", 2, 8))
    await level_differs(conn, Kind.STOCK, "A-1", "kyiv", "5", "4", NOW)
    await passed(conn, AN_HOUR_AGO, NOW)

    told = await console.get("/comparison", "viewer")

    orders, *_, stock, price = told["subjects"]
    assert (orders["known"], orders["compared"], orders["suspects"]) == (3, 3, 1)
    assert (orders["differs"], orders["differing"], round(orders["ratio"], 3)) == (1, {"nothing": 1}, 0.333)
    assert datetime.fromisoformat(orders["oldestAt"]) == AN_HOUR_AGO
    assert (stock["known"], stock["compared"], stock["differing"]) == (1, 1, {"waiting": 1})
    assert (price["known"], price["oldestAt"]) == (0, None)
    assert datetime.fromisoformat(told["wholeSince"]) == AN_HOUR_AGO
    assert all(datetime.fromisoformat(one["endedAt"]) == NOW for one in told["passes"])


async def test_a_difference_is_told_with_what_explains_it(console: Api, conn: Connection) -> None:
    """Both ids, both values, since when, and the question, the letter, the stopped flow or the work behind it."""
    numbers = [await order(conn, number) for number in range(1, 6)]
    for ago, number in enumerate(numbers):
        await differs(conn, number, AN_HOUR_AGO + timedelta(minutes=ago), different("status", 2, 8))
    question = await asked(conn, await bound(conn, vms_id=guid(1)), Question("status", "both_changed"))
    dead = await kept(conn, letter(), binding_id=numbers[1])
    async with conn.transaction():
        due = [Mark(Entity.ORDER, Side.VMS, guid(number), (Side.VMS,), Lane.ORDER) for number in (2, 3)]
        await marks.mark(conn, due, NOW)
    await conn.execute("UPDATE work_item SET parked_vms = 'exhausted' WHERE binding_id = $1", numbers[1])

    told = (await console.get("/comparison/differences", "viewer"))["items"]

    assert [one["bindingId"] for one in told] == numbers
    assert [one["cause"] for one in told] == ["question", "dead_letter", "waiting", "nothing", "nothing"]
    assert (told[1]["vmsId"], told[1]["keycrmId"]) == (guid(2), 1002)
    assert told[0]["fields"] == [{"field": "status", "vms": 2, "keycrm": 8, "conflictId": question}]
    assert (told[1]["deadLetterId"], told[0]["deadLetterId"]) == (dead, None)
    assert datetime.fromisoformat(told[0]["since"]) == AN_HOUR_AGO
    await flows.stop(conn, "order.to_vms", "too many", {}, "inbound-apply", NOW)
    stopped = await console.get("/comparison/differences?cause=stopped")
    assert [one["bindingId"] for one in stopped["items"]] == [numbers[2]]


async def test_a_viewer_sees_that_people_differ_not_how(console: Api, conn: Connection) -> None:
    """Neither name nor phone; an empty side stays empty; an operator sees both."""
    person = (await bound(conn, Entity.CUSTOMER, "7", 900)).id
    fields = (different("name", CANARY_NAME, None), different("phone", CANARY_PHONE, "+380671112233"))
    await differs(conn, person, AN_HOUR_AGO, *fields)

    for path in ("/comparison/differences", f"/bindings/{person}"):
        answer = await console.ask("GET", path, "viewer")
        assert CANARY_NAME not in answer.text
        assert CANARY_PHONE not in answer.text
    told = (await console.get("/comparison/differences", "viewer"))["items"][0]["fields"]
    assert [(one["vms"], one["keycrm"]) for one in told] == [("***", None), ("***", "***")]
    assert CANARY_NAME in (await console.ask("GET", "/comparison/differences")).text


async def test_pages_of_differences_leave_none_out(console: Api, conn: Connection) -> None:
    """Two at a time, also where several began to differ in the very same instant; by entity alone too."""
    numbers = [await order(conn, number) for number in range(1, 6)]
    for number in numbers:
        await differs(conn, number, AN_HOUR_AGO, different("status", 2, 8))
    article = (await bound(conn, Entity.ARTICLE, "7", 900)).id
    await differs(conn, article, NOW, different("name", "а", "б"))

    seen: list[int] = []
    after: str | None = ""
    for _ in range(4):
        part = await console.get(f"/comparison/differences?limit=2&entity=order&after={after}")
        seen += [one["bindingId"] for one in part["items"]]
        after = part["next"]
        if after is None:
            break

    assert (seen, after) == (numbers, None)
    only = await console.get("/comparison/differences?entity=article")
    assert [one["bindingId"] for one in only["items"]] == [article]


async def test_levels_that_differ_are_listed_page_by_page(console: Api, conn: Connection) -> None:
    """VMS's figure and KeyCRM's, by SKU and warehouse, whatever sign a SKU holds; a price has no warehouse."""
    places = [("A-1", "kyiv"), ("A-1", "lviv"), ('Б "2"/+&', "kyiv")]
    for sku, warehouse in places:
        await level_differs(conn, Kind.STOCK, sku, warehouse, "5", "4", NOW)
    await level_differs(conn, Kind.PRICE, "A-1", "", "180.50", "180", NOW)

    first = await console.get("/comparison/levels?kind=stock&limit=2", "viewer")
    rest = await console.get(f"/comparison/levels?kind=stock&limit=2&after={first['next']}", "viewer")
    prices = await console.get("/comparison/levels?kind=price", "viewer")

    assert [(one["sku"], one["warehouse"]) for one in first["items"] + rest["items"]] == places
    assert rest["next"] is None
    assert {key: first["items"][0][key] for key in ("vms", "keycrm", "cause")} == {
        "vms": "5", "keycrm": "4", "cause": "waiting",
    }  # fmt: skip
    assert [(one["warehouse"], one["vms"], one["keycrm"]) for one in prices["items"]] == [("", "180.5", "180")]
    assert (await console.get("/comparison/levels?kind=stock&cause=nothing"))["items"] == []


async def test_asking_begins_one_operation(console: Api, conn: Connection) -> None:
    """202 and where to follow it; its total is what is known; every pass is asked for; the audit has the name."""
    await bound(conn)
    await bound(conn, Entity.CUSTOMER, "7", 900)
    await bound(conn, Entity.CUSTOMER, "8", None)
    await level_differs(conn, Kind.STOCK, "A-1", "kyiv", "5", "4", NOW)
    await level_differs(conn, Kind.PRICE, "A-1", "", "5", "4", NOW)

    answer = await console.post("/comparison")

    told = answer.json()
    assert answer.status_code == 202
    assert answer.headers["location"] == f"/api/keycrm/operations/{told['id']}"
    assert (told["kind"], told["status"], told["total"], told["done"]) == ("compare", "running", 3, 0)
    passes = (await console.get("/comparison", "viewer"))["passes"]
    assert {(one["isAsked"], one["operationId"]) for one in passes} == {(True, told["id"])}
    [(actor, action, _)] = await audited(conn)
    assert (actor.partition(":")[0], action) == ("operator", "comparison.asked")
    assert await conn.fetchval("SELECT operation_id FROM audit_entry") == UUID(told["id"])


async def test_whoever_asks_meanwhile_follows_the_same_operation(console: Api, conn: Connection) -> None:
    """However many ask at once: one operation, one entry, and all are led to it."""
    answers = await asyncio.gather(*(console.post("/comparison") for _ in range(5)))

    assert {answer.status_code for answer in answers} == {202}
    assert len({answer.json()["id"] for answer in answers}) == 1
    assert await conn.fetchval("SELECT count(*) FROM operation") == 1
    assert len(await audited(conn)) == 1


async def test_the_operation_ends_when_every_pass_has(console: Api, conn: Connection) -> None:
    """With wait the answer is the ended operation, 200; asking again begins another one."""
    asking = asyncio.create_task(console.post("/comparison?wait=20"))
    await asyncio.wait_for(begun(conn), 20)
    later = datetime.now(UTC) + timedelta(seconds=1)
    await passed(conn, later, later)
    number = await conn.fetchval("SELECT id FROM operation")
    await comparison_passes.conclude(conn, number, {"differs": 0}, later)

    answer = await asking

    assert (answer.status_code, answer.json()["status"]) == (200, "done")
    again = await console.post("/comparison")
    assert (again.status_code, again.json()["id"] != answer.json()["id"]) == (202, True)


@pytest.mark.parametrize("is_kept", [True, False])
async def test_an_awaited_operation_that_is_gone_is_absent(console: Api, conn: Connection, is_kept: bool) -> None:
    """Nothing hangs and nothing is begun twice: 404 says what may have happened."""
    await console.post("/comparison")
    if not is_kept:
        await conn.execute("UPDATE comparison_pass SET operation_id = gen_random_uuid()")

    assert (await console.post("/comparison")).status_code == (202 if is_kept else 404)
    assert await conn.fetchval("SELECT count(*) FROM operation") == 1


async def test_a_record_tells_its_last_comparison(console: Api, conn: Connection) -> None:
    """Never, the same, a suspicion, and how it differs with the question about it."""
    binding = await bound(conn)
    assert (await console.get(f"/bindings/{binding.id}"))["compared"] is None

    await same(conn, binding.id, AN_HOUR_AGO)
    told = (await console.get(f"/bindings/orders/{GUID}"))["compared"]
    assert (datetime.fromisoformat(told["at"]), told["isSuspect"], told["fields"]) == (AN_HOUR_AGO, False, [])

    await suspected(conn, binding.id, NOW, different("status", 2, 8))
    assert (await console.get(f"/bindings/{binding.id}"))["compared"]["isSuspect"]

    await differs(conn, binding.id, NOW, different("status", 2, 8))
    question = await asked(conn, binding, Question("status", "both_changed"))
    told = (await console.get(f"/bindings/{binding.id}", "viewer"))["compared"]
    assert (told["cause"], told["isSuspect"]) == ("question", False)
    assert told["fields"] == [{"field": "status", "vms": 2, "keycrm": 8, "conflictId": question}]
