"""Records for the consumers' measurements: events as they are on the wire, written into topics in great number."""

from __future__ import annotations

import asyncio
import secrets
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import islice

import orjson
from aiokafka import AIOKafkaProducer

from deploy import topics
from libs.contracts.dead_letter import DeadLetter
from libs.contracts.envelope import Envelope, encode
from libs.contracts.topics import Topic

BATCH = 400
START = datetime(2026, 1, 15, 9, 30, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Raw:
    """One record: the key decides on its partition."""

    key: bytes
    headers: list[tuple[str, bytes]]
    body: bytes


def vms_orders(keys: int) -> Callable[[int], Raw]:
    """VMS's whole orders, 1 KB, of so many different orders in turn; each event is newer than the one before."""

    def make(number: int) -> Raw:
        order_id = f"00000000-0000-4000-8000-{number % keys:012d}"
        changed_at = (START + timedelta(milliseconds=number)).isoformat()
        lines = [
            {"subPositionId": f"00000000-0000-4000-9000-{number % keys:06d}{line:06d}", "sku": f"DEMO-GOODS-{line}",
             "name": "Чашка керамічна біла", "quantity": "2.0000", "unit": "шт", "price": "180.5000"}
            for line in range(3)
        ]  # fmt: skip
        body = {
            "orderId": order_id, "changedAt": changed_at, "lastDateChange": "2026-01-15T11:30:00", "changedBy": "clerk",
            "numberOrder": f"V-{number % keys}", "customerId": number % keys + 1, "orderDate": START.isoformat(),
            "orderStatus": number % 5, "paymentType": 2, "depositedAmount": "0", "deliveryMethodId": 1,
            "descriptions": "Подзвонити перед доставкою, склад працює до шостої", "lines": lines, "payments": [],
        }  # fmt: skip
        return _event(number, "/vms", "vms.order.updated", order_id, body)

    return make


def keycrm_orders(keys: int) -> Callable[[int], Raw]:
    """What the ingress makes of KeyCRM's webhooks about so many orders; each tells something new."""

    def make(number: int) -> Raw:
        order_id = 900_000 + number % keys
        updated_at = (START + timedelta(milliseconds=number)).isoformat()
        body = {
            "orderId": order_id, "kind": "status-changed", "statusId": number % 19 + 1, "paymentsTotal": "0",
            "updatedAt": updated_at, "statusChangedAt": updated_at,
        }  # fmt: skip
        return _event(number, "/keycrm/webhook", "keycrm.order.status-changed", str(order_id), body)

    return make


def sync_events(number: int) -> Raw:
    """What we tell ourselves."""
    body = {"entity": "order", "bindingId": number, "side": "vms", "fields": ["status"], "actor": "sync"}
    return _event(number, "/sync", "sync.updated", f"order/{number}", body)


def _event(number: int, source: str, type_: str, subject: str, body: object) -> Raw:
    envelope = Envelope(
        id=f"bench-{number}", source=source, type=type_, subject=subject, time=START + timedelta(milliseconds=number),
        body=orjson.dumps(body), traceparent=f"00-{number + 1:032x}-{number + 1:016x}-01",
        correlation_id=f"{number:032x}",
    )  # fmt: skip
    headers, encoded = encode(envelope)
    return Raw(subject.encode(), headers, encoded)


def own_topic(name: str, partitions: int) -> Topic:
    """A topic that nobody else reads."""
    return Topic(f"bench-{secrets.token_hex(4)}.{name}", "as sent", "bench", partitions=partitions)


def fill(bootstrap: str, topic: Topic, make: Callable[[int], Raw], number: int) -> None:
    """Make the topic and write so many records, in batches as a busy producer does."""
    asyncio.run(_fill(bootstrap, topic, map(make, range(number))))


async def _fill(bootstrap: str, topic: Topic, records: Iterable[Raw]) -> None:
    await topics.create(bootstrap, 1, topics=[topic])
    producer = AIOKafkaProducer(bootstrap_servers=bootstrap, acks="all", max_batch_size=1024 * 1024, linger_ms=5)
    await producer.start()
    try:
        for batch in _in_batches(iter(records)):
            sent = [await producer.send(topic.name, one.body, one.key, headers=one.headers) for one in batch]
            await asyncio.gather(*sent)
    finally:
        await producer.stop()


def _in_batches(records: Iterator[Raw]) -> Iterator[list[Raw]]:
    while batch := list(islice(records, BATCH * 8)):
        yield batch


def dead_letter(record: Raw, topic: str, offset: int) -> Raw:
    """The same record as a service gives it up."""
    headers, body = DeadLetter(
        topic=topic, partition=0, offset=offset, key=record.key, body=record.body, headers=tuple(record.headers),
        reason="permanent", error="field 'status' has no pair", attempts=1, first_failed_at=START,
    ).encode()  # fmt: skip
    return Raw(record.key, [(name, value or b"") for name, value in headers], body)
