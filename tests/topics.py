"""What arrives in topics from now on, for tests that look at Kafka itself."""

from __future__ import annotations

import contextlib
from collections.abc import AsyncIterator

from aiokafka import AIOKafkaConsumer, TopicPartition

from libs.contracts.topics import BY_NAME, MIB


@contextlib.asynccontextmanager
async def reading(bootstrap: str, *topics: str) -> AsyncIterator[AIOKafkaConsumer]:
    """A consumer that stands where these topics end now; it takes records of any size."""
    consumer = AIOKafkaConsumer(
        bootstrap_servers=bootstrap, enable_auto_commit=False, max_partition_fetch_bytes=4 * MIB
    )
    await consumer.start()
    try:
        partitions = [TopicPartition(name, number) for name in topics for number in range(BY_NAME[name].partitions)]
        consumer.assign(partitions)
        await consumer.seek_to_end(*partitions)
        for partition in partitions:  # a position is known once it was asked for
            await consumer.position(partition)
        yield consumer
    finally:
        await consumer.stop()
