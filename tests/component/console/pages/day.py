"""A day of an invented shop, written into the database as the services write it, for pages to show."""

from __future__ import annotations

import secrets
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

from libs.contracts.types import Side
from libs.runtime.database import Connection, Database
from libs.runtime.presence import Process
from libs.state import feed, flows, news, partners, processes
from libs.state.feed import Item
from libs.state.news import Declared


def now() -> datetime:
    """The present instant."""
    return datetime.now(UTC)


async def quiet(database: Database) -> None:
    """Both systems answer, nothing waits, the channels work."""
    async with database.transaction() as conn:
        for service, partner in (("inbound-apply", Side.VMS), ("outbound-sync", Side.KEYCRM)):
            await partners.tell(conn, service, partner, True, None, now() - timedelta(hours=3))
        await _processes(conn)
        await _records(conn, "order", 1240)
        await _records(conn, "customer", 861)
        await _records(conn, "article", 312)
        if not await conn.fetchval("SELECT 1 FROM quota_state"):
            await _budget(conn)
        await news.declare(conn, [Declared("telegram-shift", "tgram", "uk"), Declared("mail-owner", "mailto", "en")])
        await news.took(conn, "telegram-shift", now() - timedelta(minutes=12))
    await told(database, 6)


async def busy(database: Database) -> None:
    """VMS is away, a flow was stopped, orders are late, a channel fails."""
    await quiet(database)
    async with database.transaction() as conn:
        at = now()
        await partners.tell(conn, "inbound-apply", Side.VMS, False, "VMS cannot be reached (ConnectError)", at)
        await conn.execute("UPDATE partner SET changed_at = $1 WHERE NOT is_reachable", at - timedelta(minutes=7))
        await flows.stop(
            conn, "price.to_keycrm", "This run would reprice 41 of 120: look at it", {}, "outbound-sync", at
        )
        await news.refused(
            conn, "mail-owner", "the channel could not be reached, or refused", at - timedelta(minutes=20)
        )
        await conn.execute(
            """UPDATE process SET parts = '{"broker": "no answer within 3 s"}' WHERE service = 'notifier'"""
        )
        await conn.execute("DELETE FROM process WHERE service = 'console'")
        await conn.execute(
            """INSERT INTO work_item (binding_id, entity, lane, due_vms, marked_at_vms)
               SELECT id, 'order', 1, $1, $1 FROM binding WHERE entity = 'order' LIMIT 27""",
            at - timedelta(minutes=7),
        )
        await conn.execute(
            """INSERT INTO work_item (binding_id, entity, lane, due_keycrm, marked_at_keycrm)
               SELECT id, 'customer', 3, $1, $1 FROM binding WHERE entity = 'customer' LIMIT 140""",
            at - timedelta(seconds=20),
        )


def event(entity: str, number: int | None = None, **more: Any) -> dict[str, Any]:
    """The body of an event."""
    return {"entity": entity, "bindingId": number, "details": {}, "actor": "sync"} | more


EVENTS = (
    (
        "sync.updated",
        event("order", 1, keycrmId=4021, side="keycrm", fields=["status"], details={"number": "000481"}),
    ),
    ("sync.created", event("customer", 1300, keycrmId=511, side="vms")),
    (
        "sync.conflict.opened",
        event("order", 2, keycrmId=4022, fields=["manager_comment"], reason="both_changed"),
    ),
    (
        "sync.partner.unreachable",
        event("system", reason="KeyCRM gave no answer to GET /order", details={"partner": "keycrm"}),
    ),
    ("sync.partner.reachable", event("system", details={"partner": "keycrm"})),
)


async def told(database: Database, count: int = 1, **more: Any) -> None:
    """So many events in the feed."""
    items = []
    for number in range(count):
        kind, body = EVENTS[number % len(EVENTS)]
        items.append(Item(secrets.token_hex(8), kind, body | more, now() - timedelta(seconds=count - number)))
    async with database.transaction() as conn:
        await feed.add(conn, items, now())


async def _processes(conn: Connection) -> None:
    """The services that tell of themselves."""
    for service in ("console", "inbound-apply", "ingress", "notifier", "outbound-sync"):
        settings = {"log_level": "INFO", "http_port": 8084, "database_url": "***", "vms_time_zone": "Europe/Kyiv"}
        parts = {"broker": None, "database": None}
        at = now() + timedelta(minutes=10)  # so that nobody is silent, however slow the test
        await processes.tell(conn, Process(uuid4(), service, now() - timedelta(hours=9), at, settings, parts))


async def _budget(conn: Connection) -> None:
    """Sixty calls a minute, of which these were taken just now."""
    await conn.execute("INSERT INTO quota_state (partner, limit_now, raised_at) VALUES ('keycrm', 60, now())")
    await conn.execute(
        """INSERT INTO quota_grant (partner, lane, taken_at, counts_until)
           SELECT 'keycrm', n % 4, now(), now() + interval '10 minutes' FROM generate_series(1, 22) n"""
    )


async def _records(conn: Connection, entity: str, count: int) -> None:
    await conn.execute(
        """INSERT INTO binding (entity, vms_id, keycrm_id, status, created_at, updated_at)
           SELECT $1, $1 || n, n, 'synced', now(), now() FROM generate_series(1, $2) n
           ON CONFLICT DO NOTHING""",
        entity, count,
    )  # fmt: skip
