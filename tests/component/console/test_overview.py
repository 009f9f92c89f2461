"""The status, and letting go on what was stopped."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from decimal import Decimal

from libs.contracts.types import Entity, Lane, Side
from libs.reconcile.values import Question
from libs.runtime.database import Connection, Database
from libs.runtime.publish import Outgoing
from libs.runtime.work import Failure
from libs.state import consumers, flows, levels, outbox, partners
from libs.state.bindings import Status
from libs.state.levels import Kind, Want
from libs.state.pauses import Pauses
from libs.state.quota import PostgresQuota
from tests.component.console.world import GUID, Api, asked, audited, bound, claim, fail, kept, letter, problem


async def test_an_empty_system_has_a_status(console: Api) -> None:
    """Nothing is due, nobody is asked, no call was made."""
    told = await console.get("/sync/status", "viewer")

    assert told["quota"] == {"limit": None, "used": 0, "usedByLane": {}, "frozenUntil": None}
    assert (told["outbox"], told["conflictsOpen"]) == ({"waiting": 0, "oldestAt": None, "refused": 0}, [])


async def test_the_status_tells_what_waits_and_why(console: Api, conn: Connection, database: Database) -> None:
    """Each flow's work, levels, the quota, partners, questions, letters, the outbox, what is stopped and paused."""
    now = datetime.now(UTC)
    await console.post(f"/sync/orders/{GUID}")
    await fail(database, Side.VMS, Failure("permanent", "no pair", 1))
    assert await claim(conn, Side.KEYCRM) is not None
    await asked(conn, await bound(conn, Entity.CUSTOMER, "7", 900, Status.CONFLICT), Question("name", "both_changed"))
    await kept(conn, letter(), "inbound-apply")
    quota = PostgresQuota(database, lambda: now, calls_per_minute=60)
    await quota.take(Lane.ORDER, now)
    async with conn.transaction():
        await levels.want(conn, Kind.STOCK, [Want("A-1", "kyiv", Decimal(5), now, "e-1")], now)
        await partners.tell(conn, "outbound-sync", "keycrm", False, "KeyCRM does not answer", now)
        await outbox.add(conn, [Outgoing("sync.event.v1", b"k", [], b"{}")], now)
        await flows.stop(conn, "price.to_keycrm", "41 % would change", {"changed": 41}, "outbound-sync", now)
        await consumers.pause(conn, "outbound-sync", "vms.order.v1", "malformed", now)

    told = await console.get("/sync/status", "viewer")

    flow = {row["flow"]: row for row in told["flows"]}
    assert (flow["order.to_vms"]["due"], flow["order.to_vms"]["parked"]) == (0, 1)
    assert (flow["order.to_keycrm"]["leased"], flow["order.to_keycrm"]["oldestSeconds"] >= 0) == (1, True)
    assert (flow["stock.to_keycrm"]["due"], flow["price.to_keycrm"]["isStopped"]) == (1, True)
    assert (told["quota"]["limit"], told["quota"]["usedByLane"]) == (60, {"order": 1})
    assert [(p["partner"], p["isReachable"]) for p in told["partners"]] == [("keycrm", False)]
    assert [(row["name"], row["count"]) for row in told["conflictsOpen"]] == [("customer", 1)]
    assert [(row["name"], row["reason"], row["count"]) for row in told["deadLetters"]] == [
        ("inbound-apply", "malformed", 1)
    ]
    assert told["outbox"]["waiting"] == 1
    assert told["stoppedFlows"][0]["details"] == {"changed": 41}
    assert told["pausedTopics"][0]["topic"] == "vms.order.v1"
    assert {(row["name"], row["reason"]): row["count"] for row in told["bindings"]}[("order", "error")] == 1


async def test_a_stopped_flow_goes_on_when_a_person_says_so(console: Api, conn: Connection) -> None:
    """Past the guard for the minutes given; the audit says who and why; a flow that is not stopped is 404."""
    now = datetime.now(UTC)
    await flows.stop(conn, "stock.to_keycrm", "too many zeroes", {}, "outbound-sync", now)
    body = {"reason": "the warehouse moved", "allowMinutes": 30}

    assert (await console.post("/flows/stock.to_keycrm/resume", json=body)).status_code == 204

    assert await flows.is_allowed(conn, "stock.to_keycrm", now + timedelta(minutes=29))
    assert not await flows.is_allowed(conn, "stock.to_keycrm", now + timedelta(minutes=31))
    assert (await audited(conn))[0][1:] == ("flow.resumed", "the warehouse moved")
    problem(await console.post("/flows/stock.to_keycrm/resume", json=body), 404)


class Held:
    """A delivery whose guard holds these topics."""

    def __init__(self, *topics: str) -> None:
        self.topics = dict.fromkeys(topics, "malformed")

    def paused(self) -> dict[str, str]:
        """As the guard tells it."""
        return dict(self.topics)

    def resume(self, topic: str) -> None:
        """As a person wants it."""
        del self.topics[topic]


async def test_a_paused_topic_goes_on_when_a_person_says_so(console: Api, conn: Connection, database: Database) -> None:
    """The service tells of its pause, finds the request, obeys it, and the pause is gone from the status."""
    held = Held("vms.order.v1")
    pauses = Pauses(database, "outbound-sync", [held], lambda: datetime.now(UTC))
    await pauses.look()
    await pauses.look()
    assert [row["reason"] for row in (await console.get("/sync/status"))["pausedTopics"]] == ["malformed"]

    path = "/topics/outbound-sync/vms.order.v1/resume"
    assert (await console.post(path, json={"reason": "VMS is mended"})).status_code == 204
    assert (await console.get("/sync/status"))["pausedTopics"][0]["resumeAskedBy"].startswith("operator:")
    assert held.topics
    await pauses.look()

    assert held.topics == {}
    assert (await console.get("/sync/status"))["pausedTopics"] == []
    assert (await audited(conn))[0][1:] == ("topic.resumed", "VMS is mended")
    problem(await console.post(path, json={"reason": "again"}), 404)


async def test_of_two_copies_of_a_service_one_may_be_paused(console: Api, database: Database) -> None:
    """The copy that reads on does not take the other's pause away; a pause of a process that ended is forgotten."""

    def clock() -> datetime:
        return datetime.now(UTC)

    paused = Pauses(database, "outbound-sync", [Held("vms.order.v1")], clock)
    reading = Pauses(database, "outbound-sync", [Held()], clock)
    for one in (reading, paused, reading, reading):
        await one.look()
    assert len((await console.get("/sync/status"))["pausedTopics"]) == 1

    await Pauses(database, "outbound-sync", [Held()], clock).look()
    assert (await console.get("/sync/status"))["pausedTopics"] == []
