"""Kafka out: a record is published when it is durable on all in-sync replicas, or the caller is told it is not.

Promises: `publish` returns after the broker's acknowledgement; while the broker is away it raises `BrokerAway` within
its time limit. Such a record may still land later: events carry ids, and readers bear doubles. Starting needs no
broker. A producer that can no longer send (sequence lost, fenced, its sender dead) is replaced by a new one.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from functools import cache
from typing import NamedTuple, Protocol

import structlog
from aiokafka import AIOKafkaProducer
from aiokafka.errors import (
    InvalidProducerEpoch,
    KafkaError,
    MessageSizeTooLargeError,
    OutOfOrderSequenceNumber,
    ProducerClosed,
    ProducerFenced,
    RecordListTooLargeError,
    UnknownProducerId,
)
from prometheus_client import Counter

from libs.contracts.topics import MIB
from libs.runtime import metrics
from libs.runtime.coalesce import Coalescer
from libs.runtime.deadlines import Deadlines
from libs.runtime.errors import PermanentError, WorldUnavailable

log = structlog.get_logger("runtime.publish")

RawHeaders = Sequence[tuple[str, bytes | None]]

# 16 KiB, the default, lets ten of our events into a batch and one batch into flight: p99 over a second under load.
_BATCH_BYTES = 256 * 1024
# A dead letter is its record (up to 1 MiB) and its reason, in a topic of 2 MiB.
_REQUEST_BYTES = 2 * MIB + 64 * 1024
_REQUEST_SECONDS = 10.0
_CONNECT_SECONDS = 1.0
_STOP_SECONDS = 3.0
_SPENT = (OutOfOrderSequenceNumber, ProducerFenced, InvalidProducerEpoch, UnknownProducerId, ProducerClosed)


class BrokerAway(WorldUnavailable):
    """Kafka did not acknowledge in time: gone, too few replicas, or the topic is not made yet."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason, partner="broker")


class Outgoing(NamedTuple):
    """One record to publish."""

    topic: str
    key: bytes | None
    headers: RawHeaders
    body: bytes | None


class Record(Protocol):
    """What can be published: an `Outgoing`, or whatever has its four members."""

    @property
    def topic(self) -> str:
        """Where it goes."""

    @property
    def key(self) -> bytes | None:
        """What keeps its order."""

    @property
    def headers(self) -> RawHeaders:
        """Names and bytes."""

    @property
    def body(self) -> bytes | None:
        """The rest; None is a tombstone."""


class Publisher:
    """The one producer of a process."""

    def __init__(self, bootstrap_servers: str, client_id: str, timeout_seconds: float = 8.0) -> None:
        self._bootstrap_servers = bootstrap_servers
        self._client_id = client_id
        self._timeout_seconds = timeout_seconds
        self._producer: AIOKafkaProducer | None = None
        self._way: Coalescer | None = None
        self._connected = asyncio.Event()
        self._connecting: asyncio.Task[None] | None = None
        self._retired: set[asyncio.Task[None]] = set()
        self._deadlines = Deadlines()

    async def __aenter__(self) -> Publisher:
        """Begin to connect; needs no broker."""
        self._connecting = asyncio.create_task(self._connect(), name="publisher-connect")
        return self

    async def __aexit__(self, *_: object) -> None:
        """Let what is on its way land, for a short while, then close."""
        if self._connecting is not None:
            self._connecting.cancel()
            await asyncio.gather(self._connecting, return_exceptions=True)
        producer, self._producer = self._producer, None
        if producer is not None:
            await _close(producer, self._way)
        await asyncio.gather(*self._retired, return_exceptions=True)

    async def publish(
        self,
        topic: str,
        key: bytes | None,
        headers: RawHeaders,
        body: bytes | None,
        timeout_seconds: float | None = None,
    ) -> None:
        """Return when the record is durable.

        Raises:
            BrokerAway: it is not, or nobody can tell, within the time limit.
            PermanentError: it is larger than the topic takes (code `too-large`).
        """
        await self.publish_all([Outgoing(topic, key, headers, body)], timeout_seconds)

    async def publish_all(self, records: Sequence[Record], timeout_seconds: float | None = None) -> None:
        """Return when all records are durable; in order per key. Raises as `publish`, and then some may be durable."""
        way = self._way
        ends_at = asyncio.get_running_loop().time() + (timeout_seconds or self._timeout_seconds)
        try:
            if way is None or not all(way.knows(record.topic) for record in records):
                async with asyncio.timeout_at(ends_at):
                    way = await self._learned(records)
            await _send(way, records, self._deadlines, ends_at)
        except (MessageSizeTooLargeError, RecordListTooLargeError) as error:
            _count_failures(records, "too_large")
            raise PermanentError("the record is larger than its topic takes", code="too-large") from error
        except (KafkaError, OSError) as error:  # TimeoutError is an OSError
            _count_failures(records, "away")
            if isinstance(error, _SPENT) or type(error) is KafkaError:
                self._replace(way)
            raise BrokerAway(f"kafka: {type(error).__name__}") from error
        for record in records:
            _published(record.topic).inc()

    async def check(self) -> None:
        """Ask the broker for the cluster's metadata.

        Raises:
            BrokerAway: no answer.
        """
        producer = self._producer
        if producer is None:
            raise BrokerAway("kafka: not connected yet")
        try:
            await producer.client.fetch_all_metadata()
        except (KafkaError, OSError) as error:
            raise BrokerAway(f"kafka: {type(error).__name__}") from error

    async def _learned(self, records: Sequence[Record]) -> Coalescer:
        """The way out, once there is one and it knows the topics."""
        await self._connected.wait()
        way = self._way
        assert way is not None, "connected"
        for topic in {record.topic for record in records}:
            await way.learn(topic)
        return way

    async def _connect(self) -> None:
        while True:
            producer = AIOKafkaProducer(
                bootstrap_servers=self._bootstrap_servers,
                client_id=self._client_id,
                acks="all",
                enable_idempotence=True,
                max_batch_size=_BATCH_BYTES,
                max_request_size=_REQUEST_BYTES,
                linger_ms=0,                       # every millisecond of it is paid by every lone record
                request_timeout_ms=int(_REQUEST_SECONDS * 1000),
            )  # fmt: skip
            try:
                await producer.start()
            except (KafkaError, OSError) as error:
                await _close(producer)
                log.info("broker.unreachable", error_type=type(error).__name__)
                await asyncio.sleep(_CONNECT_SECONDS)
            except asyncio.CancelledError:
                await _close(producer)
                raise
            else:
                self._producer, self._way = producer, Coalescer(producer)
                self._connected.set()
                return

    def _replace(self, spent: Coalescer | None) -> None:
        if spent is None or spent is not self._way or self._producer is None:
            return  # another caller saw it first
        log.warning("producer.replaced")
        closing = asyncio.create_task(_close(self._producer, spent), name="publisher-close")
        self._producer = self._way = None
        self._connected.clear()
        self._retired.add(closing)
        closing.add_done_callback(self._retired.discard)
        self._connecting = asyncio.create_task(self._connect(), name="publisher-connect")


@cache
def _published(topic: str) -> Counter:
    """Looked up once for each topic: labels cost more than counting."""
    return metrics.PUBLISHED.labels(topic)


async def _send(way: Coalescer, records: Sequence[Record], deadlines: Deadlines, ends_at: float) -> None:
    sent = [way.send(record.topic, record.key, record.headers, record.body) for record in records]
    for durable in sent:
        deadlines.add(durable, ends_at)
    if len(sent) == 1:
        await sent[0]
        return
    await asyncio.gather(*sent)


def _count_failures(records: Sequence[Record], reason: str) -> None:
    for topic in {record.topic for record in records}:
        metrics.PUBLISH_FAILURES.labels(topic, reason).inc()


async def _close(producer: AIOKafkaProducer, way: Coalescer | None = None) -> None:
    try:
        async with asyncio.timeout(_STOP_SECONDS):
            if way is not None:
                await way.drained()
            await producer.stop()
    except TimeoutError:
        await producer.client.close()  # the broker is away: what was buffered is the caller's to send again
    except (KafkaError, OSError) as error:
        log.info("producer.closed_badly", error_type=type(error).__name__)
    if way is not None:
        await way.cancel()
