"""The hub stops and another begins at the same address, as at every deployment."""

from __future__ import annotations

import asyncio
import time

import pytest
from websockets.exceptions import InvalidStatus

from notifier.hub.limits import Limits
from tests.component.hub import official
from tests.component.hub.hosting import TOKEN, Hosted, hosting
from tests.component.hub.raw import HUB, SHAKE, asking, negotiated, shaken, socket, until_closed
from tests.component.runtime.rig import until


def listening(hosted: Hosted) -> int:
    """How many clients listen to orders."""
    return sum("orders" in one.groups for one in hosted.hub.registry)


async def test_every_client_comes_back_after_a_restart_and_hears_each_event_once() -> None:
    """All transports and protocols: told to come back, reconnected, subscribed again; no copy of an event."""
    async with hosting(Limits()) as first:
        running = asyncio.create_task(official.run("reconnect.cjs", first.url, TOKEN))
        await until(lambda: listening(first) == 5, 20)
        first.publish("orders", 1)
        await asyncio.sleep(0.3)
        port = first.port
    async with hosting(Limits(), port=port) as second:
        await until(lambda: listening(second) == 5, 20)
        second.publish("orders", 2)
        second.publish("orders", 99)
        told = await running
    assert list(told.values()) == [{"stages": ["reconnecting", "reconnected"], "numbers": [1, 2, 99]}] * 5


async def test_a_stop_tells_every_client_to_come_back_and_takes_seconds() -> None:
    """A WebSocket, a stream and a waiting poll are open: each gets its last word and its end; nothing new begins."""
    async with hosting(Limits()) as hosted, asking(hosted) as http, shaken(hosted) as ws, socket(hosted) as unshaken:
        streamed = {"id": (await negotiated(http))["connectionToken"]}
        polled = {"id": (await negotiated(http))["connectionToken"]}
        await http.get(HUB, params=polled)
        await http.post(HUB, params=polled, content=SHAKE)
        assert (await http.get(HUB, params=polled)).content == b"{}\x1e"
        poll = asyncio.create_task(http.get(HUB, params=polled))
        async with http.stream("GET", HUB, params=streamed, headers={"Accept": "text/event-stream"}) as stream:
            await http.post(HUB, params=streamed, content=SHAKE)
            await until(lambda: sum(one.is_open for one in hosted.hub.registry) == 3, 5)
            began = time.monotonic()
            hosted.stopping.set()
            await until(lambda: hosted.hub.is_stopping, 5)
            refused = await http.post(f"{HUB}/negotiate")
            with pytest.raises(InvalidStatus) as late:
                await socket(hosted).__aenter__()
            assert late.value.response.status_code == 503
            word = b'{"type":7,"allowReconnect":true}\x1e'
            assert (await stream.aread()).endswith(b"data: " + word + b"\r\n\r\n")
            assert (await poll).content == word
            assert (await http.get(HUB, params=polled)).status_code == 204
            assert await until_closed(ws) == [{"type": 7, "allowReconnect": True}]
            assert await until_closed(unshaken) == []
        await until(lambda: not len(hosted.hub.registry), 5)
        assert time.monotonic() - began < 8
        assert (refused.status_code, refused.headers["retry-after"]) == (503, "2")


async def test_a_client_that_hears_nothing_does_not_hold_up_a_stop() -> None:
    """Somebody who never polls again is let go after the time for last words."""
    async with hosting(Limits(leave_seconds=0.5)) as hosted, asking(hosted) as http:
        polled = {"id": (await negotiated(http))["connectionToken"]}
        await http.get(HUB, params=polled)
        await http.post(HUB, params=polled, content=SHAKE)
        await http.get(HUB, params=polled)
        hosted.stopping.set()
        await until(lambda: not len(hosted.hub.registry), 5)
