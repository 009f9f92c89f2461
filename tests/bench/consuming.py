"""The consumers that are compared, each a program: an order as JSON on standard input, what it took on standard output.

`raw` is what one would write with aiokafka alone: `getmany`, pydantic, a commit for each poll; `raw-250` commits four
times a second at most, as we do; `raw-decoded` reads the whole envelope as we do. `deliver` is ours. With a database:
`raw-marking` polls, marks and commits one after the other, with the service's own handler; `marking` is ours with the
same handler; `insert-only` has the records in memory and only marks them. All end after so many records.
"""

from __future__ import annotations

import asyncio
import json
import secrets
import sys
import time
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import uvloop
from aiokafka import AIOKafkaConsumer
from pydantic import SecretStr

from inbound_apply.handlers.marks import KeyCrmMarks
from libs.contracts.events import KEYCRM_ORDER_TYPES, VMS_ORDER_TYPES, VmsOrderEvent
from libs.flow.opening import read_pairs
from libs.runtime import broker, logs
from libs.runtime.broker import Consumers
from libs.runtime.database import Database, open_database
from libs.runtime.decode import Received, event_decoder
from libs.runtime.publish import Publisher
from libs.runtime.run import Life, calm_collector
from libs.runtime.settings import DatabaseSettings, KafkaSettings, LogSettings

PAIRS = Path(__file__).parents[2] / "deploy" / "pairs.sample.toml"
WARM_SHARE = 0.1
COMMIT_SECONDS = 0.25
SETTLE_SECONDS = 60.0

Mark = Callable[[Sequence[Received]], Awaitable[None]]


@dataclass(frozen=True, slots=True)
class Order:
    """What to consume, and how."""

    which: str
    kafka: str
    topic: str
    records: int
    batch: int = 500
    database: str = ""


class Meter:
    """Time and CPU time from the first tenth to the last record."""

    def __init__(self, records: int) -> None:
        self._records = records
        self._warm = int(records * WARM_SHARE)
        self._seen = self._counted_from = self._batches = 0
        self._began = self._ended = (0.0, 0.0)
        self.done = asyncio.Event()

    def count(self, records: int) -> None:
        """So many more have been handled."""
        self._seen += records
        self._batches += 1
        if not self._counted_from and self._seen > self._warm:
            self._counted_from, self._began = self._seen, (time.perf_counter(), time.process_time())
        if self._seen >= self._records and not self.done.is_set():
            self._ended = (time.perf_counter(), time.process_time())
            self.done.set()

    def answer(self) -> dict[str, float]:
        """What it took."""
        return {
            "records": self._records - self._counted_from,
            "a_batch": self._seen / self._batches,
            "seconds": self._ended[0] - self._began[0],
            "cpu_seconds": self._ended[1] - self._began[1],
        }


async def _raw(order: Order, meter: Meter, decode: Callable[[Any], Any], mark: Mark | None, every: float) -> None:
    """Poll, decode, mark, commit, one after the other."""
    consumer = AIOKafkaConsumer(
        order.topic, bootstrap_servers=order.kafka, group_id=f"bench-{secrets.token_hex(6)}",
        enable_auto_commit=False, auto_offset_reset="earliest",
    )  # fmt: skip
    await consumer.start()
    calm_collector()
    committed_at = time.monotonic()
    while not meter.done.is_set():
        polled = await consumer.getmany(timeout_ms=1000, max_records=order.batch)
        batch = [decode(record) for records in polled.values() for record in records]
        if not batch:
            continue
        if mark is not None:
            await mark(batch)
        if time.monotonic() - committed_at >= every:
            await consumer.commit()
            committed_at = time.monotonic()
        meter.count(len(batch))
    await consumer.stop()


async def _deliver(order: Order, meter: Meter, types: Sequence[str], mark: Mark | None) -> None:
    """The runtime's delivery, as the services run it."""
    broker.MAX_RECORDS = order.batch  # the house's own is 500

    async def counted(batch: Sequence[Received]) -> None:
        if mark is not None:
            await mark(batch)
        meter.count(len(batch))

    settings = KafkaSettings(kafka_bootstrap_servers=order.kafka)
    name = f"bench-{secrets.token_hex(6)}"
    async with Publisher(order.kafka, name) as publisher:
        consumers = Consumers(settings, name, publisher, clock=Life.clock, dice=lambda: 0.5)
        consumers.deliver([order.topic], name, counted, decode=event_decoder({order.topic: types}))
        async with consumers:
            calm_collector()
            await asyncio.wait_for(meter.done.wait(), SETTLE_SECONDS)


async def _insert_only(order: Order, meter: Meter, decode: Callable[[Any], Received], mark: Mark) -> None:
    """The same marks with nothing to read: what the database takes."""
    batches: list[list[Received]] = []

    async def keep(batch: Sequence[Received]) -> None:
        batches.append(list(batch))

    await _raw(order, Meter(order.records), decode, keep, COMMIT_SECONDS)
    everything = [received for batch in batches for received in batch]
    for begin in range(0, len(everything), order.batch):
        batch = everything[begin : begin + order.batch]
        await mark(batch)
        meter.count(len(batch))


async def _consume(order: Order) -> dict[str, float]:
    meter = Meter(order.records)
    if order.database:
        settings = DatabaseSettings(database_url=SecretStr(order.database))
        async with open_database(settings, "bench") as database:
            await _mark(order, meter, database)
    elif order.which == "deliver":
        await _deliver(order, meter, VMS_ORDER_TYPES, None)
    elif order.which == "raw-decoded":
        await _raw(order, meter, event_decoder({order.topic: VMS_ORDER_TYPES}), None, COMMIT_SECONDS)
    else:
        every = COMMIT_SECONDS if order.which == "raw-250" else 0.0
        await _raw(order, meter, lambda record: VmsOrderEvent.model_validate_json(record.value), None, every)
    return meter.answer()


async def _mark(order: Order, meter: Meter, database: Database) -> None:
    mark = KeyCrmMarks(database, read_pairs(PAIRS), Life.clock, 60.0).mark
    decode = event_decoder({order.topic: KEYCRM_ORDER_TYPES})
    if order.which == "marking":
        await _deliver(order, meter, KEYCRM_ORDER_TYPES, mark)
    elif order.which == "insert-only":
        await _insert_only(order, meter, decode, mark)
    else:
        await _raw(order, meter, decode, mark, 0.0)


def main() -> None:
    """Do what standard input says."""
    order = Order(**json.load(sys.stdin))
    logs.configure(LogSettings(log_level="WARNING"), "bench")
    print(json.dumps(uvloop.run(_consume(order))))


if __name__ == "__main__":
    main()
