"""Letters as they are kept: once each, whatever their bytes are, and told in few events."""

from __future__ import annotations

from datetime import UTC, datetime

from console.handlers import keeping
from console.handlers.desk import Desk
from console.handlers.keeping import Arrived
from libs.contracts.topics import SYNC_EVENT
from libs.runtime.database import Connection
from libs.state import notifications
from libs.state.notifications import Note
from tests.component.console.world import Api, letter, on_the_wire, outbox, told


async def test_a_letter_that_is_read_twice_is_kept_and_told_once(desk: Desk, conn: Connection) -> None:
    """As after a rewind; letters with the same thing wrong are one event, the notifier's own are none."""
    batch = [
        Arrived("outbound-sync.dead-letter.v1", 0, 1, letter()),
        Arrived("outbound-sync.dead-letter.v1", 0, 2, letter()),
        Arrived("outbound-sync.dead-letter.v1", 1, 1, told(kind="item", bindingId=7, entity="order", side="vms")),
        Arrived("notifier.dead-letter.v1", 0, 1, told(kind="notification", eventId="e-1", channel="news")),
    ]
    await keeping.keep(desk, batch)
    await keeping.keep(desk, batch)

    assert await conn.fetchval("SELECT count(*) FROM dead_letter") == 4
    events = await outbox(conn)
    assert [row["topic"] for row in events] == [SYNC_EVENT.name] * 2
    assert [row["key"] for row in events] == [b"system:dead-letter", b"order:7"]
    assert b'"count":2' in events[0]["body"]
    row = await conn.fetchrow("SELECT * FROM dead_letter WHERE binding_id = 7")
    assert row is not None
    assert (row["entity"], row["side"], row["service"]) == ("order", "vms", "outbound-sync")


async def test_a_letter_is_kept_whatever_its_bytes_are(desk: Desk, conn: Connection) -> None:
    """Zero bytes in texts, no headers at all, a body that is no text: never an error, or it would come for ever."""
    records = [
        letter("a\x00b", (("n\x00ame", b"\x00"), ("null", None)), b"\x00\xff", "re\x00ason", "er\x00ror", b"\x00"),
        letter("", body=b'{"kind": "item", "bindingId": 1e400, "entity": "order", "code": "x\\u0000y"}'),
        letter("", body=b'{"kind": "item", "bindingId": ' + b"9" * 5000 + b"}"),
        letter("", body=b"[" * 100_000),
        letter("", body=None, key=None),
    ]
    for number, dead in enumerate(records):
        headers, body = on_the_wire(dead)
        arrived = keeping.decode(Wire("ingress.dead-letter.v1", number, headers, body, dead.key))
        await keeping.keep(desk, [arrived])

    assert await conn.fetchval("SELECT count(*) FROM dead_letter") == len(records)


class Wire:
    """A record as Kafka gives it."""

    partition = 0
    timestamp = 0

    def __init__(
        self, topic: str, offset: int, headers: list[tuple[str, bytes | None]], value: bytes, key: bytes | None
    ) -> None:
        self.topic, self.offset, self.headers, self.value, self.key = topic, offset, headers, value, key


async def test_a_failed_notification_of_before_keeping_can_still_be_replayed(
    desk: Desk, conn: Connection, console: Api
) -> None:
    """The letter's body names event and channel, so the letter alone is enough."""
    now = datetime.now(UTC)
    await notifications.note(conn, [Note("e-1", "news", "sync.flow.stopped")], now)
    await notifications.begin(conn, "e-1", "news", "sync.flow.stopped", now)
    await notifications.end(conn, "e-1", "news", "failed", now)
    arrived = Arrived("notifier.dead-letter.v1", 0, 5, told(kind="notification", eventId="e-1", channel="news"))
    await keeping.keep(desk, [arrived])
    number = await conn.fetchval("SELECT id FROM dead_letter")

    assert (await console.post(f"/dead-letters/{number}/replay")).json()["outcome"] == "marked"
