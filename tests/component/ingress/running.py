"""A running ingress, and what arrives in its topics; the fixtures are in conftest.py."""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections.abc import AsyncIterator, Callable, Iterator
from typing import Any

import httpx
from aiokafka import AIOKafkaConsumer, ConsumerRecord

from libs.contracts.topics import FROM_KEYCRM, dead_letter_topic
from tests.running import Running, run_service
from tests.topics import reading

URL_SECRET = "canary-url-secret-0123456789"
OLD_URL_SECRET = "canary-old-url-secret-01234"
HMAC_SECRET = "canary-hmac-secret-0123456789"
OUR_TOPICS = (*(topic.name for topic in FROM_KEYCRM), dead_letter_topic("ingress").name)


class Ingress(Running):
    """One running ingress."""

    def client(self) -> httpx.AsyncClient:
        """A client of it; plain HTTP needs no certificates, which take 30 ms to load."""
        return httpx.AsyncClient(base_url=self.address, timeout=15, verify=False)

    async def metrics(self) -> str:
        """What /metrics shows."""
        async with self.client() as http:
            return (await http.get("/metrics")).text


@contextlib.contextmanager
def run_ingress(bootstrap: str, **more: str) -> Iterator[Ingress]:
    """`python -m ingress` until the block ends; live when the block begins."""
    settings = {
        "KAFKA_BOOTSTRAP_SERVERS": bootstrap,
        "KAFKA_PUBLISH_SECONDS": "2",
        "WEBHOOK_URL_SECRETS": f"{URL_SECRET},{OLD_URL_SECRET}",
        "WEBHOOK_HMAC_SECRETS": HMAC_SECRET,
        **more,
    }
    with run_service("ingress", **settings) as running:
        yield Ingress(running.address, running.child, running.output)


class Arrivals:
    """What arrives in the ingress's topics from now on."""

    def __init__(self, consumer: AIOKafkaConsumer) -> None:
        self._consumer = consumer

    async def take(self, number: int, seconds: float = 10.0) -> list[ConsumerRecord[Any, Any]]:
        """Exactly so many records: fewer fail, and so does one more within a short while."""
        records: list[ConsumerRecord[Any, Any]] = []
        async with asyncio.timeout(seconds):
            while len(records) < number:
                records.extend(await self._poll(500))
        records.extend(await self._poll(200))
        assert len(records) == number, [(record.topic, record.key) for record in records]
        return records

    async def none(self) -> None:
        """Nothing arrives."""
        await self.take(0)

    async def some(
        self, is_wanted: Callable[[ConsumerRecord[Any, Any]], bool], seconds: float = 20.0
    ) -> list[ConsumerRecord[Any, Any]]:
        """What is wanted of all that arrives, at least one; others may arrive too."""
        records: list[ConsumerRecord[Any, Any]] = []
        async with asyncio.timeout(seconds):
            while not records:
                records.extend(filter(is_wanted, await self._poll(500)))
        return [*records, *filter(is_wanted, await self._poll(500))]

    async def until(self, keys: set[bytes], seconds: float = 40.0) -> list[ConsumerRecord[Any, Any]]:
        """All that arrives until every one of these keys has, or the time is over."""
        records: list[ConsumerRecord[Any, Any]] = []
        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline and not keys <= {record.key for record in records}:
            records.extend(await self._poll(500))
        return records

    async def _poll(self, milliseconds: int) -> list[ConsumerRecord[Any, Any]]:
        batches = await self._consumer.getmany(timeout_ms=milliseconds)
        return [record for batch in batches.values() for record in batch]


@contextlib.asynccontextmanager
async def arriving(bootstrap: str) -> AsyncIterator[Arrivals]:
    """Reads from where the topics end now."""
    async with reading(bootstrap, *OUR_TOPICS) as consumer:
        yield Arrivals(consumer)
