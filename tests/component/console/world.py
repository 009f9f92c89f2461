"""Short words for the console's tests: who asks, what stands in the database, and a worker that does what was asked."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import orjson

from libs.contracts import dead_letter
from libs.contracts.dead_letter import DeadLetter, RawHeaders
from libs.contracts.envelope import Envelope, encode
from libs.contracts.types import Entity, Lane, Side
from libs.reconcile import wire
from libs.reconcile.memory import Memory
from libs.reconcile.values import Question
from libs.runtime.database import Connection, Database
from libs.runtime.settings import TokenEntry
from libs.runtime.work import Failure, WorkItem
from libs.state import bindings, conflicts, dead_letters, marks, work_items
from libs.state.bindings import Binding, Change, Status
from libs.state.marks import Mark, VmsEvent

TOKENS = {
    "viewer": "example-viewer-token-0001",
    "operator": "example-operator-token-0001",
    "admin": "example-admin-token-0001",
}
ENTRIES = [TokenEntry.model_validate({"role": role, "token": token}) for role, token in TOKENS.items()]
GUID = "1f0e2d3c-0000-4000-8000-000000000001"
CANARY_NAME = "Канарейка Тестова"
CANARY_PHONE = "+380501112233"
SEEN = datetime(2026, 1, 15, 9, 30, tzinfo=UTC)


class Api:
    """Asks the console as one of the roles; operator where nothing else is said."""

    def __init__(self, client: httpx.AsyncClient) -> None:
        self.client = client

    async def ask(self, method: str, path: str, role: str | None = "operator", **more: Any) -> httpx.Response:
        """One request below /api/keycrm."""
        headers = {"authorization": f"Bearer {TOKENS[role]}"} if role else {}
        return await self.client.request(method, f"/api/keycrm{path}", headers=headers, timeout=30, **more)

    async def get(self, path: str, role: str | None = "operator", **more: Any) -> Any:
        """The JSON of an answer that must be 200."""
        answer = await self.ask("GET", path, role, **more)
        assert answer.status_code == 200, answer.text
        return answer.json()

    async def post(self, path: str, role: str | None = "operator", **more: Any) -> httpx.Response:
        """A POST."""
        return await self.ask("POST", path, role, **more)


def problem(answer: httpx.Response, status: int) -> dict[str, Any]:
    """The problem that an answer must be."""
    assert answer.status_code == status, answer.text
    assert answer.headers["content-type"] == "application/problem+json"
    told: dict[str, Any] = answer.json()
    assert told["status"] == status
    assert told["title"]
    assert told["detail"]
    return told


async def bound(
    conn: Connection,
    entity: Entity = Entity.ORDER,
    vms_id: str = GUID,
    keycrm_id: int | None = 417,
    status: Status = Status.SYNCED,
    memory: Memory | None = None,
    event: VmsEvent | None = None,
) -> Binding:
    """A binding as the appliers would leave it; nothing is due."""
    now = datetime.now(UTC)
    async with conn.transaction():
        marked = (await marks.mark(conn, [Mark(entity, Side.VMS, vms_id, (), Lane.ORDER, event=event)], now))[0]
        await conn.execute(
            "UPDATE binding SET keycrm_id = $2, status = $3, last_sync_at = $4 WHERE id = $1",
            marked.binding_id, keycrm_id, status, now,
        )  # fmt: skip
        for name, value in (memory or Memory()).to_json().items():
            await conn.execute(f"UPDATE binding SET {name} = $2 WHERE id = $1", marked.binding_id, value)
    found = await bindings.get(conn, marked.binding_id)
    assert found is not None
    return found


async def asked(conn: Connection, binding: Binding, question: Question) -> int:
    """A question to people; its number."""
    async with conn.transaction():
        return (await conflicts.ask(conn, binding.id, binding.entity, wire.dump(question), datetime.now(UTC))).id


async def claim(conn: Connection, side: Side, lane: Lane = Lane.INTERACTIVE) -> WorkItem | None:
    """What a worker of that side would take now."""
    return await work_items.claim(conn, side, lane, datetime.now(UTC), 120)


async def work(
    database: Database, side: Side, outcome: dict[str, Any] | None = None, lane: Lane = Lane.INTERACTIVE
) -> WorkItem:
    """Claim what is due towards a side and finish it, as a worker does."""
    async with database.transaction() as conn:
        item = await claim(conn, side, lane)
    assert item is not None, f"nothing is due towards {side}"
    async with database.transaction() as conn:
        now = datetime.now(UTC)
        await bindings.save(conn, item, Change(status=Status.SYNCED, last_sync_at=now), now)
        await work_items.finish(conn, item, now, outcome=outcome)
    return item


async def fail(database: Database, side: Side, failure: Failure, lane: Lane = Lane.INTERACTIVE) -> WorkItem:
    """Claim what is due towards a side and give it up, as a worker does after its last attempt."""
    async with database.transaction() as conn:
        item = await claim(conn, side, lane)
    assert item is not None
    async with database.transaction() as conn:
        await work_items.give_up(conn, item, failure, datetime.now(UTC))
    return item


def order_event(event_id: str, changed_at: datetime, **more: Any) -> tuple[RawHeaders, bytes]:
    """Headers and body of a VMS order event."""
    body = {
        "orderId": GUID, "changedAt": changed_at.isoformat(), "numberOrder": "N-1", "customerId": 7,
        "orderDate": SEEN.isoformat(), "orderStatus": 2, **more,
    }  # fmt: skip
    headers, data = encode(
        Envelope(
            event_id,
            "/vms",
            "vms.order.updated",
            GUID,
            changed_at,
            orjson.dumps(body),
            "00-" + "a" * 32 + "-" + "b" * 16 + "-01",
            "c-1",
        )
    )
    return tuple(headers), data


def letter(
    topic: str = "vms.order.v1",
    headers: RawHeaders = (),
    body: bytes | None = b"{",
    reason: str = "malformed",
    error: str = "the body is not JSON",
    key: bytes | None = GUID.encode(),
) -> DeadLetter:
    """A dead letter of a record."""
    return DeadLetter(topic, 2 if topic else -1, 77 if topic else -1, key, body, headers, reason, error, 1, SEEN)


def told(**body: Any) -> DeadLetter:
    """A dead letter of something that was never a record, with what its body tells."""
    return letter("", body=orjson.dumps(body), reason="exhausted", error="KeyCRM answered 500", key=b"x-1")


_places = iter(range(10**6))


async def kept(conn: Connection, dead: DeadLetter, service: str = "outbound-sync", **behind: Any) -> int:
    """The letter, kept as the console would; its number."""
    place = next(_places)
    received = dead_letters.Received(service, f"{service}.dead-letter.v1", 0, place, dead, **behind)
    async with conn.transaction():
        return (await dead_letters.keep(conn, [received], datetime.now(UTC)))[0]


def on_the_wire(dead: DeadLetter) -> tuple[list[tuple[str, bytes | None]], bytes]:
    """Headers and body of a letter's record."""
    return dead.encode()


def read_back(headers: RawHeaders, body: bytes | None) -> DeadLetter:
    """The letter that a record holds."""
    return dead_letter.read(headers, None, body)


async def outbox(conn: Connection) -> list[dict[str, Any]]:
    """What waits for the relay."""
    return [dict(row) for row in await conn.fetch("SELECT * FROM outbox ORDER BY id")]


async def audited(conn: Connection) -> list[tuple[str, str, str]]:
    """Actor, action and reason of every audit entry."""
    rows = await conn.fetch("SELECT actor, action, reason FROM audit_entry ORDER BY id")
    return [(row["actor"], row["action"], row["reason"]) for row in rows]


def later(seconds: float) -> datetime:
    """So long after SEEN."""
    return SEEN + timedelta(seconds=seconds)


async def decision(conn: Connection, number: int) -> str:
    """What was decided on a letter."""
    return str(await conn.fetchval("SELECT status FROM dead_letter WHERE id = $1", number))
