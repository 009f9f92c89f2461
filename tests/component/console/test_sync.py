"""Manual sync: the mark, the operation, and following it to its end."""

from __future__ import annotations

import asyncio
import time

import pytest

from libs.contracts.types import Entity, Side
from libs.runtime.database import Connection, Database
from libs.runtime.work import Failure
from libs.state import attach
from tests.component.console.world import GUID, Api, bound, fail, problem, work


async def test_both_sides_become_due_before_everything_else(console: Api, conn: Connection) -> None:
    """202, the operation, where to follow it; the binding is due both ways in the interactive lane."""
    answer = await console.post(f"/sync/orders/{GUID.upper()}")

    assert answer.status_code == 202
    told = answer.json()
    assert answer.headers["location"] == f"/api/keycrm/operations/{told['id']}"
    assert (told["kind"], told["status"], told["waitsFor"]) == ("sync", "running", ["keycrm", "vms"])
    row = await conn.fetchrow("SELECT * FROM work_item")
    assert row is not None
    assert (row["lane"], row["due_vms"] is None, row["due_keycrm"] is None) == (0, False, False)
    assert await conn.fetchval("SELECT vms_id FROM binding") == GUID


@pytest.mark.parametrize(
    ("path", "entity", "column", "value"),
    [
        ("/sync/orders/417?side=keycrm", "order", "keycrm_id", 417),
        ("/sync/customers/7", "customer", "vms_id", "7"),
        ("/sync/article/12?side=keycrm", "article", "keycrm_id", 12),
    ],
)
async def test_a_record_is_named_by_either_sides_id(
    console: Api, conn: Connection, path: str, entity: str, column: str, value: object
) -> None:
    """VMS's where nothing is said; the entity may be written in the singular."""
    assert (await console.post(path)).status_code == 202

    row = await conn.fetchrow("SELECT * FROM binding")
    assert row is not None
    assert (row["entity"], row[column]) == (entity, value)


async def test_an_alias_leads_to_its_binding(console: Api, conn: Connection) -> None:
    """A buyer that was merged away is synchronised as what it has become; no new binding is made."""
    binding = await bound(conn, Entity.CUSTOMER, "7", 900)
    async with conn.transaction():
        await attach.add_alias(conn, binding, Side.KEYCRM, 899, binding.created_at)

    told = (await console.post("/sync/customers/899?side=keycrm")).json()

    assert told["bindingId"] == binding.id
    assert await conn.fetchval("SELECT count(*) FROM binding") == 1


async def test_the_outcome_comes_with_the_wait(console: Api, database: Database) -> None:
    """With wait the answer is the ended operation, 200, with what each side's work said."""
    asking = asyncio.create_task(console.post(f"/sync/orders/{GUID}?wait=10"))
    for side in Side:
        while not asking.done():
            try:
                await work(database, side, {"written": [side.value]})
                break
            except AssertionError:
                await asyncio.sleep(0.05)
    answer = await asking

    assert answer.status_code == 200
    told = answer.json()
    assert (told["status"], told["waitsFor"]) == ("done", [])
    assert told["outcome"] == {"vms": {"written": ["vms"]}, "keycrm": {"written": ["keycrm"]}}
    assert (await console.get(f"/operations/{told['id']}", "viewer"))["finishedAt"] == told["finishedAt"]


async def test_a_wait_that_is_too_short_leaves_something_to_follow(console: Api) -> None:
    """202 after the wait: nothing is lost, the operation goes on."""
    began = time.monotonic()
    answer = await console.post(f"/sync/orders/{GUID}?wait=0.5")

    assert 0.5 <= time.monotonic() - began < 5
    assert (answer.status_code, answer.json()["status"]) == (202, "running")


async def test_a_failure_ends_the_operation_with_its_reason(console: Api, database: Database) -> None:
    """Who waits is told why, in the words of the dead letter."""
    told = (await console.post(f"/sync/orders/{GUID}")).json()
    await fail(database, Side.KEYCRM, Failure("permanent", "VMS's id 9 has no pair", 1, "no_pair", "status"))

    after = await console.get(f"/operations/{told['id']}?wait=5")
    assert (after["status"], after["error"]) == ("failed", "VMS's id 9 has no pair")


async def test_an_unknown_operation_is_absent(console: Api) -> None:
    """404 says what may have happened."""
    told = problem(await console.ask("GET", "/operations/6f1c2d3e-0000-4000-8000-000000000417"), 404)

    assert "operation" in told["detail"]
