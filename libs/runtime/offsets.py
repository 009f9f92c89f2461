"""Offsets: what is durable, committed explicitly, at most four times a second.

Promises: an offset is committed only after `durable` was called for everything before it; commits are one past the
last record. A commit that fails for good (the group moved on) is dropped: those records come again, somewhere.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Mapping

import structlog
from aiokafka import AIOKafkaConsumer, TopicPartition
from aiokafka.errors import CommitFailedError, IllegalStateError, KafkaError

log = structlog.get_logger("runtime.offsets")

COMMIT_EVERY_SECONDS = 0.25
_COMMIT_SECONDS = 2.0


class Offsets:
    """One consumer's durable and committed offsets."""

    def __init__(self, every_seconds: float = COMMIT_EVERY_SECONDS) -> None:
        self._every_seconds = every_seconds
        self._consumer: AIOKafkaConsumer | None = None
        self._pending: dict[TopicPartition, int] = {}
        self._handled: dict[TopicPartition, int] = {}
        self._dirty = asyncio.Event()
        self._lock = asyncio.Lock()
        self._committer: asyncio.Task[None] | None = None

    def durable(self, consumer: AIOKafkaConsumer, following: Mapping[TopicPartition, int]) -> None:
        """Everything before these offsets is durable."""
        self._consumer = consumer
        self._pending.update(following)
        self._handled.update(following)
        self._dirty.set()
        if self._committer is None or self._committer.done():
            self._committer = asyncio.create_task(self._commit_often(), name="offsets-commit")

    def handled(self, partition: TopicPartition) -> int | None:
        """The offset after the last durable record of this partition, since it was assigned."""
        return self._handled.get(partition)

    def forget(self, partitions: Iterable[TopicPartition]) -> None:
        """These partitions went to another member."""
        for partition in partitions:
            self._pending.pop(partition, None)
            self._handled.pop(partition, None)

    async def commit(self) -> None:
        """Commit now what is durable."""
        async with self._lock:
            offsets, self._pending = self._pending, {}
            if self._consumer is None or not offsets:
                return
            assigned = self._consumer.assignment()
            offsets = {partition: offset for partition, offset in offsets.items() if partition in assigned}
            try:
                async with asyncio.timeout(_COMMIT_SECONDS):
                    if offsets:
                        await self._consumer.commit(offsets)
            except (CommitFailedError, IllegalStateError):
                log.info("offsets.dropped", partitions=len(offsets))
            except (KafkaError, OSError) as error:
                log.info("offsets.wait", error_type=type(error).__name__)
                self._pending = {**offsets, **self._pending}
                self._dirty.set()

    async def close(self) -> None:
        """The last commit."""
        if self._committer is not None:
            self._committer.cancel()
            await asyncio.gather(self._committer, return_exceptions=True)
        await self.commit()

    async def _commit_often(self) -> None:
        while True:
            await self._dirty.wait()
            self._dirty.clear()
            await self.commit()
            await asyncio.sleep(self._every_seconds)
