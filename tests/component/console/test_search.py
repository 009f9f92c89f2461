"""The API finds records for people, and shows viewers no names."""

from __future__ import annotations

from libs.contracts.types import Entity
from libs.reconcile.memory import Memory
from libs.reconcile.values import Bases
from libs.runtime.database import Connection
from tests.component.console.world import CANARY_NAME, CANARY_PHONE, Api, bound, problem

IMAGE = {"name": CANARY_NAME, "phone": CANARY_PHONE}


async def test_a_customer_is_found_with_the_orders(console: Api, conn: Connection) -> None:
    """By the phone as people write it; the newest orders stand with the customer."""
    customer = await bound(conn, Entity.CUSTOMER, "7", 900, memory=Memory(Bases(IMAGE, IMAGE)))
    order = await bound(conn)
    await conn.execute("UPDATE binding SET parent_id = $2 WHERE id = $1", order.id, customer.id)

    for text in ("050 111-22-33", "2233", "канарейка"):
        told = await console.get("/records", params={"text": text})
        assert [one["id"] for one in told["items"]] == [customer.id], text
        assert told["items"][0]["name"] == CANARY_NAME
        assert [one["number"] for one in told["items"][0]["orders"]] == ["KC-417"]


async def test_a_viewer_finds_by_number_and_sees_no_name(console: Api, conn: Connection) -> None:
    """Neither the phone nor the name finds anybody; the id does, and the name is masked."""
    await bound(conn, Entity.CUSTOMER, "7", 900, memory=Memory(Bases(IMAGE, IMAGE)))

    for text in (CANARY_PHONE, "канарейка"):
        assert (await console.get("/records", "viewer", params={"text": text}))["items"] == []
    told = await console.ask("GET", "/records", "viewer", params={"text": "900"})
    assert [one["name"] for one in told.json()["items"]] == ["***"]
    assert CANARY_NAME not in told.text


async def test_what_was_typed_exactly_comes_first(console: Api, conn: Connection) -> None:
    """Order 41 before 417, though 417 is newer; kinds can be kept apart."""
    short = await bound(conn, vms_id="1f0e2d3c-0000-4000-8000-000000000041", keycrm_id=41)
    long = await bound(conn)
    await bound(conn, Entity.ARTICLE, "99", 4100)

    told = await console.get("/records", params={"text": "41", "entity": "order"})

    assert [one["id"] for one in told["items"]] == [short.id, long.id]
    assert told["isExact"]


async def test_nothing_typed_is_refused_with_what_to_do(console: Api) -> None:
    """422 names the text."""
    told = problem(await console.ask("GET", "/records", params={"text": ""}), 422)
    assert told["errors"][0]["field"] == "text"
