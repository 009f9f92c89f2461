"""The outbox and its relay, on a real broker: one at a time, in order, at least once, nothing lost."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from contextlib import AbstractAsyncContextManager
from datetime import datetime

import pytest
from aiokafka import AIOKafkaConsumer

from libs.runtime.database import Connection, Database, open_connection
from libs.runtime.errors import PermanentError, WorldUnavailable
from libs.runtime.publish import Outgoing, Publisher
from libs.runtime.settings import DatabaseSettings
from libs.state import outbox
from libs.state.relay import Relay
from tests.component.state.world import NOW, at


def message(topic: str, number: int, key: str = "k") -> Outgoing:
    """One small message."""
    return Outgoing(
        topic, key.encode(), (("ce_id", str(number).encode()), ("odd", b"\xff"), ("null", None)), b"%d" % number
    )


async def put(database: Database, messages: Sequence[Outgoing], now: datetime = NOW) -> None:
    """Commit messages."""
    async with database.transaction() as conn:
        await outbox.add(conn, messages, now)


class Sent:
    """A publisher that notes what it was given, and fails when it is told to."""

    def __init__(self) -> None:
        self.messages: list[Outgoing] = []
        self.fails: list[Exception] = []
        self.refused: set[bytes | None] = set()

    async def publish(self, messages: Sequence[Outgoing]) -> None:
        """Note them all, or fail first."""
        if self.fails:
            raise self.fails.pop(0)
        if any(one.body in self.refused for one in messages):
            raise PermanentError("the record is larger than its topic takes", code="too-large")
        self.messages += messages

    @property
    def bodies(self) -> list[bytes | None]:
        """What was published, in order."""
        return [one.body for one in self.messages]


@pytest.fixture
def connect(settings: DatabaseSettings) -> Callable[[], AbstractAsyncContextManager[Connection]]:
    """A connection of its own for each relay."""
    return lambda: open_connection(settings, "test-relay")


async def is_empty(conn: Connection) -> bool:
    """Whether everything was relayed."""
    return (await outbox.size(conn))[0] == 0


async def emptied(conn: Connection) -> None:
    """Wait until everything was relayed."""
    for _ in range(400):
        if await is_empty(conn):
            return
        await asyncio.sleep(0.05)
    raise AssertionError("the outbox was not emptied within twenty seconds")


async def test_what_is_committed_is_published_in_order(
    conn: Connection,
    database: Database,
    connect: Callable[[], AbstractAsyncContextManager[Connection]],
    kafka_bootstrap: str,
    new_topic: Callable[..., Awaitable[str]],
) -> None:
    """On a real broker: every committed message once, with its key, headers and order; a rolled back one never."""
    topic = await new_topic("sync")
    await put(database, [message(topic, number) for number in range(250)])
    rolled_back = conn.transaction()
    await rolled_back.start()
    await outbox.add(conn, [message(topic, 666)], NOW)
    await rolled_back.rollback()
    stopping = asyncio.Event()
    async with Publisher(kafka_bootstrap, "test-relay") as publisher:
        running = asyncio.create_task(Relay(connect, publisher.publish_all).run(stopping))
        await emptied(conn)
        await put(database, [message(topic, 250)])
        await emptied(conn)
        stopping.set()
        await asyncio.wait_for(running, 5)

    read = await _read(kafka_bootstrap, topic, 251)
    assert [body for _, body, _ in read] == [b"%d" % number for number in range(251)]
    assert read[0] == (b"k", b"0", (("ce_id", b"0"), ("odd", b"\xff"), ("null", None)))


async def _read(
    bootstrap: str, topic: str, count: int
) -> list[tuple[bytes, bytes, tuple[tuple[str, bytes | None], ...]]]:
    consumer = AIOKafkaConsumer(topic, bootstrap_servers=bootstrap, auto_offset_reset="earliest")
    await consumer.start()
    try:
        found = [await asyncio.wait_for(consumer.getone(), 20) for _ in range(count)]
    finally:
        await consumer.stop()
    return [(record.key, record.value, tuple(record.headers)) for record in found]


async def test_a_crash_between_publish_and_delete_repeats_and_loses_nothing(
    conn: Connection, database: Database
) -> None:
    """The process dies after the broker has acknowledged: the next relay publishes the batch again."""
    await put(database, [message("t", number) for number in range(3)])
    sent = Sent()

    async def publish_and_die(messages: Sequence[Outgoing]) -> None:
        await sent.publish(messages)
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        await Relay(_unused, publish_and_die).relay_once(conn)
    assert await Relay(_unused, sent.publish).relay_once(conn) == 3

    assert sent.bodies == [b"0", b"1", b"2"] * 2
    assert await is_empty(conn)


def _unused() -> AbstractAsyncContextManager[Connection]:
    raise AssertionError("relay_once is given its connection")


async def test_only_one_relay_works_and_another_takes_over(
    conn: Connection, database: Database, connect: Callable[[], AbstractAsyncContextManager[Connection]]
) -> None:
    """Three services run a relay: one publishes; when its connection ends, the next one does."""
    relays = [Sent() for _ in range(3)]
    events = [asyncio.Event() for _ in relays]
    running = [
        asyncio.create_task(Relay(connect, one.publish).run(stop)) for one, stop in zip(relays, events, strict=True)
    ]
    for number in range(5):
        await put(database, [message("t", number)])
        await emptied(conn)
    workers = [one for one in relays if one.messages]
    assert len(workers) == 1
    events[relays.index(workers[0])].set()
    await asyncio.wait_for(running[relays.index(workers[0])], 5)
    await put(database, [message("t", 99)])
    await emptied(conn)

    assert [one.bodies for one in relays if one is not workers[0] and one.messages] == [[b"99"]]
    for stop in events:
        stop.set()
    await asyncio.wait_for(asyncio.gather(*running), 5)


async def test_a_broker_that_is_away_is_waited_for(
    conn: Connection, database: Database, connect: Callable[[], AbstractAsyncContextManager[Connection]]
) -> None:
    """Nothing is skipped and nothing is deleted while the broker does not acknowledge."""
    await put(database, [message("t", number) for number in range(3)])
    sent = Sent()
    sent.fails = [WorldUnavailable("kafka: away", partner="broker")] * 2
    stopping = asyncio.Event()
    running = asyncio.create_task(Relay(connect, sent.publish).run(stopping))
    await emptied(conn)
    stopping.set()
    await asyncio.wait_for(running, 5)

    assert sent.bodies == [b"0", b"1", b"2"]


async def test_a_message_the_broker_never_takes_holds_nobody_up(conn: Connection, database: Database) -> None:
    """It is kept aside with its reason; what came before and after it is published in order."""
    await put(database, [message("t", number) for number in range(4)])
    sent = Sent()
    sent.refused = {b"2"}
    await Relay(_unused, sent.publish).relay_once(conn)

    assert sent.bodies == [b"0", b"1", b"3"]
    assert await is_empty(conn)
    assert await conn.fetchval("SELECT refused FROM outbox") == "the record is larger than its topic takes"


async def test_a_relay_outlives_a_lost_connection(
    conn: Connection,
    database: Database,
    connect: Callable[[], AbstractAsyncContextManager[Connection]],
    database_owner_url: str,
) -> None:
    """Its connection is ended by the server: it connects again, takes the lock again, and goes on."""
    sent = Sent()
    stopping = asyncio.Event()
    running = asyncio.create_task(Relay(connect, sent.publish).run(stopping))
    await put(database, [message("t", 0)])
    await emptied(conn)
    await conn.execute(
        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
        "WHERE application_name = 'test-relay' AND datname = current_database()"
    )
    await put(database, [message("t", 1)])
    await emptied(conn)
    stopping.set()
    await asyncio.wait_for(running, 5)

    assert sent.bodies == [b"0", b"1"]


async def test_a_relay_that_is_idle_stops_at_once(
    connect: Callable[[], AbstractAsyncContextManager[Connection]],
) -> None:
    """SIGTERM is not waited out."""
    stopping = asyncio.Event()
    running = asyncio.create_task(Relay(connect, Sent().publish).run(stopping))
    await asyncio.sleep(0.3)
    stopping.set()

    await asyncio.wait_for(running, 0.9)


async def test_the_outbox_tells_how_much_waits_since_when(conn: Connection, database: Database) -> None:
    """The gauge and the alert: a relay that stands still shows."""
    assert await outbox.size(conn) == (0, None)
    await put(database, [message("t", 0)], at(5))
    await put(database, [message("t", 1)], at(9))

    assert await outbox.size(conn) == (2, at(5))
