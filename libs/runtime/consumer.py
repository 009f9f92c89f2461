"""A Kafka consumer that survives what cannot be unpacked.

A record with a header name that is no UTF-8 makes aiokafka raise from every poll, after it has moved past records of
other partitions that it then drops; FastStream restarts its loop at once, for ever. Promises: nothing is dropped, the
partition with the unreadable record alone is set aside, the others flow, and readiness says which one it is.
"""

from __future__ import annotations

from typing import Any

import structlog
from aiokafka import AIOKafkaConsumer, TopicPartition
from aiokafka.errors import ConsumerStoppedError, KafkaError

from libs.runtime.outcomes import tell_bug

log = structlog.get_logger("runtime.consumer")

_PEEK_MS = 1000


class PatientConsumer(AIOKafkaConsumer):  # type: ignore[misc]  # aiokafka has no types
    """As its base, but a bug of the unpacking costs its own partition alone."""

    def __init__(self, **options: Any) -> None:
        super().__init__(**options)
        self._following: dict[TopicPartition, int] = {}
        self._set_aside: set[TopicPartition] = set()

    def unreadable(self) -> set[TopicPartition]:
        """Partitions of ours that are set aside."""
        return self._set_aside & set(self.assignment())

    async def getmany(
        self, *partitions: TopicPartition, timeout_ms: int = 0, max_records: int | None = None
    ) -> dict[TopicPartition, list[Any]]:
        """What is there, by partition."""
        try:
            found = await super().getmany(*partitions, timeout_ms=timeout_ms, max_records=max_records)
        except (KafkaError, ConsumerStoppedError):
            raise
        except Exception as error:  # noqa: BLE001 - whatever the bytes provoke
            tell_bug("unpack", error)
            await self._look_for_the_culprit()
            return {}
        for partition, records in found.items():
            self._following[partition] = records[-1].offset + 1
        return dict(found)

    async def _look_for_the_culprit(self) -> None:
        """Unpack each partition alone; pause the one that fails, and go back to what was handed out of each."""
        for partition in sorted(set(self.assignment()) - set(self.paused())):
            try:
                await super().getmany(partition, timeout_ms=_PEEK_MS)
            except (KafkaError, ConsumerStoppedError):
                raise
            except Exception:  # noqa: BLE001 - told by the caller
                self._set_aside.add(partition)
                self.pause(partition)
                log.error("partition.set_aside", topic=partition.topic, partition=partition.partition)
            await self._go_back(partition)

    async def _go_back(self, partition: TopicPartition) -> None:
        """To the record after the last one handed out; to the committed one, or the first, where none was."""
        following = self._following.get(partition)
        if following is None:
            following = await self.committed(partition)
        if following is None:
            await self.seek_to_beginning(partition)
        elif following < await self.position(partition):
            self.seek(partition, following)
