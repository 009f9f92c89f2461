"""What happens by itself when time passes; the intervals are scaled down."""

from __future__ import annotations

import asyncio
from dataclasses import replace

from notifier.hub.limits import Limits
from notifier.hub.timer import SILENT
from tests.component.hub import official
from tests.component.hub.hosting import TOKEN, hosting
from tests.component.hub.raw import HUB, asking, call, hear, negotiated, shaken, socket, until_closed
from tests.component.runtime.rig import until

QUICK = Limits(
    ping_seconds=0.4, client_seconds=2, handshake_seconds=1.5, poll_seconds=0.4, absent_seconds=2, look_seconds=0.05,
    leave_seconds=0.3,
)  # fmt: skip


async def test_a_quiet_client_is_pinged_and_a_silent_one_is_told_and_let_go() -> None:
    """Pings while nothing else is said; whoever answers them stays; whoever says nothing may come back."""
    async with hosting(QUICK) as hosted, shaken(hosted) as silent, shaken(hosted) as alive:
        for _ in range(6):
            assert await hear(alive, 5) == [{"type": 6}]
            await alive.send('{"type":6}\x1e')
        heard = await until_closed(silent)
        assert (await call(alive, "echo", "still here"))["result"] == "still here"

    assert heard[:2] == [{"type": 6}, {"type": 6}]
    assert heard[-1] == {"type": 7, "error": SILENT, "allowReconnect": True}


async def test_any_byte_of_a_client_keeps_it_alive() -> None:
    """Also of a message that is not whole yet, twice as long as a silent client is waited for."""
    async with hosting(QUICK) as hosted, shaken(hosted) as ws:
        for byte in b'{"type":6, "x":"':
            await ws.send(bytes([byte]))
            await asyncio.sleep(2 * QUICK.client_seconds / 16)
        await ws.send('"}\x1e')
        assert (await call(ws, "echo", "still here"))["result"] == "still here"


async def test_no_ping_where_something_was_said() -> None:
    """Pings are for silence only."""
    async with hosting(replace(QUICK, client_seconds=10)) as hosted, shaken(hosted) as ws:
        await call(ws, "subscribe", "orders")
        for number in range(12):
            hosted.publish("orders", number)
            await asyncio.sleep(0.05)
        told = [message for _ in range(12) for message in await hear(ws)]
    assert [message["type"] for message in told] == [1] * 12


async def test_a_handshake_that_does_not_come_ends_the_connection() -> None:
    """On every transport, and for one that was negotiated and never used; nothing is left."""
    async with hosting(QUICK) as hosted, asking(hosted) as http, socket(hosted) as ws:
        for _ in range(5):
            await negotiated(http)
        polled = {"id": (await negotiated(http))["connectionToken"]}
        await http.get(HUB, params=polled)
        streamed = (await negotiated(http))["connectionToken"]
        async with http.stream("GET", HUB, params={"id": streamed}, headers={"Accept": "text/event-stream"}) as answer:
            assert len(hosted.hub.registry) > 3
            assert await answer.aread() == b":\r\n"
        assert await until_closed(ws) == []
        await until(lambda: not len(hosted.hub.registry), 5)


async def test_an_idle_client_stays_connected_on_every_transport() -> None:
    """Longer than two pings, longer than the server's patience, longer than one poll; then a call and an event."""
    limits = replace(QUICK, ping_seconds=0.5, client_seconds=3, poll_seconds=0.7)
    async with hosting(limits) as hosted:
        running = asyncio.create_task(official.run("idle.cjs", hosted.url, TOKEN, "4000", "500", "3000"))
        await until(lambda: sum("orders" in one.groups for one in hosted.hub.registry) == 5, 20)
        await asyncio.sleep(3)
        while not running.done():
            hosted.publish("orders", 1)
            await asyncio.sleep(0.2)
        told = await running
    assert list(told.values()) == [{"answered": "after idling", "heard": True, "lost": 0}] * 5
