"""Make the topics that libs/contracts/topics.py lists, with its partitions, retention, sizes and in-sync replicas.

    python -m deploy.topics

Promises: run again, it changes only what differs from the list, and says what. Settings that were added by hand stay.
It refuses to lower partitions or to change a replication factor (either would move data): it says so and goes on.
A broker that is not there yet is waited for, up to KAFKA_WAIT_SECONDS. It ends with 0, or with one sentence and 1 (2
for a wrong setting).
"""

from __future__ import annotations

import asyncio
import logging
import sys
from collections.abc import AsyncIterator, Iterable, Mapping, Sequence
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass

from aiokafka.admin import AIOKafkaAdminClient, NewPartitions, NewTopic
from aiokafka.admin.config_resource import ConfigResource, ConfigResourceType
from aiokafka.errors import KafkaError, TopicAlreadyExistsError, for_code

from libs.contracts.topics import ALL, Topic
from libs.runtime.settings import KafkaSettings, Positive
from libs.runtime.settings_load import load

WAIT_SECONDS = 60.0
REQUEST_MS = 15_000
PAUSE_SECONDS = 0.25
SET_ON_TOPIC = 1  # Kafka's ConfigSource: the topic's own setting, not the broker's or the default


class TopicsError(Exception):
    """What went wrong, as one sentence for the person who ran the job."""


class Settings(KafkaSettings):
    """Where the broker is, how many copies of each record it keeps, and how long to wait for it."""

    kafka_wait_seconds: Positive = WAIT_SECONDS


@dataclass(frozen=True, slots=True)
class Found:
    """A topic as the broker has it: `partitions` has a leader each; `own` are the settings made on the topic itself."""

    partitions: int
    replication: int
    settings: Mapping[str, str]
    own: Mapping[str, str]


async def create(
    bootstrap: str, replication: int, *, topics: Sequence[Topic] = ALL, wait_seconds: float = WAIT_SECONDS
) -> list[str]:
    """Make what is missing, mend what differs, and answer one sentence for each; an empty list is "nothing to do".

    When it returns, every partition of every topic has a leader: whoever starts next can produce at once.

    Raises:
        TopicsError: no broker within `wait_seconds`, or it refuses.
    """
    deadline = asyncio.get_running_loop().time() + wait_seconds
    async with _connected(bootstrap, deadline, wait_seconds) as admin:
        try:
            said = await _make_missing(admin, topics, replication, deadline)
            found = await _found(admin, topics, deadline)
            said += await _raise_partitions(admin, topics, found)
            said += await _mend_settings(admin, topics, found, replication)
            await _leaders(
                admin, {topic.name: max(topic.partitions, found[topic.name].partitions) for topic in topics}, deadline
            )
        except (KafkaError, TimeoutError) as error:
            raise TopicsError(f"Kafka at {bootstrap} refused: {_sentence(error)}.") from error
    return said


@asynccontextmanager
async def _connected(bootstrap: str, deadline: float, wait_seconds: float) -> AsyncIterator[AIOKafkaAdminClient]:
    clock = asyncio.get_running_loop().time
    while True:
        admin = AIOKafkaAdminClient(bootstrap_servers=bootstrap, request_timeout_ms=REQUEST_MS)
        try:
            async with asyncio.timeout_at(deadline):
                await admin.start()
            break
        except (KafkaError, OSError) as error:  # a TimeoutError is an OSError
            await admin.close()
            if clock() + PAUSE_SECONDS >= deadline:
                raise TopicsError(
                    f"No Kafka broker answered at {bootstrap} within {wait_seconds:g} s: "
                    "start it or correct KAFKA_BOOTSTRAP_SERVERS."
                ) from error
            await asyncio.sleep(PAUSE_SECONDS)
    try:
        yield admin
    finally:
        await admin.close()


async def _make_missing(
    admin: AIOKafkaAdminClient, topics: Sequence[Topic], replication: int, deadline: float
) -> list[str]:
    there = set(await admin.list_topics())
    missing = [topic for topic in topics if topic.name not in there]
    if not missing:
        return []
    answer = await admin.create_topics(
        [NewTopic(t.name, t.partitions, replication, topic_configs=t.config(replication)) for t in missing]
    )
    for name, code, message, *_ in answer.topic_errors:
        if code and code != TopicAlreadyExistsError.errno:  # another run of this job was faster
            raise for_code(code)(f"{name}: {message or for_code(code).description}")
    await _leaders(admin, {topic.name: 1 for topic in missing}, deadline)
    return [f"{topic.name}: created with {topic.partitions} partitions" for topic in missing]


async def _leaders(admin: AIOKafkaAdminClient, partitions: Mapping[str, int], deadline: float) -> None:
    """Wait until the broker's metadata shows each topic with so many partitions, each with a leader."""
    async with asyncio.timeout_at(deadline):
        while True:
            rows = {row["topic"]: row["partitions"] for row in await admin.describe_topics()}
            if all(_led(rows.get(name, ())) >= count for name, count in partitions.items()):
                return
            await asyncio.sleep(PAUSE_SECONDS)


def _led(rows: Iterable[Mapping[str, int]]) -> int:
    return sum(1 for row in rows if row["leader"] >= 0)


async def _found(admin: AIOKafkaAdminClient, topics: Sequence[Topic], deadline: float) -> dict[str, Found]:
    names = [topic.name for topic in topics]
    await _leaders(admin, dict.fromkeys(names, 1), deadline)
    partitions = {row["topic"]: row["partitions"] for row in await admin.describe_topics()}
    found = {}
    for answer in await admin.describe_configs([ConfigResource(ConfigResourceType.TOPIC, name) for name in names]):
        for code, message, _, name, entries in answer.resources:
            if code:
                raise for_code(code)(f"{name}: {message}")
            found[name] = Found(
                partitions=len(partitions[name]),
                replication=len(partitions[name][0]["replicas"]),
                settings={key: value for key, value, *_ in entries},
                own={key: value for key, value, _, source, *_ in entries if source == SET_ON_TOPIC},
            )
    return found


async def _raise_partitions(
    admin: AIOKafkaAdminClient, topics: Sequence[Topic], found: Mapping[str, Found]
) -> list[str]:
    said = []
    for topic in topics:
        has = found[topic.name].partitions
        if has > topic.partitions:
            said.append(
                f"{topic.name}: has {has} partitions, {topic.partitions} are listed; left as it is, never lowered"
            )
        elif has < topic.partitions:
            await admin.create_partitions({topic.name: NewPartitions(topic.partitions)})
            said.append(f"{topic.name}: partitions raised from {has} to {topic.partitions}")
    return said


async def _mend_settings(
    admin: AIOKafkaAdminClient, topics: Sequence[Topic], found: Mapping[str, Found], replication: int
) -> list[str]:
    said, changes = [], []
    for topic in topics:
        has = found[topic.name]
        if has.replication != replication:
            said.append(
                f"{topic.name}: has {has.replication} copies, KAFKA_REPLICATION_FACTOR is {replication}; "
                "left as it is: move it with kafka-reassign-partitions.sh"
            )
        # Two in-sync replicas of a topic that has one would refuse every record: what counts is the copies it has.
        wanted = topic.config(has.replication)
        drift = {key: value for key, value in wanted.items() if has.settings.get(key) != value}
        said += [f"{topic.name}: {key} set from {has.settings.get(key)} to {value}" for key, value in drift.items()]
        if drift:  # the request replaces all of a topic's own settings, so those made by hand go along
            changes.append(ConfigResource(ConfigResourceType.TOPIC, topic.name, configs={**has.own, **wanted}))
    for answer in await admin.alter_configs(changes) if changes else ():
        for code, message, _, name in answer.resources:
            if code:
                raise for_code(code)(f"{name}: {message}")
    return said


def _sentence(error: BaseException) -> str:
    text = " ".join(str(error).split()) or type(error).__name__
    return text.rstrip(".")


def main() -> int:
    """Run as a command; see the module's docstring."""
    logging.getLogger("aiokafka").setLevel(logging.CRITICAL)  # it would print each vain attempt
    settings = load(Settings)
    bootstrap, replication = settings.kafka_bootstrap_servers, settings.kafka_replication_factor
    try:
        said = asyncio.run(create(bootstrap, replication, wait_seconds=settings.kafka_wait_seconds))
    except TopicsError as error:
        print(error, file=sys.stderr)
        return 1
    print("\n".join(said) or f"{len(ALL)} topics are as listed")
    return 0


if __name__ == "__main__":
    with suppress(KeyboardInterrupt):
        raise SystemExit(main())
    raise SystemExit(130)
