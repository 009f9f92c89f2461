"""What the delivery tests share: topics of their own, a service under test, and a look at what Kafka holds."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from aiokafka import AIOKafkaConsumer, AIOKafkaProducer, TopicPartition
from aiokafka.admin import AIOKafkaAdminClient
from aiokafka.record.default_records import _DefaultRecordBatchBuilderPy

from libs.contracts import dead_letter
from libs.contracts.dead_letter import DeadLetter
from libs.contracts.events import VMS_CUSTOMER_TYPES
from libs.runtime.broker import Consumers
from libs.runtime.decode import Received, event_decoder
from libs.runtime.deliver import Delivery
from libs.runtime.publish import Publisher
from libs.runtime.settings import KafkaSettings

HEADERS = [
    ("ce_specversion", b"1.0"),
    ("ce_id", b"e-1"),
    ("ce_source", b"/vms"),
    ("ce_type", b"vms.customer.updated"),
    ("ce_subject", b"7"),
    ("ce_time", b"2026-01-15T09:30:00+02:00"),
]


def clock() -> datetime:
    """The present instant."""
    return datetime.now(UTC)


def customer(number: int) -> bytes:
    """The body of a good event about customer `number`."""
    return (
        f'{{"customerId":{number},"changedAt":"2026-01-15T09:30:00+02:00",'
        '"companyName":"Зразок","contactName":"Зразок Зразкова"}'
    ).encode()


def number_of(received: Received) -> int:
    """Which customer an event is about."""
    return int(received.model.customer_id)  # type: ignore[attr-defined]  # the rig's topics carry customers only


@dataclass
class Seen:
    """A handler that remembers what it marked; `fault` decides what a call raises instead."""

    fault: Callable[[Sequence[Received]], Exception | None] = lambda batch: None
    calls: int = 0
    marked: list[Received] = field(default_factory=list)
    pause_seconds: float = 0.0

    async def mark(self, batch: Sequence[Received]) -> None:
        """As a service's handler."""
        self.calls += 1
        if self.pause_seconds:
            await asyncio.sleep(self.pause_seconds)
        error = self.fault(batch)
        if error is not None:
            raise error
        self.marked.extend(batch)

    def numbers(self) -> list[int]:
        """The customers marked, in order."""
        return [number_of(received) for received in self.marked]


@dataclass
class Service:
    """A running service of the rig."""

    delivery: Delivery[Received]
    consumers: Consumers
    publisher: Publisher


class _RawName(str):
    """A header name that encodes to the bytes it was made of."""

    def __new__(cls, raw: bytes) -> _RawName:
        made = super().__new__(cls, "raw")
        made._raw = raw
        return made

    _raw: bytes

    def encode(self, *_: object, **__: object) -> bytes:
        return self._raw


class Rig:
    """One test's topic, dead-letter topic and service name."""

    def __init__(self, bootstrap: str, service: str, topic: str) -> None:
        self.bootstrap = bootstrap
        self.name = service
        self.topic = topic
        self.group = f"{service}-group"
        self.letters_topic = f"{service}.dead-letter.v1"

    def settings(self, **values: Any) -> KafkaSettings:
        """Settings of the service under test."""
        return KafkaSettings(kafka_bootstrap_servers=self.bootstrap, **values)

    @asynccontextmanager
    async def service(
        self,
        mark: Callable[[Sequence[Received]], Awaitable[None]],
        topics: Sequence[str] = (),
        **settings: Any,
    ) -> AsyncIterator[Service]:
        """The service, consuming."""
        topics = topics or (self.topic,)
        async with (
            Publisher(self.bootstrap, self.name, timeout_seconds=3.0) as publisher,
            Consumers(self.settings(**settings), self.name, publisher, clock=clock, dice=lambda: 0.5) as consumers,
        ):
            decode = event_decoder(dict.fromkeys(topics, VMS_CUSTOMER_TYPES))
            delivery = consumers.deliver(topics, self.group, mark, decode=decode)
            yield Service(delivery, consumers, publisher)

    async def send(self, *bodies: bytes | None, partition: int = 0, headers: Any = None, topic: str = "") -> None:
        """Records as some foreign program writes them."""
        producer = AIOKafkaProducer(bootstrap_servers=self.bootstrap, max_request_size=3 * 1024 * 1024)
        await producer.start()
        try:
            for body in bodies:
                await producer.send_and_wait(
                    topic or self.topic,
                    body,
                    key=b"7",
                    partition=partition,
                    headers=HEADERS if headers is None else headers,
                )
        finally:
            await producer.stop()

    async def send_raw_header_name(self, name: bytes, partition: int) -> None:
        """A record with a header whose name is these bytes, as no ordinary client can write it."""
        producer = AIOKafkaProducer(bootstrap_servers=self.bootstrap)
        await producer.start()
        try:
            batch = producer.create_batch()
            batch._builder = _DefaultRecordBatchBuilderPy(
                2, 0, is_transactional=0, producer_id=-1, producer_epoch=-1, base_sequence=0, batch_size=16384
            )
            batch.append(key=b"7", value=customer(1), timestamp=None, headers=[(_RawName(name), b"x")])
            await (await producer.send_batch(batch, self.topic, partition=partition))
        finally:
            await producer.stop()

    async def committed(self, topic: str = "") -> dict[int, int]:
        """The group's committed offsets by partition."""
        admin = AIOKafkaAdminClient(bootstrap_servers=self.bootstrap)
        await admin.start()
        try:
            offsets = await admin.list_consumer_group_offsets(self.group)
        finally:
            await admin.close()
        return {tp.partition: meta.offset for tp, meta in offsets.items() if tp.topic == (topic or self.topic)}

    async def letters(self) -> list[DeadLetter]:
        """All dead letters written so far."""
        consumer = AIOKafkaConsumer(bootstrap_servers=self.bootstrap, auto_offset_reset="earliest")
        await consumer.start()
        try:
            partition = TopicPartition(self.letters_topic, 0)
            consumer.assign([partition])
            end = (await consumer.end_offsets([partition]))[partition]
            found: list[DeadLetter] = []
            while len(found) < end:
                records = await consumer.getmany(partition, timeout_ms=1000)
                found += [dead_letter.read(r.headers, r.key, r.value) for batch in records.values() for r in batch]
        finally:
            await consumer.stop()
        return found


async def until(holds: Callable[[], Any], seconds: float = 20.0) -> None:
    """Wait until it holds; awaitable answers are awaited."""
    deadline = time.monotonic() + seconds
    while True:
        answer = holds()
        if isinstance(answer, Awaitable):
            answer = await answer
        if answer:
            return
        assert time.monotonic() < deadline, "it did not come to hold in time"
        await asyncio.sleep(0.05)
