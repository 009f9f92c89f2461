"""Audit, dead letters, notifications, watermarks, paused consumers, partners, retention."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta
from uuid import UUID

import asyncpg
import pytest

from libs.contracts.dead_letter import DeadLetter
from libs.contracts.types import Entity, Side
from libs.runtime.database import Connection, Database
from libs.state import (
    audit,
    bulk,
    consumers,
    dead_letters,
    events,
    feed,
    matters,
    news,
    notifications,
    operations,
    partners,
    retention,
    watermarks,
)
from libs.state.audit import Entry
from libs.state.dead_letters import Received
from tests.component.state.world import NOW, at, mark

LETTER = DeadLetter(
    topic="keycrm.order.v1", partition=2, offset=77, key=b"7", body=b"\xff\x00{", reason="malformed",
    headers=(("ce_id", b"e1"), ("odd", b"\xff\xfe"), ("empty", None)), error="the body is not JSON", attempts=1,
    first_failed_at=NOW,
)  # fmt: skip


async def test_audit_cannot_be_changed_or_deleted_by_the_services(conn: Connection) -> None:
    """Neither a bug nor a stolen password of a service rewrites what was done."""
    await audit.append(conn, [Entry("sync", "written", after="x")], NOW)

    for statement in ("UPDATE audit_entry SET actor = 'nobody'", "DELETE FROM audit_entry", "TRUNCATE audit_entry"):
        with pytest.raises(asyncpg.InsufficientPrivilegeError):
            await conn.execute(statement)
    with pytest.raises(asyncpg.InsufficientPrivilegeError):
        await conn.execute("ALTER TABLE audit_entry ADD COLUMN x int")
    assert len(await audit.page(conn)) == 1


async def test_audit_tells_who_what_why(conn: Connection) -> None:
    """Every fact of an entry comes back; filters narrow; newest first."""
    entry = Entry(
        actor="sync", action="field.written", reason="one side moved", entity=Entity.ORDER, binding_id=3, vms_id="g",
        keycrm_id=7, side=Side.VMS, field="status", before=3, after={"x": ["а"]}, call="updateOrder", outcome="done",
        correlation_id="c", operation_id=UUID(int=1),
    )  # fmt: skip
    await audit.append(conn, [entry, Entry("operator", "conflict.answered")], NOW)

    kept = await audit.page(conn, binding_id=3)
    assert [(one.entry, one.at) for one in kept] == [(entry, NOW)]
    assert [one.entry.actor for one in await audit.page(conn)] == ["operator", "sync"]
    assert [one.entry.action for one in await audit.page(conn, actor="operator", since=NOW, until=at(1))] == [
        "conflict.answered"
    ]
    assert await audit.page(conn, before=kept[0].id) == ()


async def test_a_dead_letter_read_twice_is_kept_once(conn: Connection) -> None:
    """The console's own redelivery makes no second row; every byte is kept."""
    received = Received("ingress", "ingress.dead-letter.v1", 0, 5, LETTER)
    first = await dead_letters.keep(conn, [received], NOW)
    assert await dead_letters.keep(conn, [received], at(1)) == ()

    kept = await dead_letters.get(conn, first[0])
    assert kept is not None
    assert kept.received == received
    assert kept.received.letter.for_replay() == ("keycrm.order.v1", b"7", list(LETTER.headers), b"\xff\x00{")


async def test_two_people_decide_on_one_letter_and_one_of_them_does(conn: Connection, database: Database) -> None:
    """A double click or two consoles replay a letter once."""
    number = (await dead_letters.keep(conn, [Received("ingress", "t", 0, 5, LETTER)], NOW))[0]

    async def decide(by: str) -> bool:
        async with database.transaction() as one:
            await dead_letters.get(one, number, is_locked=True)
            return await dead_letters.decide(one, number, "replayed", by, at(1))

    assert sorted(await asyncio.gather(*(decide(by) for by in ("anna", "borys", "vira")))) == [False, False, True]
    assert await dead_letters.page(conn) == ()
    assert [one.status for one in await dead_letters.page(conn, status="replayed")] == ["replayed"]


async def test_letters_are_counted_by_service_and_reason(conn: Connection) -> None:
    """What the status page and the alert see."""
    letters = [Received("ingress", "t", 0, offset, LETTER) for offset in range(3)]
    await dead_letters.keep(conn, letters, NOW)

    assert await dead_letters.count_kept(conn) == {("ingress", "malformed"): 3}
    found = await dead_letters.page(conn, service="ingress", reason="malformed", limit=2)
    assert [one.received.offset for one in found] == [0, 1]


async def test_a_letter_of_an_attached_half_follows_it(conn: Connection) -> None:
    """The letter was on its way while the half was taken in: it is shown under the binding that remains."""
    into = (await mark(conn, 7)).binding_id
    await conn.execute("INSERT INTO former_binding VALUES (999, $1, $2)", into, NOW)
    await dead_letters.keep(
        conn, [Received("inbound-apply", "t", 0, 1, LETTER, entity=Entity.ORDER, binding_id=999, side=Side.VMS)], NOW
    )

    assert len(await dead_letters.page(conn, binding_id=into)) == 1


async def test_an_event_goes_to_a_channel_once(database: Database) -> None:
    """Five consumers of a rebalance get the same event: one sends."""

    async def begin() -> bool:
        async with database.transaction() as one:
            return await notifications.begin(one, "e1", "telegram", "sync.conflict.opened", NOW)

    assert sorted(await asyncio.gather(*(begin() for _ in range(5)))) == [False] * 4 + [True]


async def test_a_channel_knows_how_much_it_had(conn: Connection) -> None:
    """Muted ones are not counted, failed ones are."""
    for number, status in enumerate(("sent", "failed", "muted")):
        await notifications.begin(conn, f"e{number}", "mail", "t", at(number))
        await notifications.end(conn, f"e{number}", "mail", status, at(number + 1), "x")  # type: ignore[arg-type]  # a loop

    assert await notifications.begun_since(conn, "mail", NOW) == (2, at(1))
    assert await notifications.begun_since(conn, "mail", at(1)) == (1, at(1))
    assert await notifications.begun_since(conn, "telegram", NOW) == (0, None)


async def test_a_watermark_never_moves_back(conn: Connection) -> None:
    """A poll that was overtaken by another does not undo it; a cursor goes where its walk says."""
    assert await watermarks.get(conn, "orders") is None
    await watermarks.move(conn, "orders", NOW, at=at(100))
    await watermarks.move(conn, "orders", NOW, at=at(50), cursor={"page": 3})
    await watermarks.move(conn, "orders", NOW, cursor={"page": 1})

    found = await watermarks.get(conn, "orders")
    assert found is not None
    assert (found.at, found.cursor) == (at(100), {"page": 1})


async def test_the_first_start_is_set_once(database: Database) -> None:
    """Services that start together agree on when the first start was."""

    async def first(seconds: float) -> datetime:
        async with database.transaction() as one:
            return await watermarks.first(one, "start", at(seconds), at(seconds))

    found = set(await asyncio.gather(*(first(seconds) for seconds in range(5))))
    assert len(found) == 1
    assert await first(99) in found


async def test_a_paused_consumer_goes_on_when_a_person_asks(conn: Connection) -> None:
    """The console asks, the service finds the request; a new pause needs a new request."""
    await consumers.pause(conn, "ingress", "t", "malformed", NOW)
    assert await consumers.asked(conn, "ingress") == ()
    assert await consumers.ask_resume(conn, "ingress", "t", "operator", at(1))
    assert not await consumers.ask_resume(conn, "ingress", "other", "operator", at(1))
    assert await consumers.asked(conn, "ingress") == ("t",)
    await consumers.pause(conn, "ingress", "t", "malformed", at(2))
    assert await consumers.asked(conn, "ingress") == ()

    assert [one.topic for one in await consumers.all_paused(conn)] == ["t"]
    await consumers.resumed(conn, "ingress", "t")
    assert await consumers.all_paused(conn) == ()


async def test_a_partner_that_goes_away_is_news_once(conn: Connection) -> None:
    """The status page says since when; the event is told at the change only."""
    assert await partners.tell(conn, "inbound-apply", "keycrm", True, None, NOW)
    assert not await partners.tell(conn, "inbound-apply", "keycrm", True, None, at(1))
    assert await partners.tell(conn, "inbound-apply", "keycrm", False, "connection refused", at(2))
    assert not await partners.tell(conn, "inbound-apply", "keycrm", False, "connection refused", at(3))

    found = (await partners.all_partners(conn))[0]
    assert (found.is_reachable, found.changed_at, found.checked_at) == (False, at(2), at(3))


async def test_only_what_is_over_and_old_is_forgotten(conn: Connection) -> None:
    """Ninety days after: processed events, ended operations, decided letters go; what waits stays."""
    for number, version in ((1, None), (2, 1)):
        await events.record(conn, [events.Received("keycrm", f"e{number}", "t", version=version)], NOW)
    await operations.begin(conn, operations.Operation(UUID(int=1), "sync", "operator"), NOW)
    await operations.begin(conn, operations.Operation(UUID(int=2), "sync", "operator", waits={Side.VMS: 1}), NOW)
    letters = await dead_letters.keep(conn, [Received("ingress", "t", 0, n, LETTER) for n in range(2)], NOW)
    await dead_letters.decide(conn, letters[0], "discarded", "operator", NOW)
    await notifications.begin(conn, "e1", "mail", "t", NOW)
    looked = bulk.Bulk(UUID(int=3), "resolve", {}, {"choice": "vms"}, "Олена", 1, NOW)
    await bulk.preview(conn, looked, [bulk.Item(7, 1)])
    await matters.open_or_add(conn, matters.Opening("flow", "price.to_keycrm", "sync.flow.stopped", {}), NOW)
    await matters.close_over(conn, {"flow": timedelta(0)}, NOW, 10)
    await news.request_test(conn, None, "Олена", NOW)
    await feed.add(conn, [feed.Item("e", "sync.updated", {"entity": "order"}, NOW)], NOW)
    before = await retention.forget(conn, NOW + timedelta(days=90))
    gone = await retention.forget(conn, NOW + timedelta(days=90, seconds=1))

    assert set(before.values()) == {0}
    assert gone == {
        "webhook_event": 1, "conflict": 0, "operation": 1, "dead_letter": 1, "notification": 1, "matter": 1,
        "channel_test": 1, "feed": 1, "bulk": 1,
        "audit_entry": 0,
    }  # fmt: skip
    assert (await events.page(conn))[0].received.event_id == "e2"
    assert await operations.get(conn, UUID(int=2)) is not None


async def test_a_moved_clock_does_not_let_the_services_forget_the_audit(conn: Connection) -> None:
    """The last thirty days stay whatever `now` says; older entries go."""
    really_now = datetime.now(UTC)
    for days in (1, 29, 31, 100):
        await audit.append(conn, [Entry("sync", f"{days} days ago")], really_now - timedelta(days=days))

    gone = await retention.forget(conn, really_now + timedelta(days=10_000))

    assert gone["audit_entry"] == 2
    assert [one.entry.action for one in await audit.page(conn)] == ["29 days ago", "1 days ago"]
