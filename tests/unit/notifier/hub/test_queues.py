"""Connections, writers and the broadcaster, without a server."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Coroutine, MutableMapping
from types import ModuleType
from typing import Any

import pytest

from libs.contracts.access import Person, Role
from notifier.hub import eager, json_protocol, msgpack_protocol
from notifier.hub import messages as m
from notifier.hub.connection import Connection
from notifier.hub.core import Hub
from notifier.hub.handshake import form
from notifier.hub.limits import Limits
from notifier.hub.pushing import Pushing
from notifier.hub.timer import Timer

SMALL = Limits(queue_bytes=500, stream_bytes=100)


class Client:
    """A transport that remembers what it was given and can refuse to take more."""

    def __init__(self, hub: Hub, role: Role = Role.VIEWER, protocol: ModuleType = json_protocol) -> None:
        self.got: list[bytes] = []
        self.takes = asyncio.Event()
        self.takes.set()
        self.is_finished = False
        self.connection: Connection = hub.registry.add(Person(role.value, role), is_secret=True)
        self.connection.transport = Pushing("websockets", self.connection, self._send, _wrap, {"type": "end"})
        self.connection.protocol, self.connection.is_open = protocol, True
        self.connection.form = form(protocol, sees_personal=self.connection.sees_personal)
        hub.groups.join(self.connection, ["orders"])

    async def _send(self, event: MutableMapping[str, Any]) -> None:
        await self.takes.wait()
        if event["type"] == "end":
            self.is_finished = True
        else:
            self.got.append(event["data"])


def _wrap(data: bytes) -> dict[str, Any]:
    return {"type": "data", "data": data}


def events(client: Client) -> list[object]:
    """The arguments of all it was told."""
    return [
        message.arguments[0]
        for data in client.got
        for message in json_protocol.Reader(Limits()).feed(data)
        if isinstance(message, m.Invocation)
    ]


async def test_what_is_said_in_one_turn_leaves_as_one_write() -> None:
    """Ten events, one write for each client, in order."""
    hub = Hub(lambda: 0.0)
    clients = [Client(hub) for _ in range(3)]
    for number in range(10):
        assert hub.publish(["orders"], {True: number, False: number}) == 3
    await asyncio.sleep(0)
    for client in clients:
        assert len(client.got) == 1
        assert events(client) == list(range(10))


async def test_an_event_is_written_once_for_each_protocol_and_view(monkeypatch: pytest.MonkeyPatch) -> None:
    """However many listen; viewers get their own version."""
    hub = Hub(lambda: 0.0)
    clients = [Client(hub, role) for role in (Role.VIEWER, Role.OPERATOR, Role.ADMIN) for _ in range(5)]
    binary = [Client(hub, Role.ADMIN, msgpack_protocol) for _ in range(5)]
    hub.publish(["orders", "order:5"], {True: {"actor": "Олена"}, False: {"actor": None}})
    await asyncio.sleep(0)
    assert [events(client) for client in clients] == [[{"actor": None}]] * 5 + [[{"actor": "Олена"}]] * 10
    assert len({id(client.got[0]) for client in clients[:5]}) == 1
    assert len({id(client.got[0]) for client in clients[5:]}) == 1
    assert len({id(client.got[0]) for client in binary}) == 1


async def test_a_client_that_takes_nothing_is_dropped_alone() -> None:
    """At the bound; the other has everything, nothing more is kept for the slow one, and soon nothing is left of it."""
    moments = [0.0]
    hub = Hub(lambda: moments[0], SMALL)
    stuck, healthy = Client(hub), Client(hub)
    stuck.takes.clear()
    for number in range(20):
        hub.publish(["orders"], {True: number, False: number})
        await asyncio.sleep(0)
        assert stuck.connection.queued <= SMALL.queue_bytes
    assert events(healthy) == list(range(20))
    assert (stuck.connection.is_closing, len(stuck.connection.queue)) == (True, 1)
    moments[0] = SMALL.leave_seconds + 1
    Timer(hub.registry, SMALL, hub.moment).look()
    assert (stuck.connection.is_over, stuck.connection.why) == (True, "slow")
    assert (len(hub.registry), stuck.connection.queue, stuck.connection.groups) == (
        1,
        [],
        set(),
    )
    await asyncio.sleep(0)


async def test_a_slow_client_that_listens_again_in_time_is_told_why_it_is_let_go() -> None:
    """What it did not take is given up; it hears a Close that lets it come back, and the end."""
    hub = Hub(lambda: 0.0, SMALL)
    slow = Client(hub)
    slow.takes.clear()
    while not slow.connection.is_closing:
        hub.publish(["orders"], {True: 1, False: 1})
        await asyncio.sleep(0)
    slow.takes.set()
    for _ in range(5):
        await asyncio.sleep(0)
    first, last = list(json_protocol.Reader(Limits()).feed(b"".join(slow.got)))
    assert isinstance(first, m.Invocation)
    assert isinstance(last, m.Close)
    assert "too slowly" in (last.error or "")
    assert slow.got[-1].endswith(b'"allowReconnect":true}\x1e')
    assert slow.is_finished


async def test_the_last_word_comes_behind_all_that_waits_and_nothing_after_it() -> None:
    """Close, then the end of the transport; what is said later is not queued."""
    hub = Hub(lambda: 0.0)
    client = Client(hub)
    hub.publish(["orders"], {True: 1, False: 1})
    client.connection.close("stopping", allow_reconnect=True)
    hub.publish(["orders"], {True: 2, False: 2})
    client.connection.say(m.Ping())
    await asyncio.sleep(0)
    told = list(json_protocol.Reader(Limits()).feed(b"".join(client.got)))
    assert [type(one) for one in told] == [m.Invocation, m.Close]
    assert client.got[-1].endswith(b'"allowReconnect":true}\x1e')
    assert client.is_finished


async def test_joining_twice_is_once_and_an_empty_group_is_none() -> None:
    """Members of several groups hear an event once."""
    hub = Hub(lambda: 0.0)
    client = Client(hub)
    hub.groups.join(client.connection, ["orders", "health", "health"])
    assert hub.publish(["orders", "health", "conflicts"], {True: 1, False: 1}) == 1
    await asyncio.sleep(0)
    assert events(client) == [1]
    hub.groups.leave(client.connection, ["health", "health", "nobody's"])
    client.connection.drop("gone")
    assert len(hub.groups) == 0


async def _begun(work: Coroutine[Any, Any, None]) -> None:
    """Its first step here, by hand; the rest in whatever task awaits this."""
    await eager.go_on(work, work.send(None))


@pytest.mark.parametrize("waits", [1, 3])
async def test_work_whose_first_step_was_made_by_hand_goes_on_in_a_task(waits: int) -> None:
    """From where it waited first, through every further wait, to its end."""
    done: list[int] = []

    async def work() -> None:
        for number in range(waits):
            done.append(number)
            await asyncio.sleep(0.001)
        done.append(waits)

    await asyncio.create_task(_begun(work()))
    assert done == list(range(waits + 1))


@pytest.mark.parametrize("stage", ["first", "later"])
async def test_begun_work_can_be_cancelled(stage: str) -> None:
    """At its first wait and at a later one; its own clean-up runs, and a wait inside that too."""
    cleaned: list[str] = []

    async def work(wait: Callable[[], Awaitable[None]]) -> None:
        try:
            if stage == "later":
                await asyncio.sleep(0)
            await wait()
        finally:
            await asyncio.sleep(0)
            cleaned.append("yes")

    never = asyncio.Event()

    async def wait() -> None:
        await never.wait()

    task = asyncio.create_task(_begun(work(wait)))
    await asyncio.sleep(0.01)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert cleaned == ["yes"]
