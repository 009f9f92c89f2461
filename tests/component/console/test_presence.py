"""The ingress has no database and is known all the same: what it tells over Kafka is kept by the console."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import pytest

from console.handlers import presence
from console.handlers.desk import Desk
from deploy import topics
from libs.contracts.envelope import Envelope
from libs.contracts.events import PROCESS_TYPE, ProcessEvent
from libs.runtime.database import Connection
from libs.runtime.decode import Received
from libs.state import processes
from tests.component.console.test_running import console_process
from tests.component.console.world import SEEN, later
from tests.component.ingress.running import HMAC_SECRET, OLD_URL_SECRET, URL_SECRET, run_ingress
from tests.component.runtime.rig import until

NUMBER = "1f0e2d3c-0000-4000-8000-00000000000a"


async def known(conn: Connection, since: datetime = SEEN) -> list[dict[str, Any]]:
    """Every process called ingress that was started since then, as it last told."""
    found = await conn.fetch("SELECT * FROM process WHERE service = 'ingress' AND started_at >= $1", since)
    return [dict(row) for row in found]


def told(seconds: float, *, is_leaving: bool = False, **parts: str | None) -> Received:
    """What a process told so long after its start."""
    model = ProcessEvent(
        process_id=NUMBER, service="ingress", started_at=SEEN, settings={"http_port": 8080}, parts=parts,
        is_leaving=is_leaving,
    )  # fmt: skip
    envelope = Envelope(f"e-{seconds}", "/sync/ingress", PROCESS_TYPE, NUMBER, later(seconds), b"{}")
    return Received(envelope, model, "sync.process.v1", 0, int(seconds), NUMBER.encode())


async def test_what_the_ingress_tells_is_kept_without_its_secrets(
    kafka_bootstrap: str, database_url: str, conn: Connection
) -> None:
    """Its settings in force and its parts, from one real process to the other; its good-bye takes it away."""
    since = datetime.now(UTC)  # the topic may tell of others that ran before
    await topics.create(kafka_bootstrap, 1)
    with console_process(kafka_bootstrap, database_url):
        with run_ingress(kafka_bootstrap):
            await until(lambda: known(conn, since), 40)
            (row,) = await known(conn, since)
            assert row["settings"]["kafka_publish_seconds"] == 2
            assert "***" in row["settings"]["webhook_url_secrets"]
            assert not [one for one in (URL_SECRET, OLD_URL_SECRET, HMAC_SECRET) if one in json.dumps(row["settings"])]
            assert set(row["parts"]) == {"broker"}
            first = row["seen_at"]

            async def is_told_anew() -> bool:
                return bool((await known(conn, since))[0]["seen_at"] > first)

            await until(is_told_anew, 20)

        async def has_left() -> bool:
            return not await known(conn, since)

        await until(has_left, 20)


@pytest.mark.parametrize("again", [1, 2])
async def test_a_word_read_twice_is_one(desk: Desk, conn: Connection, again: int) -> None:
    """The newest of a batch counts; a good-bye after it takes the process away, however often both come."""
    for _ in range(again):
        await presence.keep(desk, [told(1, broker="no answer"), told(6, broker=None)])
    (found,) = [one for one in await processes.all_processes(conn) if one.id == UUID(NUMBER)]
    assert (found.parts, found.seen_at) == ({"broker": None}, later(6))

    for _ in range(again):
        await presence.keep(desk, [told(6, broker=None), told(11, is_leaving=True)])
    assert await known(conn) == []
