"""Many callers' records as one batch for each partition: what comes while a batch is on its way goes with the next.

The client's own `send` costs each record a search for its batch, a time limit and several futures; under load that is
a fifth of a webhook. Promises: no record waits for a timer; a key's records go in the order in which they were given;
a record whose caller has given up before its turn is not sent; a failure is told to every caller of its batch.
"""

from __future__ import annotations

import asyncio
import copy
from collections import deque
from collections.abc import Sequence
from typing import NamedTuple

from aiokafka import AIOKafkaProducer, TopicPartition
from aiokafka.partitioner import DefaultPartitioner

LARGE_BYTES = 64 * 1024
"""A record from here on goes alone: a broker that refuses it would refuse its whole batch."""


class Waiting(NamedTuple):
    """One record and the future of its caller."""

    key: bytes | None
    headers: Sequence[tuple[str, bytes | None]]
    body: bytes | None
    durable: asyncio.Future[None]


class Coalescer:
    """One producer's way out."""

    def __init__(self, producer: AIOKafkaProducer) -> None:
        self._producer = producer
        self._loop = asyncio.get_running_loop()
        self._partitioner = DefaultPartitioner()
        self._partitions: dict[str, list[int]] = {}
        """As last seen; forgotten whenever the client learns anew."""
        producer.client.cluster.add_listener(lambda _cluster: self._partitions.clear())
        self._waiting: dict[TopicPartition, deque[Waiting]] = {}
        self._pumps: dict[TopicPartition, asyncio.Task[None]] = {}

    def knows(self, topic: str) -> bool:
        """Whether the topic's partitions are known; `learn` asks for them."""
        return topic in self._partitions or bool(self._producer.client.cluster.partitions_for_topic(topic))

    async def learn(self, topic: str) -> None:
        """Wait until the topic's partitions are known."""
        await self._producer.partitions_for(topic)

    def send(
        self, topic: str, key: bytes | None, headers: Sequence[tuple[str, bytes | None]], body: bytes | None
    ) -> asyncio.Future[None]:
        """Take a record of a known topic; the future ends when it is durable, or with what went wrong."""
        place = TopicPartition(topic, self._partition(topic, key))
        durable: asyncio.Future[None] = self._loop.create_future()
        self._waiting.setdefault(place, deque()).append(Waiting(key, headers, body, durable))
        if place not in self._pumps:
            self._pumps[place] = self._loop.create_task(self._pump(place), name="publisher-pump")
        return durable

    async def drained(self) -> None:
        """Wait until nothing is on its way."""
        while self._pumps:
            await asyncio.wait(self._pumps.values())

    async def cancel(self) -> None:
        """Give up what is still on its way; its callers are told."""
        pumps = list(self._pumps.values())
        for pump in pumps:
            pump.cancel()
        await asyncio.gather(*pumps, return_exceptions=True)

    def _partition(self, topic: str, key: bytes | None) -> int:
        cluster = self._producer.client.cluster
        numbers = self._partitions.get(topic)
        if numbers is None:
            numbers = self._partitions[topic] = sorted(cluster.partitions_for_topic(topic))
        available = [] if key is not None else list(cluster.available_partitions_for_topic(topic))
        return int(self._partitioner(key, numbers, available))

    async def _pump(self, place: TopicPartition) -> None:
        """Send until the queue is empty: one batch on its way at a time, so that order holds."""
        waiting = self._waiting[place]
        sent: list[Waiting] = []
        try:
            while waiting:
                sent = []
                try:
                    await self._send(place, waiting, sent)
                except Exception as error:  # noqa: BLE001 - whatever it is, each caller is told; those behind go on
                    _fail(sent or [waiting.popleft()], error)
                else:
                    for one in sent:
                        if not one.durable.done():
                            one.durable.set_result(None)
        finally:
            for one in (*sent, *waiting):
                one.durable.cancel()  # cancelled itself; else all of them are done
            waiting.clear()
            del self._pumps[place]

    async def _send(self, place: TopicPartition, waiting: deque[Waiting], sent: list[Waiting]) -> None:
        """Move the next records from `waiting` to `sent`, and return when they are durable."""
        if len(waiting[0].body or b"") >= LARGE_BYTES:
            one = waiting.popleft()
            sent.append(one)
            headers = list(one.headers)
            await (await self._producer.send(place.topic, one.body, one.key, place.partition, headers=headers))
            return
        batch = self._producer.create_batch()
        while waiting and len(waiting[0].body or b"") < LARGE_BYTES:
            one = waiting[0]
            if not one.durable.done():
                if batch.append(timestamp=None, key=one.key, value=one.body, headers=list(one.headers)) is None:
                    break
                sent.append(one)
            waiting.popleft()
        if sent:
            await (await self._producer.send_batch(batch, place.topic, partition=place.partition))


def _fail(records: Sequence[Waiting], error: Exception) -> None:
    """Tell each caller, with an error of its own: a shared one would collect their tracebacks."""
    for one in records:
        if not one.durable.done():
            one.durable.set_exception(copy.copy(error))
