"""The topics job against a real broker: what is listed is there, a second run changes nothing, drift is mended."""

from __future__ import annotations

import asyncio
import os
import subprocess
import sys
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path

import pytest
import pytest_asyncio
from aiokafka import AIOKafkaConsumer, AIOKafkaProducer, TopicPartition
from aiokafka.admin import AIOKafkaAdminClient
from aiokafka.admin.config_resource import ConfigResource, ConfigResourceType
from aiokafka.errors import MessageSizeTooLargeError

from deploy.topics import TopicsError, create
from libs.contracts.topics import ALL, MIB, Topic, dead_letter_topic
from sandbox import stack as stacks

ROOT = Path(__file__).parents[3]


@pytest_asyncio.fixture
async def admin(kafka_bootstrap: str) -> AsyncIterator[AIOKafkaAdminClient]:
    """A client to look with."""
    client = AIOKafkaAdminClient(bootstrap_servers=kafka_bootstrap)
    await client.start()
    yield client
    await client.close()


@pytest_asyncio.fixture
async def topic(topic_prefix: str, admin: AIOKafkaAdminClient) -> AsyncIterator[Topic]:
    """A listed topic of this test's own; it goes with the test."""
    listed = Topic(f"{topic_prefix}.order.v1", "id", "test", partitions=2)
    yield listed
    await admin.delete_topics([listed.name])


async def _partitions(admin: AIOKafkaAdminClient, name: str) -> int:
    rows = {row["topic"]: row["partitions"] for row in await admin.describe_topics()}
    return len(rows[name])


async def _settings(admin: AIOKafkaAdminClient, name: str) -> dict[str, str]:
    (answer,) = await admin.describe_configs([ConfigResource(ConfigResourceType.TOPIC, name)])
    ((_, _, _, _, entries),) = answer.resources
    return {key: value for key, value, *_ in entries}


async def _set(admin: AIOKafkaAdminClient, name: str, settings: dict[str, str]) -> None:
    await admin.alter_configs([ConfigResource(ConfigResourceType.TOPIC, name, configs=settings)])


async def test_all_listed_topics_exist_with_their_settings(kafka_bootstrap: str, admin: AIOKafkaAdminClient) -> None:
    """Partitions, retention, sizes, compaction, in-sync replicas: the list decides, not the broker's defaults."""
    await create(kafka_bootstrap, 1)

    for listed in ALL:
        assert await _partitions(admin, listed.name) == listed.partitions
        assert listed.config(1).items() <= (await _settings(admin, listed.name)).items()


async def test_a_second_run_changes_nothing(kafka_bootstrap: str) -> None:
    """The job runs at every start."""
    await create(kafka_bootstrap, 1)

    assert await create(kafka_bootstrap, 1) == []


async def test_partitions_are_raised_and_never_lowered(
    kafka_bootstrap: str, admin: AIOKafkaAdminClient, topic: Topic
) -> None:
    """Fewer partitions than there are cannot be had without losing records: that is said, and the rest goes on."""
    await create(kafka_bootstrap, 1, topics=[topic])

    raised = await create(kafka_bootstrap, 1, topics=[replace(topic, partitions=4)])
    lowered = await create(kafka_bootstrap, 1, topics=[replace(topic, partitions=3)])

    assert raised == [f"{topic.name}: partitions raised from 2 to 4"]
    assert lowered == [f"{topic.name}: has 4 partitions, 3 are listed; left as it is, never lowered"]
    assert await _partitions(admin, topic.name) == 4


async def test_drift_is_mended_and_what_was_added_by_hand_stays(
    kafka_bootstrap: str, admin: AIOKafkaAdminClient, topic: Topic
) -> None:
    """Kafka replaces all of a topic's settings at once: one that the list does not know must go along."""
    await create(kafka_bootstrap, 1, topics=[topic])
    await _set(admin, topic.name, topic.config(1) | {"retention.ms": "1000", "segment.ms": "3600000"})

    said = await create(kafka_bootstrap, 1, topics=[topic])

    assert said == [f"{topic.name}: retention.ms set from 1000 to {topic.retention_ms}"]
    settings = await _settings(admin, topic.name)
    assert settings["retention.ms"] == str(topic.retention_ms)
    assert settings["segment.ms"] == "3600000"


async def test_a_topic_with_one_copy_is_never_told_to_wait_for_two(
    kafka_bootstrap: str, admin: AIOKafkaAdminClient, topic: Topic
) -> None:
    """Two in-sync replicas of one copy would refuse every record."""
    await create(kafka_bootstrap, 1, topics=[topic])

    said = await create(kafka_bootstrap, 3, topics=[topic])

    assert len(said) == 1
    assert "has 1 copies, KAFKA_REPLICATION_FACTOR is 3" in said[0]
    assert (await _settings(admin, topic.name))["min.insync.replicas"] == "1"


async def test_a_dead_letter_topic_takes_more_than_an_event_topic(kafka_bootstrap: str) -> None:
    """The largest event fits with its reason headers; on the event's own topic the same record is refused."""
    await create(kafka_bootstrap, 1)
    body = os.urandom(MIB + 200_000)  # cannot be compressed
    letters = dead_letter_topic("ingress").name
    async with AIOKafkaProducer(bootstrap_servers=kafka_bootstrap, max_request_size=2 * MIB) as producer:
        kept = await producer.send_and_wait(letters, body, key=b"1")
        with pytest.raises(MessageSizeTooLargeError):
            await producer.send_and_wait("keycrm.order.v1", body, key=b"1")

    consumer = AIOKafkaConsumer(bootstrap_servers=kafka_bootstrap)
    await consumer.start()
    try:
        place = TopicPartition(letters, kept.partition)
        consumer.assign([place])
        consumer.seek(place, kept.offset)
        assert (await consumer.getone()).value == body
    finally:
        await consumer.stop()


async def test_more_copies_than_brokers_is_refused_with_a_sentence(kafka_bootstrap: str, topic_prefix: str) -> None:
    """Nothing is made; the sentence has the broker's own reason."""
    topic = Topic(f"{topic_prefix}.never.v1", "id", "test")

    with pytest.raises(TopicsError, match=rf"Kafka at {kafka_bootstrap} refused: .*replication") as refused:
        await create(kafka_bootstrap, 3, topics=[topic])

    assert "\n" not in str(refused.value)


async def test_a_broker_that_starts_late_is_waited_for(breakable_stack: stacks.Stack) -> None:
    """In a deployment the job and the broker start together."""
    await asyncio.to_thread(breakable_stack.kafka.stop)
    waiting = asyncio.create_task(create(breakable_stack.kafka_bootstrap, 1, wait_seconds=60))
    await asyncio.sleep(1)
    assert not waiting.done()

    await asyncio.to_thread(breakable_stack.kafka.start)

    await waiting


def _run(**variables: str) -> subprocess.CompletedProcess[str]:
    environment = {key: value for key, value in os.environ.items() if not key.startswith("KAFKA_")} | variables
    return subprocess.run(
        [sys.executable, "-m", "deploy.topics"], cwd=ROOT, env=environment, capture_output=True, text=True, timeout=120
    )


def test_the_command_says_what_it_did(kafka_bootstrap: str) -> None:
    """As the set-up job runs it."""
    _run(KAFKA_BOOTSTRAP_SERVERS=kafka_bootstrap)

    again = _run(KAFKA_BOOTSTRAP_SERVERS=kafka_bootstrap)

    assert (again.returncode, again.stdout, again.stderr) == (0, f"{len(ALL)} topics are as listed\n", "")


def test_without_a_broker_the_command_ends_with_one_sentence() -> None:
    """No traceback: where it looked, how long, and what to do."""
    address = f"127.0.0.1:{stacks.take_port()}"

    ended = _run(KAFKA_BOOTSTRAP_SERVERS=address, KAFKA_WAIT_SECONDS="1")

    sentence = f"No Kafka broker answered at {address} within 1 s: start it or correct KAFKA_BOOTSTRAP_SERVERS.\n"
    assert (ended.returncode, ended.stdout, ended.stderr) == (1, "", sentence)


def test_a_wrong_setting_is_named() -> None:
    """The variable and what to set it to."""
    ended = _run(KAFKA_BOOTSTRAP_SERVERS="127.0.0.1:9092", KAFKA_REPLICATION_FACTOR="many")

    assert ended.returncode == 2
    assert ended.stderr.startswith("KAFKA_REPLICATION_FACTOR: ")
    assert len(ended.stderr.splitlines()) == 1
