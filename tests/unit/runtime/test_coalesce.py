"""Records of many callers go out together, in order; who gives up or fails costs nobody else anything."""

from __future__ import annotations

import asyncio
from typing import Any, cast

import pytest
from aiokafka import AIOKafkaProducer
from aiokafka.errors import NotEnoughReplicasError

from libs.runtime.coalesce import LARGE_BYTES, Coalescer


class Cluster:
    """A topic of one partition."""

    def add_listener(self, listener: object) -> None:
        """It never changes."""

    def partitions_for_topic(self, topic: str) -> set[int]:
        """Only number 0."""
        return {0}

    def available_partitions_for_topic(self, topic: str) -> set[int]:
        """The same."""
        return {0}


class Batch:
    """What is put together for one send."""

    def __init__(self, most: int) -> None:
        self.bodies: list[bytes] = []
        self._most = most

    def append(self, *, timestamp: object, key: bytes, value: bytes, headers: object) -> object:
        """As aiokafka's: None when it is full."""
        if len(self.bodies) == self._most:
            return None
        self.bodies.append(value)
        return self.bodies


class Producer:
    """Stands for aiokafka's: keeps what is sent, and answers when the test says so."""

    def __init__(self, most: int = 1000) -> None:
        self.client = self
        self.cluster = Cluster()
        self.sent: list[list[bytes]] = []
        self.answers: list[asyncio.Future[None]] = []
        self._most = most

    def create_batch(self) -> Batch:
        """An empty one."""
        return Batch(self._most)

    async def send_batch(self, batch: Batch, topic: str, *, partition: int) -> asyncio.Future[None]:
        """On its way."""
        return self._sent(batch.bodies)

    async def send(self, topic: str, value: bytes, key: bytes, partition: int, **_: Any) -> asyncio.Future[None]:
        """One alone, on its way."""
        return self._sent([value])

    def _sent(self, bodies: list[bytes]) -> asyncio.Future[None]:
        self.sent.append(bodies)
        self.answers.append(asyncio.get_running_loop().create_future())
        return self.answers[-1]


def coalescer(producer: Producer) -> Coalescer:
    """What is tested."""
    return Coalescer(cast(AIOKafkaProducer, producer))


async def turn() -> None:
    """Let everything that can go on go on."""
    for _ in range(20):
        await asyncio.sleep(0)


async def test_what_comes_while_a_batch_is_on_its_way_goes_with_the_next_in_order() -> None:
    """Nobody waits for a timer: the first goes alone and at once."""
    producer = Producer()
    way = coalescer(producer)
    first = way.send("t", b"k", [], b"1")
    await turn()
    others = [way.send("t", b"k", [], b"%d" % number) for number in (2, 3, 4)]
    await turn()
    assert (producer.sent, first.done()) == ([[b"1"]], False)

    producer.answers[0].set_result(None)
    await turn()
    assert (producer.sent, first.done(), others[0].done()) == ([[b"1"], [b"2", b"3", b"4"]], True, False)

    producer.answers[1].set_result(None)
    await way.drained()
    assert all(other.done() and other.exception() is None for other in others)


async def test_a_record_whose_caller_has_given_up_before_its_turn_is_not_sent() -> None:
    """A webhook that was answered 503 comes again: its record would be a second one."""
    producer = Producer()
    way = coalescer(producer)
    way.send("t", b"k", [], b"1")
    await turn()
    gone, stays = way.send("t", b"k", [], b"2"), way.send("t", b"k", [], b"3")
    gone.cancel()

    producer.answers[0].set_result(None)
    await turn()
    producer.answers[1].set_result(None)
    await way.drained()

    assert producer.sent == [[b"1"], [b"3"]]
    assert stays.done()


async def test_a_failure_is_told_to_each_caller_of_its_batch_and_those_behind_go_on() -> None:
    """Each error is its caller's own; a record that is too large is nobody else's fault."""
    producer = Producer()
    way = coalescer(producer)
    one, two = way.send("t", b"k", [], b"1"), way.send("t", b"k", [], b"2")
    await turn()
    behind = way.send("t", b"k", [], b"3")

    producer.answers[0].set_exception(NotEnoughReplicasError())
    await turn()
    errors = [one.exception(), two.exception()]
    producer.answers[1].set_result(None)
    await way.drained()

    assert [type(error) for error in errors] == [NotEnoughReplicasError] * 2
    assert errors[0] is not errors[1]
    assert producer.sent == [[b"1", b"2"], [b"3"]]
    assert behind.done()
    assert behind.exception() is None


async def test_a_large_record_goes_alone_and_in_its_turn() -> None:
    """A broker refuses a whole batch for one record that is too large."""
    producer = Producer()
    way = coalescer(producer)
    large = b"x" * LARGE_BYTES
    for body in (b"1", large, b"2"):
        way.send("t", b"k", [], body)

    for number in range(3):
        await turn()
        producer.answers[number].set_result(None)
    await way.drained()

    assert producer.sent == [[b"1"], [large], [b"2"]]


async def test_a_full_batch_leaves_the_rest_for_the_next() -> None:
    """Nothing is lost at the edge."""
    producer = Producer(most=2)
    way = coalescer(producer)
    for number in (1, 2, 3):
        way.send("t", b"k", [], b"%d" % number)

    for number in range(2):
        await turn()
        producer.answers[number].set_result(None)
    await way.drained()

    assert producer.sent == [[b"1", b"2"], [b"3"]]


async def test_what_is_given_up_at_the_end_is_told() -> None:
    """The process stops while the broker is away: no caller waits for ever."""
    producer = Producer()
    way = coalescer(producer)
    on_its_way = way.send("t", b"k", [], b"1")
    await turn()
    behind = way.send("t", b"k", [], b"2")

    await way.cancel()

    assert on_its_way.cancelled()
    assert behind.cancelled()
    with pytest.raises(asyncio.CancelledError):
        await behind
