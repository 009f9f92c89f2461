"""Sends VMS's events to Kafka: acknowledged by all in-sync replicas, idempotent, in order, and again until they are.

At least once: after a failure everything from the first record that failed on is sent again, so a reader may see
doubles, never a gap and never, within a key, a lasting change of order.
"""

from __future__ import annotations

import asyncio
import contextlib
import sys

from aiokafka import AIOKafkaProducer
from aiokafka.errors import KafkaError

from sandbox.vms.emitter import Event
from sandbox.vms.system import Vms

BATCH = 500
PAUSE_SECONDS = 0.5
# A record that waits longer fails and is sent again; short, so that an outage ends when the broker is back.
REQUEST_MS = 5_000


class Producer:
    """Empties the emitter's queue into Kafka while `run` runs."""

    def __init__(self, vms: Vms, bootstrap: str) -> None:
        self._vms = vms
        self._emitter = vms.emitter
        self._bootstrap = bootstrap

    async def run(self) -> None:
        """Connect, send, and after any failure begin again; ends only by cancellation."""
        while True:
            try:
                await self._session()
            except (KafkaError, OSError) as error:
                self._vms.is_connected = False
                print(f"vms sandbox: Kafka is away ({type(error).__name__}), events wait", file=sys.stderr, flush=True)
                await asyncio.sleep(PAUSE_SECONDS)

    async def _session(self) -> None:
        producer = AIOKafkaProducer(
            bootstrap_servers=self._bootstrap,
            acks="all",
            enable_idempotence=True,
            linger_ms=2,
            request_timeout_ms=REQUEST_MS,
            client_id="vms",
        )
        try:
            await producer.start()
            self._vms.is_connected = True
            while True:
                await self._wait()
                await self._send(producer)
        finally:
            with contextlib.suppress(KafkaError, OSError, TimeoutError):
                await asyncio.wait_for(producer.stop(), 2)

    async def _wait(self) -> None:
        while not (self._vms.knobs.emit and self._emitter.queue):
            self._emitter.woken.clear()
            await self._emitter.woken.wait()

    async def _send(self, producer: AIOKafkaProducer) -> None:
        """Send a batch; what is acknowledged leaves the queue, the rest stays at its head."""
        batch = [self._emitter.queue.popleft() for _ in range(min(BATCH, len(self._emitter.queue)))]
        waiting = []
        try:
            for event in batch:
                headers, body = event.record(self._vms.knobs.event_mode)
                waiting.append(await producer.send(event.topic, body, key=event.key.encode(), headers=headers))
            results = await asyncio.gather(*waiting, return_exceptions=True)
        except BaseException:
            self._emitter.queue.extendleft(reversed(batch))
            raise
        self._settle(batch, results)

    def _settle(self, batch: list[Event], results: list[object]) -> None:
        failed = next((i for i, result in enumerate(results) if isinstance(result, BaseException)), len(batch))
        for event in batch[:failed]:
            event.is_sent = True
        if failed < len(batch):
            self._emitter.queue.extendleft(reversed(batch[failed:]))
            reason = results[failed]
            raise reason if isinstance(reason, KafkaError) else KafkaError(reason)
