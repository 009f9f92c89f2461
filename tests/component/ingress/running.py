"""A running ingress, and what arrives in its topics; the fixtures are in conftest.py."""

from __future__ import annotations

import asyncio
import contextlib
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import AsyncIterator, Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
from aiokafka import AIOKafkaConsumer, ConsumerRecord, TopicPartition

from libs.contracts.topics import BY_NAME, FROM_KEYCRM, dead_letter_topic
from sandbox import stack as stacks

ROOT = Path(__file__).parents[3]
URL_SECRET = "canary-url-secret-0123456789"
OLD_URL_SECRET = "canary-old-url-secret-01234"
HMAC_SECRET = "canary-hmac-secret-0123456789"
OUR_TOPICS = (*(topic.name for topic in FROM_KEYCRM), dead_letter_topic("ingress").name)
READY_SECONDS = 20.0


@dataclass
class Ingress:
    """One running ingress."""

    address: str
    child: subprocess.Popen[bytes]
    output: Path

    def logged(self) -> str:
        """Everything it has written."""
        return self.output.read_text(encoding="utf-8", errors="replace")

    def until(self, is_so: Callable[[], bool], seconds: float = READY_SECONDS) -> None:
        """Wait until it is so."""
        deadline = time.monotonic() + seconds
        while not is_so():
            assert self.child.poll() is None, f"the ingress ended:\n{self.logged()}"
            assert time.monotonic() < deadline, f"it did not become so within {seconds} s:\n{self.logged()}"
            time.sleep(0.05)

    def client(self) -> httpx.AsyncClient:
        """A client of it; plain HTTP needs no certificates, which take 30 ms to load."""
        return httpx.AsyncClient(base_url=self.address, timeout=15, verify=False)

    async def metrics(self) -> str:
        """What /metrics shows."""
        async with self.client() as http:
            return (await http.get("/metrics")).text

    def status(self, path: str) -> int:
        """The status of a GET, 0 where nothing answers."""
        try:
            return httpx.get(f"{self.address}{path}", timeout=5).status_code
        except httpx.TransportError:
            return 0


@contextlib.contextmanager
def run_ingress(bootstrap: str, **more: str) -> Iterator[Ingress]:
    """`python -m ingress` until the block ends; live when the block begins."""
    port = stacks.take_port()
    environment = os.environ | {
        "KAFKA_BOOTSTRAP_SERVERS": bootstrap,
        "KAFKA_PUBLISH_SECONDS": "2",
        "WEBHOOK_URL_SECRETS": f"{URL_SECRET},{OLD_URL_SECRET}",
        "WEBHOOK_HMAC_SECRETS": HMAC_SECRET,
        "HTTP_HOST": "127.0.0.1",
        "HTTP_PORT": str(port),
        "LOG_LEVEL": "DEBUG",
        **more,
    }
    with tempfile.NamedTemporaryFile(suffix=".log") as output:
        child = subprocess.Popen(
            [sys.executable, "-m", "ingress"], cwd=ROOT, env=environment, stdout=output, stderr=subprocess.STDOUT
        )
        running = Ingress(f"http://127.0.0.1:{port}", child, Path(output.name))
        try:
            running.until(lambda: running.status("/health/live") == 200)
            yield running
        finally:
            child.terminate()
            child.wait(timeout=12)
            stacks.give_back(port)


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
    consumer = AIOKafkaConsumer(bootstrap_servers=bootstrap, enable_auto_commit=False)
    await consumer.start()
    partitions = [TopicPartition(topic, number) for topic in OUR_TOPICS for number in range(BY_NAME[topic].partitions)]
    consumer.assign(partitions)
    await consumer.seek_to_end(*partitions)
    for partition in partitions:
        await consumer.position(partition)
    try:
        yield Arrivals(consumer)
    finally:
        await consumer.stop()
