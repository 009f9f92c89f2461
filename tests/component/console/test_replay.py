"""Replays of what was never a record: items, levels, notifications; and when they do nothing."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal

import pytest

from libs.contracts.types import Entity, Lane, Side
from libs.runtime.database import Connection, Database
from libs.runtime.work import Failure
from libs.state import levels, marks, notifications
from libs.state.due import MarkBinding
from libs.state.levels import Kind, Want
from libs.state.notifications import Note
from tests.component.console.world import Api, bound, decision, fail, kept, later, told, work


async def given_up(conn: Connection, database: Database) -> tuple[int, int]:
    """An order given up towards KeyCRM, and its letter: the binding's number and the letter's."""
    binding = await bound(conn)
    async with conn.transaction():
        due = MarkBinding(binding.id, (Side.KEYCRM,), Lane.ORDER)
        await marks.mark_bindings(conn, [due], datetime.now(UTC))
    await fail(database, Side.KEYCRM, Failure("exhausted", "KeyCRM answered 500", 3), Lane.ORDER)
    dead = told(kind="item", bindingId=binding.id, entity="order", side="keycrm", lane=1, code="", field=None)
    number = await kept(conn, dead, entity=Entity.ORDER, binding_id=binding.id, side=Side.KEYCRM)
    return binding.id, number


async def test_an_item_becomes_due_again_and_can_be_followed(
    console: Api, conn: Connection, database: Database
) -> None:
    """Only towards the side it failed on, before everything else, with an operation that ends with the work."""
    binding_id, number = await given_up(conn, database)

    done = (await console.post(f"/dead-letters/{number}/replay")).json()

    assert done["outcome"] == "marked"
    row = await conn.fetchrow("SELECT * FROM work_item WHERE binding_id = $1", binding_id)
    assert row is not None
    assert (row["lane"], row["parked_keycrm"], row["due_vms"]) == (0, None, None)
    await work(database, Side.KEYCRM)
    followed = await console.get(done["operation"].removeprefix("/api/keycrm"))
    assert (followed["kind"], followed["status"]) == ("replay", "done")


async def test_an_item_that_was_synced_since_is_superseded(console: Api, conn: Connection, database: Database) -> None:
    """A later mark has done what the replay would do: nothing becomes due, and the answer says so."""
    binding_id, number = await given_up(conn, database)
    async with conn.transaction():
        await marks.mark_bindings(conn, [MarkBinding(binding_id, (Side.KEYCRM,), Lane.ORDER)], datetime.now(UTC))
    await work(database, Side.KEYCRM, lane=Lane.ORDER)
    before = await conn.fetchrow("SELECT * FROM work_item WHERE binding_id = $1", binding_id)

    done = (await console.post(f"/dead-letters/{number}/replay")).json()

    assert done["outcome"] == "superseded"
    assert "synced since" in done["sentence"]
    assert await conn.fetchrow("SELECT * FROM work_item WHERE binding_id = $1", binding_id) == before
    assert await decision(conn, number) == "superseded"
    assert [row["id"] for row in await conn.fetch("SELECT id FROM operation")] == []


@pytest.mark.parametrize("kind", list(Kind))
async def test_a_refused_level_is_sent_again_unless_a_newer_value_came(
    console: Api, conn: Connection, kind: Kind
) -> None:
    """Refused: due again with VMS's newest value. A newer value since: nothing is done."""
    warehouse = "kyiv" if kind is Kind.STOCK else ""
    now = datetime.now(UTC)
    async with conn.transaction():
        await levels.want(conn, kind, [Want("A-1", warehouse, Decimal(5), later(0), "e-1")], now)
        claimed = await levels.claim(conn, kind, warehouse, 10, now, 60)
        await levels.give_up(conn, claimed, "KeyCRM answered 422", now)
    numbers = [await kept(conn, told(kind=kind.value, sku="A-1", warehouse=warehouse, side="keycrm")) for _ in range(2)]

    assert (await console.post(f"/dead-letters/{numbers[0]}/replay")).json()["outcome"] == "marked"
    row = await conn.fetchrow(f"SELECT state, due_at FROM {kind.table}")
    assert row is not None
    assert (row["state"], row["due_at"] is None) == ("due", False)
    assert (await console.post(f"/dead-letters/{numbers[1]}/replay")).json()["outcome"] == "superseded"


async def test_a_failed_notification_is_sent_again_once(console: Api, conn: Connection) -> None:
    """Only to its own channel; sent since or waiting: superseded."""
    now = datetime.now(UTC)
    for channel in ("news", "shop"):
        await notifications.note(conn, [Note("e-1", channel, "sync.refused")], now)
        await notifications.begin(conn, "e-1", channel, "sync.refused", now)
        await notifications.end(conn, "e-1", channel, "failed" if channel == "news" else "sent", now)
    numbers = [
        await kept(conn, told(kind="notification", eventId="e-1", channel=channel), "notifier")
        for channel in ("news", "news", "shop")
    ]

    outcomes = [(await console.post(f"/dead-letters/{number}/replay")).json()["outcome"] for number in numbers]
    assert outcomes == ["marked", "superseded", "superseded"]
    rows = await conn.fetch("SELECT channel, status FROM notification ORDER BY channel")
    assert [tuple(row) for row in rows] == [("news", "waiting"), ("shop", "sent")]
