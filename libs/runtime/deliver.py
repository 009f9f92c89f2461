"""Delivery: from Kafka's records to durable marks, at least once; every record has one of four ends.

Marked, dead-lettered, read again (the database or the dead-letter topic was away, or the process ended), or held by
the flood guard. Promises: offsets never pass a record whose mark or dead letter is not durable; a failure of the
world counts no attempt and costs a pause of at most 30 s; one write is in flight while the next batch is decoded;
order within a partition holds. It never raises: FastStream would swallow it and move on.
"""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Generic, TypeVar

import structlog
from aiokafka import TopicPartition
from aiokafka.errors import IllegalStateError, KafkaError

from libs.runtime import metrics
from libs.runtime.batch import Batch, firsts, place_of, sort
from libs.runtime.consumer import PatientConsumer
from libs.runtime.decode import Record, Refused
from libs.runtime.errors import WorldUnavailable
from libs.runtime.fates import back_off_seconds
from libs.runtime.flood import FloodGuard
from libs.runtime.marking import UNEXPECTED, Marking
from libs.runtime.offsets import Offsets
from libs.runtime.outcomes import tell_bug
from libs.runtime.redact import place

log = structlog.get_logger("runtime.deliver")

T = TypeVar("T")

FIRST_PAUSE_SECONDS = 0.5
LONGEST_PAUSE_SECONDS = 30.0
REVOKE_SECONDS = 10.0
STOP_SECONDS = 3.0
DECODE_SLICE = 25
"""Half a millisecond of decoding."""


class Delivery(Generic[T]):
    """One subscription's delivery; `receive` is called with each poll's records."""

    def __init__(
        self,
        marking: Marking[T],
        decode: Callable[[Record], T],
        guard: FloodGuard,
        dice: Callable[[], float],
        after: Callable[[], None] = lambda: None,
    ) -> None:
        self._marking = marking
        self._decode = decode
        self._guard = guard
        self._dice = dice
        self._after = after
        self._offsets = Offsets()
        self._consumer: PatientConsumer | None = None
        self._in_flight: asyncio.Task[None] | None = None
        self._rewinds = 0
        self._failures = 0
        self._resume_at = 0.0
        self._closing = asyncio.Event()
        self._probes: dict[str, asyncio.TimerHandle] = {}

    # ---- what the owner calls ---------------------------------------------------------------------------------

    def paused(self) -> Mapping[str, str]:
        """Topics the flood guard holds, with the reason."""
        return {topic: held.reason for topic, held in self._guard.paused.items()}

    def unreadable(self) -> set[TopicPartition]:
        """Partitions that are set aside: their next record cannot be unpacked."""
        return self._consumer.unreadable() if self._consumer is not None else set()

    def resume(self, topic: str) -> None:
        """A person says that this topic may flow again."""
        held = self._guard.resume(topic)
        if held is not None:
            log.info("topic.resumed", topic=topic)
            self._unpause(topic, held.reason)

    async def close(self) -> None:
        """Take nothing more, let the write in flight end for a short while, commit; the consumer stops after it."""
        self._closing.set()
        for timer in self._probes.values():
            timer.cancel()
        if not await self._settled(STOP_SECONDS) and self._in_flight is not None:
            self._in_flight.cancel()  # nothing of it is committed: it comes again after the restart
            await asyncio.gather(self._in_flight, return_exceptions=True)
        await self._offsets.close()

    async def lag(self) -> Mapping[tuple[str, int], int]:
        """Records between what is durable and the newest, by topic and partition."""
        consumer = self._consumer
        if consumer is None:
            return {}
        assigned = consumer.assignment()
        newest = await consumer.end_offsets(list(assigned)) if assigned else {}
        lags = {}
        for partition, end in newest.items():
            handled = self._offsets.handled(partition)
            if handled is None:
                handled = await consumer.committed(partition) or 0
            lags[(partition.topic, partition.partition)] = max(0, end - handled)
        return lags

    # ---- what the consumer calls --------------------------------------------------------------------------------

    async def assigned(self, consumer: PatientConsumer, partitions: Iterable[TopicPartition]) -> None:
        """These partitions are ours now; topics the guard holds stay held."""
        self._consumer = consumer
        held = [partition for partition in partitions if self._guard.is_held(partition.topic)]
        if held:
            consumer.pause(*held)

    async def revoked(self, partitions: Iterable[TopicPartition]) -> None:
        """These partitions go to another member: let the write in flight end, and commit it."""
        await self._settled(REVOKE_SECONDS)
        await self._offsets.commit()
        self._offsets.forget(partitions)

    async def receive(self, consumer: PatientConsumer, records: Sequence[Record]) -> None:
        """Take one poll's records: decode them, and write them as soon as the write before has ended."""
        self._consumer = consumer
        try:
            await self._take(records)
        except Exception as error:  # noqa: BLE001 - the loop above us would swallow it and move on
            tell_bug("deliver", error)
            await self._come_again(firsts(records))

    async def _take(self, records: Sequence[Record]) -> None:
        await self._pause_over()
        if self._closing.is_set():
            return
        fresh = await self._fresh(records)
        rewinds = self._rewinds
        for topic, number in Counter(record.topic for record in fresh).items():
            metrics.RECEIVED.labels(topic).inc(number)
        decoded = await self._all_decoded(fresh)
        await self._settled(None)
        if self._closing.is_set() or not decoded:
            return
        if self._rewinds != rewinds:
            # What lies before these records is read again: so are they, after it.
            await self._seek(firsts(fresh))
            return
        batch = sort(decoded, self._guard)
        self._in_flight = asyncio.create_task(self._write(batch), name="delivery-write")

    async def _all_decoded(self, records: Sequence[Record]) -> list[tuple[Record, T | Refused]]:
        """Slice by slice: between two slices the write in flight takes its answers and sends its next statement."""
        decoded: list[tuple[Record, T | Refused]] = []
        for begin in range(0, len(records), DECODE_SLICE):
            await asyncio.sleep(0)
            decoded += [(record, self._decoded(record)) for record in records[begin : begin + DECODE_SLICE]]
        return decoded

    def _decoded(self, record: Record) -> T | Refused:
        try:
            return self._decode(record)
        except Refused as refused:
            return refused
        except Exception as error:  # noqa: BLE001 - a decoder's bug: this record alone is refused, counted apart
            tell_bug("deliver", error)
            return Refused(UNEXPECTED, place(error))

    async def _fresh(self, records: Sequence[Record]) -> list[Record]:
        """Leave out records that were fetched before a rewind or a rebalance: they come again in their order."""
        last = firsts(reversed(records))
        stale = {place for place, offset in last.items() if await self._position(place) <= offset}
        return [record for record in records if place_of(record) not in stale] if stale else list(records)

    async def _write(self, batch: Batch[T]) -> None:
        try:
            await self._marking.write(batch)
        except WorldUnavailable as away:
            metrics.REWINDS.labels(away.partner).inc()
            log.warning("delivery.rewound", partner=away.partner, reason=away.reason, failures=self._failures + 1)
            await self._come_again(batch.first)
            return
        except Exception as error:  # noqa: BLE001 - a bug of ours may not move an offset
            tell_bug("deliver", error)
            await self._come_again(batch.first)
            return
        self._failures = 0
        assert self._consumer is not None
        self._offsets.durable(self._consumer, batch.durable())
        await self._settle_guard(batch)
        if batch.taken:
            self._after()

    async def _settled(self, timeout_seconds: float | None) -> bool:
        """Wait for the write in flight; False: it has not ended."""
        if self._in_flight is None or self._in_flight.done():
            return True
        done, _ = await asyncio.wait({self._in_flight}, timeout=timeout_seconds)
        return bool(done)

    # ---- reading again ------------------------------------------------------------------------------------------

    async def _come_again(self, first: Mapping[TopicPartition, int]) -> None:
        """Read these records again after a pause; count no attempt."""
        self._failures += 1
        pause = back_off_seconds(self._failures, FIRST_PAUSE_SECONDS, LONGEST_PAUSE_SECONDS, self._dice())
        self._resume_at = asyncio.get_running_loop().time() + pause
        self._rewinds += 1
        await self._seek(first)

    async def _seek(self, offsets: Mapping[TopicPartition, int]) -> None:
        """Back to these offsets; never forward, an earlier rewind stands."""
        for partition, offset in offsets.items():
            if self._consumer is not None and offset < await self._position(partition):
                self._consumer.seek(partition, offset)

    async def _position(self, partition: TopicPartition) -> int:
        """Where the consumer reads on; -1 when the partition is no longer ours."""
        assert self._consumer is not None
        try:
            return int(await self._consumer.position(partition))
        except (IllegalStateError, KafkaError):
            return -1

    async def _pause_over(self) -> None:
        pause = self._resume_at - asyncio.get_running_loop().time()
        if pause <= 0:
            return
        try:
            await asyncio.wait_for(self._closing.wait(), pause)
        except TimeoutError:
            return

    # ---- the flood guard ----------------------------------------------------------------------------------------

    async def _settle_guard(self, batch: Batch[T]) -> None:
        stopped, freed = self._guard.settle(batch.tally)
        for topic in stopped:
            self._pause(topic)
        for topic, reason in freed.items():
            log.info("topic.flows", topic=topic)
            self._unpause(topic, reason)
        if batch.cut:
            self._rewinds += 1
            await self._seek(batch.cut)

    def _pause(self, topic: str) -> None:
        held = self._guard.paused[topic]
        metrics.TOPIC_PAUSED.labels(topic, held.reason).set(1)
        log.error("topic.paused", topic=topic, reason=held.reason, pause_seconds=held.pause_seconds)
        if self._consumer is not None and (partitions := self._partitions(topic)):
            self._consumer.pause(*partitions)
        loop = asyncio.get_running_loop()
        self._probes[topic] = loop.call_later(held.pause_seconds, self._probe, topic)

    def _probe(self, topic: str) -> None:
        if self._guard.probe(topic):
            log.info("topic.probed", topic=topic)
            self._let_flow(topic)

    def _unpause(self, topic: str, reason: str) -> None:
        if timer := self._probes.pop(topic, None):
            timer.cancel()
        metrics.TOPIC_PAUSED.labels(topic, reason).set(0)
        self._let_flow(topic)

    def _let_flow(self, topic: str) -> None:
        if self._consumer is not None and (partitions := self._partitions(topic)):
            self._consumer.resume(*partitions)

    def _partitions(self, topic: str) -> list[TopicPartition]:
        assert self._consumer is not None
        return [partition for partition in self._consumer.assignment() if partition.topic == topic]
