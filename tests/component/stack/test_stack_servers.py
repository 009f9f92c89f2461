"""What tests and the demo may rely on, whichever way the servers come: the same claims for each way."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator
from contextlib import suppress
from typing import Any, get_args

import asyncpg
import pytest
from aiokafka import AIOKafkaConsumer, AIOKafkaProducer
from aiokafka.admin import AIOKafkaAdminClient, NewTopic

from sandbox import stack as stacks
from sandbox.stack import containers, databases

Stop = Callable[[stacks.Server], None]
WAYS = ["embedded", pytest.param("containers", marks=pytest.mark.containers)]
STOPS = [
    pytest.param(lambda server: server.stop(), id="stopped"),
    pytest.param(lambda server: server.stop(kill=True), id="crashed"),
]


@pytest.fixture(scope="module", params=WAYS)
def servers(request: pytest.FixtureRequest) -> Iterator[stacks.Stack]:
    """A stack of each way that this machine can run."""
    if request.param == "containers" and (reason := containers.why_not()):
        pytest.skip(reason)
    with stacks.start(request.param, durable=False) as started:
        yield started


async def produce(servers: stacks.Stack, topic: str, *values: bytes) -> None:
    """Write records that the broker has acknowledged."""
    async with AIOKafkaProducer(bootstrap_servers=servers.kafka_bootstrap, acks="all") as producer:
        for value in values:
            await producer.send_and_wait(topic, value)


async def consume(servers: stacks.Stack, topic: str, count: int) -> list[bytes]:
    """Read so many records with a group that commits them."""
    consumer = AIOKafkaConsumer(
        topic,
        bootstrap_servers=servers.kafka_bootstrap,
        group_id=f"{topic}-group",
        auto_offset_reset="earliest",
        enable_auto_commit=False,
    )
    async with asyncio.timeout(30), consumer:
        values = [(await consumer.getone()).value or b"" for _ in range(count)]
        await consumer.commit()
    return values


async def make_topic(servers: stacks.Stack, name: str) -> str:
    """Make a topic."""
    admin = AIOKafkaAdminClient(bootstrap_servers=servers.kafka_bootstrap)
    await admin.start()
    await admin.create_topics([NewTopic(name, 1, 1)])
    await admin.close()
    return name


async def topics_of(servers: stacks.Stack) -> set[str]:
    """List the topics."""
    admin = AIOKafkaAdminClient(bootstrap_servers=servers.kafka_bootstrap)
    await admin.start()
    topics = set(await admin.list_topics())
    await admin.close()
    return topics


async def query(url: str, statement: str) -> Any:
    """Ask the database one thing."""
    connection = await asyncpg.connect(url)
    try:
        return await connection.fetchval(statement)
    finally:
        await connection.close()


@pytest.mark.parametrize("stop", STOPS)
async def test_records_and_commits_outlive_a_stop_of_kafka(
    servers: stacks.Stack, stop: Stop, topic_prefix: str
) -> None:
    """Same address, same records, and the group goes on where it had committed."""
    topic = await make_topic(servers, topic_prefix)
    await produce(servers, topic, b"1", b"2", b"3")
    first = await consume(servers, topic, 2)

    await asyncio.to_thread(stop, servers.kafka)
    was_running = servers.kafka.is_running()
    await asyncio.to_thread(servers.kafka.start)
    await produce(servers, topic, b"4")

    assert not was_running
    assert first + await consume(servers, topic, 2) == [b"1", b"2", b"3", b"4"]


@pytest.mark.parametrize("stop", STOPS)
async def test_rows_outlive_a_stop_of_postgres(servers: stacks.Stack, stop: Stop) -> None:
    """What was committed is there at the same address."""
    url = servers.database()
    await query(url, "CREATE TABLE kept AS SELECT 42 AS answer")

    await asyncio.to_thread(stop, servers.postgres)
    was_running = servers.postgres.is_running()
    with pytest.raises(OSError, match="onnect"):
        await query(url, "SELECT 1")
    await asyncio.to_thread(servers.postgres.start)

    assert not was_running
    assert await query(url, "SELECT answer FROM kept") == 42


async def test_a_fresh_database_is_a_copy_of_its_template_and_goes_when_dropped(servers: stacks.Stack) -> None:
    """The copy has the template's tables; dropping it ends whoever is connected."""
    template = servers.database()
    await query(template, "CREATE TABLE kept AS SELECT 'Їжак' AS word")
    url = servers.database(template=databases.name_of(template))
    connected = await asyncpg.connect(url)
    word = await connected.fetchval("SELECT lower(word) FROM kept")

    servers.drop_database(url)

    assert word == "їжак"
    with pytest.raises(asyncpg.InvalidCatalogNameError):
        await query(url, "SELECT 1")
    with suppress(asyncpg.PostgresError, OSError):
        await connected.close()


async def test_no_topic_is_made_by_use(servers: stacks.Stack, topic_prefix: str) -> None:
    """As in production, a topic that nobody made is an error and not a topic with default settings."""
    admin = AIOKafkaAdminClient(bootstrap_servers=servers.kafka_bootstrap)
    await admin.start()
    await admin.describe_topics([f"{topic_prefix}.mistyped"])
    await admin.close()

    assert f"{topic_prefix}.mistyped" not in await topics_of(servers)


def test_the_way_is_told_without_the_password(servers: stacks.Stack) -> None:
    """One line names the way, both servers and their addresses; the password stays in the URL alone."""
    password = servers.database_owner_url.split(":")[2].split("@")[0]

    line = servers.describe()

    assert line.startswith(f"{servers.kind}: Apache Kafka 4.3.1 at {servers.kafka_bootstrap}, PostgreSQL 18")
    assert servers.kind in get_args(stacks.Kind)
    assert password not in line
    assert "\n" not in line


async def test_stacks_run_side_by_side_and_share_nothing(servers: stacks.Stack, topic_prefix: str) -> None:
    """A second stack of the same way has its own ports, topics and databases, and takes nothing along when it stops."""
    topic = await make_topic(servers, topic_prefix)
    url = servers.database()
    with stacks.start(servers.kind, durable=False) as other:
        ports = {servers.kafka.port, servers.postgres.port, other.kafka.port, other.postgres.port}
        topics = await topics_of(other)
        databases_there = await query(other.database_owner_url, "SELECT array_agg(datname::text) FROM pg_database")

    assert len(ports) == 4
    assert topic not in topics
    assert databases.name_of(url) not in databases_there
    assert topic in await topics_of(servers)
    assert await query(url, "SELECT 1") == 1
