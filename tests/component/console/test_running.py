"""The console as a process: dead letters from a real Kafka, replays that arrive, bad weather, and what it logs."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Iterator

import httpx
import pytest
from aiokafka import AIOKafkaProducer

from deploy import topics
from libs.contracts.dead_letter import DeadLetter
from libs.contracts.topics import MIB, SERVICES, VMS_ORDER, dead_letter_topic
from libs.runtime.database import Connection
from sandbox.stack import Stack
from tests.component.console.world import (
    CANARY_NAME,
    CANARY_PHONE,
    GUID,
    TOKENS,
    Api,
    kept,
    later,
    letter,
    on_the_wire,
    order_event,
    outbox,
    problem,
)
from tests.component.runtime.rig import until
from tests.running import Running, refused, run_service
from tests.topics import reading

TOKEN_LIST = ",".join(f"{role}:{token}" for role, token in TOKENS.items())


@contextlib.contextmanager
def console_process(bootstrap: str, database_url: str, **more: str) -> Iterator[Running]:
    """The console, running."""
    with run_service(
        "console",
        KAFKA_BOOTSTRAP_SERVERS=bootstrap,
        DATABASE_URL=database_url,
        CONSOLE_TOKENS=TOKEN_LIST,
        DATABASE_COMMAND_SECONDS="3",
        **more,
    ) as running:
        yield running


@contextlib.asynccontextmanager
async def asking(running: Running) -> AsyncIterator[Api]:
    """The API of a running console."""
    async with httpx.AsyncClient(base_url=running.address) as client:
        yield Api(client)


@contextlib.asynccontextmanager
async def producing(bootstrap: str) -> AsyncIterator[AIOKafkaProducer]:
    """Some foreign producer."""
    producer = AIOKafkaProducer(bootstrap_servers=bootstrap, max_request_size=3 * MIB)
    await producer.start()
    try:
        yield producer
    finally:
        await producer.stop()


async def put(bootstrap: str, service: str, *letters: DeadLetter) -> None:
    """Dead letters as their service writes them."""
    async with producing(bootstrap) as producer:
        for dead in letters:
            headers, body = on_the_wire(dead)
            await producer.send_and_wait(dead_letter_topic(service).name, body, dead.key, headers=headers)


async def count(conn: Connection, mark: str) -> dict[str, int]:
    """Kept letters with this error, by service."""
    rows = await conn.fetch("SELECT service, count(*) AS n FROM dead_letter WHERE error = $1 GROUP BY service", mark)
    return {row["service"]: row["n"] for row in rows}


@pytest.fixture
async def made_topics(kafka_bootstrap: str) -> None:
    """Every topic of the system."""
    await topics.create(kafka_bootstrap, 1)


@pytest.mark.usefixtures("made_topics")
async def test_many_at_once_are_carried_out_though_the_console_dies(
    kafka_bootstrap: str, database_url: str, conn: Connection
) -> None:
    """Four hundred letters, the console killed in the middle: the next one goes on, and each is decided on once."""
    for _ in range(400):
        await kept(conn, letter(body=b"{"))
    with console_process(kafka_bootstrap, database_url) as running, contextlib.suppress(httpx.TransportError):
        async with asking(running) as console:
            rule = {"kind": "discard", "rule": {"reason": "malformed"}, "reason": "a test of VMS"}
            looked = (await console.post("/dead-letters/bulk", json=rule)).json()
            begun = await console.post(f"/dead-letters/bulk/{looked['id']}/apply")
            assert begun.status_code == 202, begun.text
        await until(lambda: decided(conn), 30)
        running.kill()
    with console_process(kafka_bootstrap, database_url) as running:
        async with asking(running) as console:
            done = await console.get(f"/operations/{looked['id']}", params={"wait": 60})

    assert (done["status"], done["outcome"]) == ("done", {"discarded": 400})
    assert await decided(conn) == 400
    assert await conn.fetchval("SELECT count(*) FROM audit_entry WHERE action = 'dead-letter.discarded'") == 400


async def decided(conn: Connection) -> int:
    """How many letters somebody has decided on."""
    found: int = await conn.fetchval("SELECT count(*) FROM dead_letter WHERE status <> 'kept'")
    return found


@pytest.mark.usefixtures("made_topics")
async def test_letters_of_every_service_are_kept_once_though_the_console_dies(
    kafka_bootstrap: str, database_url: str, conn: Connection, topic_prefix: str
) -> None:
    """Forty of each service, the console killed in the middle of keeping them: every one stands there once."""
    dead = [letter(error=topic_prefix, key=f"k-{number}".encode()) for number in range(40)]
    for service in SERVICES:
        await put(kafka_bootstrap, service, *dead)
    with console_process(kafka_bootstrap, database_url) as running:
        await until(lambda: count(conn, topic_prefix), 60)
        running.kill()
    with console_process(kafka_bootstrap, database_url):
        await until(lambda: is_whole(conn, topic_prefix), 90)

    assert await count(conn, topic_prefix) == dict.fromkeys(SERVICES, 40)


async def is_whole(conn: Connection, mark: str) -> bool:
    """All have arrived."""
    return sum((await count(conn, mark)).values()) >= 40 * len(SERVICES)


@pytest.mark.usefixtures("made_topics")
async def test_a_replayed_record_arrives_at_its_topic(
    kafka_bootstrap: str, database_url: str, conn: Connection, topic_prefix: str
) -> None:
    """Through the relay, with its own headers and key, without those of its last passage; also the largest record."""
    headers, _ = order_event("e-1", later(0))
    _, body = order_event("e-1", later(0), padding="x" * (MIB - 8 * 1024))
    dead = letter(headers=headers, body=body, reason="unexpected", error=topic_prefix, key=topic_prefix.encode())
    async with reading(kafka_bootstrap, VMS_ORDER.name) as consumer:
        with console_process(kafka_bootstrap, database_url) as running:
            await put(kafka_bootstrap, "outbound-sync", dead)
            await until(lambda: count(conn, topic_prefix), 60)
            number = await conn.fetchval("SELECT id FROM dead_letter WHERE error = $1", topic_prefix)
            async with asking(running) as console:
                assert (await console.post(f"/dead-letters/{number}/replay")).json()["outcome"] == "republished"
            async with asyncio.timeout(30):
                record = await consumer.getone()

    assert (record.key, record.value) == (topic_prefix.encode(), body)
    names = [name for name, _ in record.headers]
    assert "ce_id" in names
    assert not [name for name in names if name.startswith("dl-") or name == "traceparent"]
    assert await outbox(conn) == []


@pytest.mark.usefixtures("made_topics")
async def test_the_database_away_is_told_and_nothing_is_lost(
    breakable_stack: Stack, kafka_bootstrap: str, database_url: str, settings: object, topic_prefix: str
) -> None:
    """503 with a problem, ready false within ten seconds, live all the while; the letters come when it is back."""
    with console_process(kafka_bootstrap, database_url) as running:
        running.until(lambda: running.status("/health/ready") == 200)
        await asyncio.to_thread(breakable_stack.postgres.stop)
        took = running.until(lambda: running.status("/health/ready") == 503, 15)
        assert took < 10
        await put(kafka_bootstrap, "ingress", letter(error=topic_prefix))
        async with asking(running) as console:
            for method, path in (("GET", "/sync/status"), ("POST", f"/sync/orders/{GUID}")):
                assert "database" in problem(await console.ask(method, path), 503)["detail"]
            assert (await console.client.get("/docs")).status_code == 200
        assert running.status("/health/live") == 200

        await asyncio.to_thread(breakable_stack.postgres.start)
        running.until(lambda: running.status("/health/ready") == 200, 60)
        async with asking(running) as console:
            await until(lambda: is_listed(console, topic_prefix), 60)


async def is_listed(console: Api, mark: str) -> bool:
    """The letter is shown."""
    return mark in (await console.ask("GET", "/dead-letters?limit=200", "viewer")).text


@pytest.mark.usefixtures("made_topics")
async def test_no_secret_and_nothing_personal_is_logged(
    kafka_bootstrap: str, database_url: str, conn: Connection, topic_prefix: str
) -> None:
    """Tokens, right and wrong, in headers and addresses; names in letters and answers: in no log line, no metric."""
    wrong = "canary-wrong-token-0123456789"
    with console_process(kafka_bootstrap, database_url) as running:
        await put(
            kafka_bootstrap,
            "outbound-sync",
            letter(body=CANARY_NAME.encode(), error=topic_prefix, key=CANARY_PHONE.encode()),
        )
        await until(lambda: count(conn, topic_prefix), 60)
        number = await conn.fetchval("SELECT id FROM dead_letter WHERE error = $1", topic_prefix)
        async with asking(running) as console:
            assert CANARY_NAME in (await console.get(f"/dead-letters/{number}"))["body"]
            await console.post(f"/dead-letters/{number}/discard", json={"reason": CANARY_NAME})
            await console.client.get(f"/api/keycrm/audit?token={wrong}", headers={"authorization": f"Bearer {wrong}"})
            await console.client.get(f"/api/keycrm/bindings/orders/{CANARY_PHONE}", headers={"authorization": wrong})
            await console.post("/conflicts/1/resolve", json={"choice": "value", "asked": 1, "value": CANARY_NAME})
            shown = (await console.client.get("/metrics")).text
        told_ = running.logged() + shown
    assert "letter.kept" in told_
    for canary in (*TOKENS.values(), wrong, CANARY_NAME, CANARY_PHONE, CANARY_PHONE[1:]):
        assert canary not in told_


def test_wrong_tokens_are_refused_at_start() -> None:
    """One line each: the variable, what is wrong, what to write; never the token."""
    database = {"DATABASE_URL": "postgresql://u:p@127.0.0.1:1/x", "KAFKA_BOOTSTRAP_SERVERS": "127.0.0.1:1"}
    for tokens, hint in (
        ("", "CONSOLE_TOKENS: is empty"),
        ("boss:example-canary-token-01", "CONSOLE_TOKENS: input should be 'viewer', 'operator' or 'admin'"),
        ("admin:canary-short", "CONSOLE_TOKENS: value should have at least 16 items"),
        ("admin:example-canary-token-01,viewer:example-canary-token-01", "CONSOLE_TOKENS: one token has two roles"),
    ):
        lines = refused("console", CONSOLE_TOKENS=tokens, **database)
        said = [line for line in lines if line.startswith("CONSOLE_TOKENS")]
        assert said, lines
        assert said[0].startswith(hint), lines
        assert "canary" not in "".join(lines)
