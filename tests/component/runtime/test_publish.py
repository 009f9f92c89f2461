"""Publishing on a real broker: durable when it returns, refused in time when it cannot be."""

from __future__ import annotations

import asyncio
import time

import pytest
from aiokafka.errors import OutOfOrderSequenceNumber

from libs.runtime import publish
from libs.runtime.errors import PermanentError
from libs.runtime.publish import BrokerAway, Outgoing, Publisher
from sandbox import stack as stacks
from tests.component.runtime.rig import HEADERS, Rig, Seen, customer, until


async def test_what_is_published_arrives_with_key_headers_and_order(rig: Rig) -> None:
    """Many at once under one key: one partition, in their order."""
    seen = Seen()

    async with Publisher(rig.bootstrap, "test") as publisher:
        await publisher.publish_all([Outgoing(rig.topic, b"7", HEADERS, customer(number)) for number in range(50)])
        await publisher.publish(rig.topic, b"7", HEADERS, customer(50))
    async with rig.service(seen.mark):
        await until(lambda: len(seen.marked) == 51)

    assert seen.numbers() == list(range(51))
    assert {received.key for received in seen.marked} == {b"7"}


async def test_many_publishers_at_once_keep_their_promise(rig: Rig) -> None:
    """Two hundred callers, each awaiting its own acknowledgement."""
    async with Publisher(rig.bootstrap, "test") as publisher:
        await asyncio.gather(*(publisher.publish(rig.topic, b"%d" % n, HEADERS, customer(n)) for n in range(200)))
    seen = Seen()
    async with rig.service(seen.mark):
        await until(lambda: len(seen.marked) == 200)

    assert sorted(seen.numbers()) == list(range(200))


async def test_without_a_broker_it_says_so_within_its_limit_and_works_when_the_broker_is_back(
    rig: Rig, breakable_stack: stacks.Stack
) -> None:
    """An ingress answers 503 in time; nothing has to be restarted."""
    async with Publisher(rig.bootstrap, "test", timeout_seconds=1.0) as publisher:
        await publisher.publish(rig.topic, b"7", HEADERS, customer(1))
        await asyncio.to_thread(breakable_stack.kafka.stop)
        started = time.monotonic()
        with pytest.raises(BrokerAway):
            await publisher.publish(rig.topic, b"7", HEADERS, customer(2))
        seconds = time.monotonic() - started
        with pytest.raises(BrokerAway):
            await asyncio.wait_for(publisher.check(), 5)
        await asyncio.to_thread(breakable_stack.kafka.start)
        await until(lambda: published(publisher, rig), seconds=30)
    seen = Seen()
    async with rig.service(seen.mark):
        await until(lambda: {1, 3} <= set(seen.numbers()))

    assert seconds < 2


async def published(publisher: Publisher, rig: Rig) -> bool:
    """Whether a record can be published now."""
    try:
        await publisher.publish(rig.topic, b"7", HEADERS, customer(3))
    except BrokerAway:
        return False
    return True


async def test_starting_needs_no_broker() -> None:
    """Nobody listens there: entering is quick, publishing says away, leaving is quick."""
    started = time.monotonic()
    async with Publisher("127.0.0.1:1", "test", timeout_seconds=0.3) as publisher:
        with pytest.raises(BrokerAway):
            await publisher.publish("t", b"7", [], b"{}")

    assert time.monotonic() - started < 5


async def test_a_topic_that_does_not_exist_is_the_broker_not_being_ready(rig: Rig) -> None:
    """The set-up job has not run yet: wait, never make a topic."""
    async with Publisher(rig.bootstrap, "test", timeout_seconds=1.0) as publisher:
        with pytest.raises(BrokerAway):
            await publisher.publish(f"{rig.name}.nowhere", b"7", HEADERS, b"{}")


async def test_a_record_larger_than_its_topic_takes_is_permanent(rig: Rig) -> None:
    """It would be refused the same way again."""
    async with Publisher(rig.bootstrap, "test") as publisher:
        for size in (1536 * 1024, 3 * 1024 * 1024):  # refused by the broker, refused by the producer
            with pytest.raises(PermanentError) as refused:
                await publisher.publish(rig.topic, b"7", HEADERS, b"x" * size)
            assert refused.value.code == "too-large"
        await publisher.publish(rig.topic, b"7", HEADERS, customer(1))


async def test_a_producer_that_lost_its_sequence_is_replaced(rig: Rig, monkeypatch: pytest.MonkeyPatch) -> None:
    """Every send of the old one would fail for ever; the next publish goes through a new one."""
    send = publish._send
    failures = [OutOfOrderSequenceNumber()]

    async def once_out_of_order(*args: object) -> None:
        if failures:
            raise failures.pop()
        await send(*args)  # type: ignore[arg-type]

    async with Publisher(rig.bootstrap, "test") as publisher:
        await publisher.publish(rig.topic, b"7", HEADERS, customer(1))
        first = publisher._producer
        monkeypatch.setattr(publish, "_send", once_out_of_order)
        with pytest.raises(BrokerAway):
            await publisher.publish(rig.topic, b"7", HEADERS, customer(2))
        await publisher.publish(rig.topic, b"7", HEADERS, customer(3))

        assert publisher._producer is not first
