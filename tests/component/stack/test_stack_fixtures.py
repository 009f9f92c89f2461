"""The fixtures that all tests about delivery and state stand on."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from urllib.parse import urlsplit

import asyncpg
from aiokafka import AIOKafkaConsumer, AIOKafkaProducer


async def test_each_test_gets_a_database_of_its_own(database_url: str, database_owner_url: str) -> None:
    """The services' role logs in to the fresh database and is not its owner."""
    connection = await asyncpg.connect(database_url)
    user = await connection.fetchval("SELECT current_user")
    database = await connection.fetchval("SELECT current_database()")
    is_superuser = await connection.fetchval("SELECT rolsuper FROM pg_roles WHERE rolname = current_user")
    await connection.close()

    assert user == "sync_service"
    assert urlsplit(database_owner_url).path == f"/{database}"
    assert not is_superuser


async def test_a_topic_made_for_a_test_carries_records(
    kafka_bootstrap: str, new_topic: Callable[..., Awaitable[str]]
) -> None:
    """A record written to all replicas is read back by a group that starts at the beginning."""
    topic = await new_topic("orders", partitions=2)
    async with AIOKafkaProducer(bootstrap_servers=kafka_bootstrap, acks="all", enable_idempotence=True) as producer:
        await producer.send_and_wait(topic, b"value", key=b"key")
    async with AIOKafkaConsumer(
        topic, bootstrap_servers=kafka_bootstrap, group_id=topic, auto_offset_reset="earliest"
    ) as consumer:
        record = await consumer.getone()

    assert (record.key, record.value) == (b"key", b"value")
