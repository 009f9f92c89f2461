"""Kafka in: FastStream with its unsafe defaults settled once; nobody else declares a subscriber.

Promises: manual acknowledgement, explicit offsets, new groups begin at the earliest record, topics are never made
here, records arrive raw through a parser that reads no header. Starting needs no broker: it is tried again until it
works. What FastStream would do by itself loses messages; each setting says what it prevents.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Sequence
from functools import partial
from typing import Any, TypeVar, cast

import structlog
from aiokafka import ConsumerRebalanceListener, TopicPartition
from aiokafka.errors import KafkaError
from faststream import AckPolicy
from faststream.kafka import KafkaBroker, KafkaMessage, Topic
from faststream.kafka.message import KafkaAckableMessage

from libs.contracts.topics import dead_letter_topic
from libs.runtime import metrics
from libs.runtime.consumer import PatientConsumer
from libs.runtime.decode import Record, event_decoder
from libs.runtime.deliver import Delivery
from libs.runtime.errors import SyncError
from libs.runtime.flood import FloodGuard
from libs.runtime.marking import Mark, Marking
from libs.runtime.outcomes import tell_bug
from libs.runtime.publish import BrokerAway, Publisher
from libs.runtime.settings import KafkaSettings
from libs.runtime.work import Clock

log = structlog.get_logger("runtime.broker")

T = TypeVar("T")

MAX_RECORDS = 500  # a cap: a poll returns what is there, so it costs no latency
FETCH_BYTES = 256 * 1024  # times partitions is what a consumer buffers; a larger record still comes, alone
RETRY_SECONDS = 1.0
LAG_SECONDS = 5.0
STOP_SECONDS = 2.5


class Consumers:
    """All subscriptions of one process."""

    def __init__(
        self, settings: KafkaSettings, service: str, publisher: Publisher, *, clock: Clock, dice: Callable[[], float]
    ) -> None:
        self._settings = settings
        self._service = service
        self._publisher = publisher
        self._clock = clock
        self._dice = dice
        self._deliveries: list[Delivery[Any]] = []
        self._broker = KafkaBroker(
            settings.kafka_bootstrap_servers.split(","),
            client_id=service,
            consumer_only=True,               # its producer has acks=1; ours is `Publisher`
            allow_auto_create_topics=False,   # it would make topics with one partition
            apply_types=False,                # typed decoding loses or loops on what it cannot decode
            graceful_timeout=2.0,
            logger=logging.getLogger("faststream"),
            log_level=logging.DEBUG,          # its lines of ordinary work: two a record at INFO
        )  # fmt: skip
        self._starting: asyncio.Task[None] | None = None
        self._is_started = False

    def deliver(
        self,
        topics: Sequence[str],
        group: str,
        mark: Mark[T],
        *,
        decode: Callable[[Record], T] | None = None,
        from_end: bool = False,
        after: Callable[[], None] = lambda: None,
    ) -> Delivery[T]:
        """These topics, this group → this handler. `decode` defaults to the events of `libs.contracts`.

        `from_end`: only for a group that must not see what was there before it (a broadcast to browsers).
        """
        delivery = Delivery[T](
            Marking(mark, self._publisher, dead_letter_topic(self._service).name, self._clock),
            decode or event_decoder(),  # type: ignore[arg-type]  # T is Received where no decoder is given
            FloodGuard(self._settings.delivery_flood_limit, self._settings.delivery_flood_pause_seconds),
            self._dice,
            after,
        )
        self._subscribe(delivery, topics, group, from_end)
        self._deliveries.append(delivery)
        return delivery

    def _subscribe(self, delivery: Delivery[T], topics: Sequence[str], group: str, from_end: bool) -> None:
        listener = _Listener(delivery)
        subscriber = self._broker.subscriber(
            *(Topic(topic, declare=False) for topic in topics),
            group_id=group,
            batch=True,
            max_records=MAX_RECORDS,
            batch_timeout_ms=10,                # an idle subscriber sleeps it twice
            ack_policy=AckPolicy.MANUAL,        # any other commits past a failure, or loops on it
            auto_offset_reset="latest" if from_end else "earliest",
            max_partition_fetch_bytes=FETCH_BYTES,
            session_timeout_ms=10_000,
            rebalance_timeout_ms=30_000,        # a write may end and be committed before partitions go
            listener=listener,
            parser=_parse,                      # its own decodes headers first: one bad header loses the whole batch
            decoder=_decode,
        )  # fmt: skip

        def consumer() -> PatientConsumer | None:  # `_start` makes no other; None while it stops
            return cast("PatientConsumer | None", subscriber.consumer)

        listener.consumer = consumer

        # Any: FastStream builds a validator from the annotation, even where it will not use it.
        async def receive(records: Any) -> None:
            if (reader := consumer()) is not None:
                await delivery.receive(reader, records)

        subscriber(receive)

    async def __aenter__(self) -> Consumers:
        """Begin to consume; needs no broker."""
        self._starting = asyncio.create_task(self._start(), name="consumers-start")
        return self

    async def __aexit__(self, *_: object) -> None:
        """Finish the writes in flight, commit, leave the groups."""
        if self._starting is not None:
            self._starting.cancel()
            await asyncio.gather(self._starting, return_exceptions=True)
        await asyncio.gather(*(delivery.close() for delivery in self._deliveries))
        await self._stop_broker()

    async def run(self, stopping: asyncio.Event) -> None:
        """Consume until `stopping`; then finish the writes in flight and leave, while others still end."""
        async with self:
            await self.watch_lag(stopping)

    async def check(self) -> None:
        """Whether everything that should be consumed is.

        Raises:
            SyncError: not connected, a topic is held by the flood guard, a partition is set aside; it says which.
        """
        if not self._is_started:
            raise BrokerAway("kafka: consumers are not started yet")
        held = {topic: reason for delivery in self._deliveries for topic, reason in delivery.paused().items()}
        if held:
            raise SyncError("held by the flood guard: " + ", ".join(f"{t} ({r})" for t, r in sorted(held.items())))
        unreadable = {place for delivery in self._deliveries for place in delivery.unreadable()}
        if unreadable:
            places = ", ".join(f"{place.topic}-{place.partition}" for place in sorted(unreadable))
            raise SyncError(f"set aside, the next record cannot be unpacked: {places}")

    async def watch_lag(self, stopping: asyncio.Event) -> None:
        """Keep the lag metric current until `stopping`."""
        while not stopping.is_set():
            try:
                await self._measure_lag()
            except (KafkaError, OSError) as error:
                log.info("lag.unknown", error_type=type(error).__name__)
            try:
                await asyncio.wait_for(stopping.wait(), LAG_SECONDS)
            except TimeoutError:
                continue

    async def _measure_lag(self) -> None:
        lags: dict[tuple[str, int], int] = {}
        async with asyncio.timeout(LAG_SECONDS):
            for delivery in self._deliveries:
                lags.update(await delivery.lag())
        metrics.LAG.clear()  # partitions that went to another member are its to tell
        for (topic, partition), records in lags.items():
            metrics.LAG.labels(topic, str(partition)).set(records)

    async def _start(self) -> None:
        while True:
            try:
                await self._broker.connect()
                config = self._broker.config.broker_config
                config.builder = partial(PatientConsumer, **config.builder.keywords)  # type: ignore[attr-defined]
                await self._broker.start()
            except (KafkaError, OSError) as error:
                log.info("broker.unreachable", error_type=type(error).__name__)
                await self._stop_broker()
                await asyncio.sleep(RETRY_SECONDS)
            except Exception as error:  # noqa: BLE001 - a process that does not consume must say why, and try again
                tell_bug("broker", error)
                await self._stop_broker()
                await asyncio.sleep(RETRY_SECONDS)
            else:
                self._is_started = True
                log.info("consumers.started", deliveries=len(self._deliveries))
                return

    async def _stop_broker(self) -> None:
        try:
            async with asyncio.timeout(STOP_SECONDS):
                await self._broker.stop()
        except (KafkaError, OSError) as error:
            log.info("broker.stopped_badly", error_type=type(error).__name__)


class _Listener(ConsumerRebalanceListener):  # type: ignore[misc]  # aiokafka has no types
    """Tells a delivery what it owns."""

    def __init__(self, delivery: Delivery[Any]) -> None:
        self._delivery = delivery
        self.consumer: Callable[[], PatientConsumer | None] = lambda: None

    async def on_partitions_revoked(self, revoked: set[TopicPartition]) -> None:
        await self._delivery.revoked(revoked)

    async def on_partitions_assigned(self, assigned: set[TopicPartition]) -> None:
        consumer = self.consumer()
        if consumer is not None:
            await self._delivery.assigned(consumer, assigned)


async def _parse(records: tuple[Any, ...]) -> KafkaMessage:
    """A message around raw records; no header is read, no id is made."""
    return KafkaAckableMessage(raw_message=records, body=b"", correlation_id="-", consumer=_NOBODY)


async def _decode(message: KafkaMessage) -> Any:
    return message.raw_message


class _Nobody:
    """FastStream's own acknowledging must never reach the consumer: offsets are ours."""

    async def commit(self) -> None:
        raise AssertionError("offsets are committed by libs.runtime.offsets alone")

    def seek(self, partition: TopicPartition, offset: int) -> None:
        raise AssertionError("positions are moved by libs.runtime.deliver alone")


_NOBODY = _Nobody()
