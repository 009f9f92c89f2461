"""VMS's events reach a real Kafka: binary CloudEvents, in order, none lost while the broker is away."""

from __future__ import annotations

import asyncio
import contextlib
import json
from collections.abc import AsyncIterator
from typing import Any

import httpx
import pytest_asyncio
from aiokafka import AIOKafkaConsumer, TopicPartition

from deploy.topics import create
from libs.contracts.envelope import decode
from libs.contracts.topics import FROM_VMS
from sandbox.stack import Stack
from sandbox.vms.app import create_app
from sandbox.vms.system import Vms
from tests.sandbox_vms import VmsSide
from tests.serving import serving

Record = Any
PLACES = [TopicPartition(topic.name, place) for topic in FROM_VMS for place in range(topic.partitions)]


@contextlib.asynccontextmanager
async def a_vms(bootstrap: str, first_id: int) -> AsyncIterator[VmsSide]:
    """VMS that sends to this broker; its numbers begin where no other test's do."""
    async with serving(create_app(Vms("shop"), bootstrap)) as address, httpx.AsyncClient(base_url=address) as client:
        side = VmsSide(client)
        await side.admin("POST", "/reset", {"firstId": first_id})
        yield side


@pytest_asyncio.fixture
async def reader(kafka_bootstrap: str) -> AsyncIterator[AIOKafkaConsumer]:
    """A consumer of VMS's topics that begins at their present ends."""
    await create(kafka_bootstrap, 1)
    consumer = AIOKafkaConsumer(bootstrap_servers=kafka_bootstrap)
    await consumer.start()
    try:
        consumer.assign(PLACES)
        for place, end in (await consumer.end_offsets(PLACES)).items():
            consumer.seek(place, end)
        yield consumer
    finally:
        await consumer.stop()


async def records(reader: AIOKafkaConsumer, count: int, seconds: float = 30) -> list[Record]:
    """The next `count` records, and a moment's look that there are no more."""
    found: list[Record] = []
    async with asyncio.timeout(seconds):
        while len(found) < count:
            found.append(await reader.getone())
    with contextlib.suppress(TimeoutError):
        found.append(await asyncio.wait_for(reader.getone(), 0.3))
    return found


async def test_events_arrive_as_binary_cloudevents(kafka_bootstrap: str, reader: AIOKafkaConsumer) -> None:
    """Attributes in ce_ headers, the JSON alone in the body, the entity's id as the key, all as it was listed."""
    async with a_vms(kafka_bootstrap, 1_000) as vms:
        customer = await vms.customer()
        order = await vms.order(customer["customerId"])
        await vms.admin("PUT", "/articles/1001/stock", {"warehouse": "main", "quantity": 7})
        listed = await vms.events()
        found = await records(reader, 3)
        assert {event["is_sent"] for event in await vms.events()} == {True}
        assert (await vms.admin("GET", "/health"))["is_kafka_connected"] is True

    by_type = {
        envelope.type: (record, envelope) for record in found for envelope in [decode(record.headers, record.value)]
    }
    for event in listed:
        record, envelope = by_type[event["type"]]
        assert (record.topic, record.key.decode()) == (event["topic"], event["key"])
        assert (envelope.id, envelope.time.isoformat(), envelope.subject) == (event["id"], event["time"], event["key"])
        assert json.loads(record.value) == event["data"]
        assert dict(record.headers)["content-type"].startswith(b"application/json")
    assert by_type["vms.order.created"][0].key == order["orderId"].encode()


async def test_events_can_be_structured(kafka_bootstrap: str, reader: AIOKafkaConsumer) -> None:
    """Another binding's mode: the attributes in the body; a reader gets the same event."""
    async with a_vms(kafka_bootstrap, 2_000) as vms:
        await vms.turn(event_mode="structured")
        await vms.customer()
        [listed] = await vms.events()
        [record] = await records(reader, 1)

    envelope = decode(record.headers, record.value)
    assert not any(name.startswith("ce_") for name, _ in record.headers)
    assert (envelope.id, envelope.type, envelope.subject) == (listed["id"], "vms.customer.created", "2000")
    assert json.loads(envelope.body) == listed["data"]


async def test_many_events_of_one_key_keep_their_order(kafka_bootstrap: str, reader: AIOKafkaConsumer) -> None:
    """A thousand counts of one article, more than one batch, arrive as they were made."""
    quantities = [float(n) for n in range(1_200)]
    async with a_vms(kafka_bootstrap, 3_000) as vms:
        stock = [{"sku": "DEMO-MUG", "warehouse": "main", "quantity": quantity} for quantity in quantities]
        await vms.admin("PUT", "/levels", {"stock": stock})
        found = await records(reader, len(quantities))

    assert [json.loads(record.value)["stock"][0]["quantity"] for record in found] == quantities


async def test_events_wait_for_the_knob(kafka_bootstrap: str, reader: AIOKafkaConsumer) -> None:
    """Nothing is sent while `emit` is off; all of it, in order, when it is on again."""
    async with a_vms(kafka_bootstrap, 4_000) as vms:
        await vms.turn(emit=False)
        await vms.customer()
        await vms.admin("PATCH", "/customers/4000", {"city": "Київ"})
        await asyncio.sleep(0.5)
        assert (await vms.admin("GET", "/health"))["events_waiting"] == 2
        assert [event["is_sent"] for event in await vms.events()] == [False, False]
        await vms.turn(emit=True)
        found = await records(reader, 2)

    types = [decode(record.headers, record.value).type for record in found]
    assert types == ["vms.customer.created", "vms.customer.updated"]


async def test_a_replay_is_sent_with_its_old_id_and_time(kafka_bootstrap: str, reader: AIOKafkaConsumer) -> None:
    """What readers see after VMS restored a backup."""
    async with a_vms(kafka_bootstrap, 5_000) as vms:
        await vms.customer()
        await vms.admin("POST", "/events/replay", {"n": [await vms.last_event_number()]})
        old, again = [decode(record.headers, record.value) for record in await records(reader, 2)]

    assert (old.id, old.time, old.body) == (again.id, again.time, again.body)


async def test_events_outlive_a_broker_outage(breakable_stack: Stack, reader: AIOKafkaConsumer) -> None:
    """Changes made while the broker is away arrive afterwards: none lost, none out of order."""
    kafka = breakable_stack.kafka
    async with a_vms(breakable_stack.kafka_bootstrap, 6_000) as vms:
        await vms.customer(city="0")
        await records(reader, 1)
        await asyncio.to_thread(kafka.stop, kill=True)
        for n in (1, 2, 3):
            await vms.admin("PATCH", "/customers/6000", {"city": str(n)})
        await asyncio.sleep(6)  # longer than a record may wait before it fails
        await vms.admin("PATCH", "/customers/6000", {"city": "4"})
        assert (await vms.admin("GET", "/health"))["events_waiting"] >= 1
        await asyncio.to_thread(kafka.start)

        cities: list[str] = []
        async with asyncio.timeout(60):
            while "4" not in cities:
                cities.append(json.loads((await reader.getone()).value)["city"])
        assert {event["is_sent"] for event in await vms.events()} == {True}

    # At least once: a repeat is allowed, a gap or a lasting change of order is not.
    assert list(dict.fromkeys(cities)) == ["1", "2", "3", "4"]
