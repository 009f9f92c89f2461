"""The dead letters of all services as they arrive, and records sent past every producer of ours."""

from __future__ import annotations

import contextlib
import time
from collections.abc import AsyncIterator, Sequence
from typing import Any

from aiokafka import AIOKafkaConsumer, AIOKafkaProducer, ConsumerRecord

from libs.contracts.topics import DEAD_LETTERS
from tests.topics import reading

Headers = Sequence[tuple[str, bytes | None]]


class Letters:
    """What arrives in the dead-letter topics from now on."""

    def __init__(self, consumer: AIOKafkaConsumer) -> None:
        self._consumer = consumer
        self._records: list[ConsumerRecord[Any, Any]] = []

    async def take(self, number: int, seconds: float = 30.0) -> list[dict[str, Any]]:
        """Exactly so many since the last take: fewer fail, and so does one more within a second."""
        deadline = time.monotonic() + seconds
        while len(self._records) < number and time.monotonic() < deadline:
            await self._poll(500)
        await self._poll(1000)
        found, self._records = [_shown(record) for record in self._records], []
        assert len(found) == number, found
        return found

    async def _poll(self, milliseconds: int) -> None:
        for batch in (await self._consumer.getmany(timeout_ms=milliseconds)).values():
            self._records.extend(batch)


@contextlib.asynccontextmanager
async def arriving(bootstrap: str) -> AsyncIterator[Letters]:
    """Reads from where the dead-letter topics end now."""
    async with reading(bootstrap, *(topic.name for topic in DEAD_LETTERS)) as consumer:
        yield Letters(consumer)


@contextlib.asynccontextmanager
async def producing(bootstrap: str) -> AsyncIterator[AIOKafkaProducer]:
    """A producer that checks nothing and takes records of any size."""
    producer = AIOKafkaProducer(bootstrap_servers=bootstrap, acks="all", max_request_size=4 * 1024 * 1024)
    await producer.start()
    try:
        yield producer
    finally:
        await producer.stop()


def _shown(record: ConsumerRecord[Any, Any]) -> dict[str, Any]:
    """A letter's own headers as texts without their prefix, with its key and body, and all headers as they came."""
    told = {name[3:]: (value or b"").decode() for name, value in record.headers if name.startswith("dl-")}
    return {**told, "letters": record.topic, "key": record.key, "body": record.value, "headers": record.headers}
