"""Clients that send nonsense: each is told and let go, nobody else notices, and nothing is left of them."""

from __future__ import annotations

import asyncio
import contextlib
from collections import Counter
from collections.abc import AsyncIterator
from typing import Any

import httpx
import msgpack
import orjson
import pytest
from websockets.asyncio.client import ClientConnection
from websockets.exceptions import ConnectionClosed, InvalidStatus

from libs.runtime import metrics
from notifier.hub.endpoint import Endpoint
from notifier.hub.limits import Limits
from tests.component.hub.hosting import LIMITED, PEOPLE, TOKEN, VIEWER, hosting, make
from tests.component.hub.raw import (
    HUB,
    NEGOTIATE,
    SHAKE,
    SHAKE_BINARY,
    all_until,
    asking,
    call,
    negotiated,
    shaken,
    socket,
    until_closed,
)
from tests.component.runtime.rig import until

BAD_HANDSHAKES = (
    b"x\x1e", b"\x1e", b"{}\x1e", b'{"protocol":"json"}\x1e', b'{"protocol":"xml","version":1}\x1e',
    b'{"protocol":"json","version":9}\x1e', b'{"type":6}\x1e', b"x" * 5000, b"\xff\xfe\x1e", b"[" * 3000 + b"\x1e",
)  # fmt: skip
BAD_MESSAGES = (
    b"x\x1e", b"\x1e", b"[]\x1e", b"{}\x1e", b'{"type":"1"}\x1e', b'{"type":true,"target":"echo"}\x1e',
    b'{"type":1}\x1e', b'{"type":1,"target":7}\x1e', b'{"type":4,"target":"count"}\x1e', b'{"type":5}\x1e',
    b'{"type":1,"target":"echo","invocationId":7}\x1e', b'{"type":1,"target":"echo","streamIds":7}\x1e',
    b"\xc3\x28\x1e", b"x" * 33_000, b'{"type":1,"target":"' + b"e" * 500 + b'"}\x1e',
)  # fmt: skip
BAD_BINARY = (
    b"\x01\xc1", b"\x01\x90", b"\x02\x91\xc3", b"\x01\x2a", b"\xff\xff\xff\xff\x07", b"\xff\xff\xff\xff\xff\x01",
    b"\x81\x80\x02", b"\x03\x96\x01\x80", b"\x02\xd9\xff",
)  # fmt: skip


async def test_what_is_no_handshake_is_answered_with_an_error_and_the_end() -> None:
    """In words, then the connection is closed in order; others go on."""
    async with hosting() as hosted, shaken(hosted) as other:
        for data in BAD_HANDSHAKES:
            async with socket(hosted) as ws:
                await ws.send(data)
                heard = await until_closed(ws)
                assert list(heard[0]) == ["error"], data
                assert ws.close_code == 1000
        assert (await call(other, "echo", 1))["result"] == 1
        await until(lambda: len(hosted.hub.registry) == 1, 5)


async def test_what_is_no_message_is_answered_with_a_close_that_says_why() -> None:
    """Of either protocol, before the connection ends."""
    async with hosting() as hosted, shaken(hosted) as other:
        for data in BAD_MESSAGES:
            async with shaken(hosted) as ws:
                await ws.send(data)
                (said,) = await until_closed(ws)
                assert (said["type"], set(said)) == (7, {"type", "error"}), data
        for data in BAD_BINARY:
            async with socket(hosted) as ws:
                await ws.send(SHAKE_BINARY + data)
                assert await ws.recv() == b"{}\x1e"
                frame = await ws.recv()
                assert isinstance(frame, bytes)
                kind, why, may_come_back = msgpack.unpackb(frame[1:])
                assert (kind, type(why), may_come_back) == (7, str, False), data
        assert (await call(other, "echo", 1))["result"] == 1
        await until(lambda: len(hosted.hub.registry) == 1, 5)


async def test_what_is_only_useless_is_answered_or_ignored_and_the_connection_lives() -> None:
    """Arguments of a wrong shape, private names, unknown types, answers to nothing, a cancel of nothing."""
    useless = (
        b'{"type":1,"target":"__init__","arguments":[]}', b'{"type":1,"target":"on_connected"}',
        b'{"type":1,"target":"echo","arguments":"abc"}', b'{"type":1,"target":"echo","arguments":{}}',
        b'{"type":1,"target":"echo","arguments":' + b"[" * 60 + b"]" * 60 + b"}", b'{"type":1,"target":"echo"}',
        b'{"type":3,"invocationId":"77","result":1}', b'{"type":2,"invocationId":"77","item":1}',
        b'{"type":5,"invocationId":"77"}', b'{"type":8,"sequenceId":1}', b'{"type":9,"sequenceId":1}', b'{"type":99}',
    )  # fmt: skip
    async with hosting() as hosted, shaken(hosted) as ws:
        for data in useless:
            await ws.send(data + b"\x1e")
        for target, arguments in (("subscribe", ()), ("subscribe", (7,)), ("subscribe", ([],)), ("subscribe", ("x",))):
            assert "group" in (await call(ws, target, *arguments))["error"]
        assert "at most 64 groups" in (await call(ws, "subscribe", [f"order:{n}" for n in range(65)]))["error"]
        assert (await call(ws, "echo", 1)) == {"type": 3, "invocationId": "1", "result": 1}


async def test_a_frame_over_the_servers_limit_ends_that_connection_alone() -> None:
    """One of a megabyte, in one frame and cut into many."""
    async with hosting() as hosted, shaken(hosted) as other:
        for data in ("x" * 1_000_000, ["x" * 10_000] * 100):
            async with shaken(hosted) as ws:
                with contextlib.suppress(ConnectionClosed):
                    await ws.send(data)
                await ws.wait_closed()
                assert ws.close_code in (1000, 1009)
        assert (await call(other, "echo", 1))["result"] == 1
        await until(lambda: len(hosted.hub.registry) == 1, 5)


async def test_there_are_never_more_connections_than_the_limits_say() -> None:
    """In all and for one person, negotiated or not; negotiations never used count and are forgotten in time."""
    limits = Limits(connections=30, connections_per_person=20, handshake_seconds=1, look_seconds=0.05)
    async with hosting(limits) as hosted, asking(hosted) as http, asking(hosted, VIEWER) as other:
        for _ in range(20):
            await negotiated(http)
        assert "this person has" in (await _refused(http, 503)).json()["detail"]
        for _ in range(10):
            await negotiated(other)
        full = await _refused(other, 503)
        assert (full.headers["retry-after"], "the hub has" in full.json()["detail"]) == ("15", True)
        with pytest.raises(InvalidStatus) as refused:
            await socket(hosted, token=LIMITED).__aenter__()
        assert refused.value.response.status_code == 503
        assert len(hosted.hub.registry) == 30
        await until(lambda: not len(hosted.hub.registry), 10)
        await negotiated(http)


async def test_nothing_is_left_of_twenty_thousand_negotiations() -> None:
    """As many as the limits let in are known at once, no more, and after their time none."""
    limits = Limits(connections_per_person=15_000, handshake_seconds=1, look_seconds=0.05)
    hub = make(limits)
    endpoint = Endpoint(hub, PEOPLE, ())
    answers = Counter([await _negotiate(endpoint) for _ in range(20_000)])
    assert answers == {200: limits.connections, 503: 20_000 - limits.connections}
    timing = asyncio.create_task(hub.run(stopping := asyncio.Event()))
    await until(lambda: not len(hub.registry), 10)
    stopping.set()
    await timing
    assert await _negotiate(endpoint) == 200


async def test_nothing_is_left_of_clients_that_are_gone() -> None:
    """Twenty thousand joins and failures, streams and negotiations; then everything is at nought again."""
    async with hosting(Limits(handshake_seconds=1, look_seconds=0.05, leave_seconds=0.3)) as hosted:
        tasks, gauge = len(asyncio.all_tasks()), metrics.HUB_CONNECTIONS.labels("websockets")._value
        connected = gauge.get()
        async with asking(hosted) as http:
            await asyncio.gather(*(negotiated(http) for _ in range(200)))
        async with shaken(hosted) as ws:
            await _fail_and_join(ws, 20_000)
            for number in range(8):
                await ws.send(f'{{"type":4,"invocationId":"s{number}","target":"count","arguments":[1000000]}}\x1e')
            assert (await call(ws, "echo", 1))["result"] == 1
            assert gauge.get() == connected + 1
            assert len(hosted.hub.groups) == 60
            (connection,) = [one for one in hosted.hub.registry if one.is_open]
            assert len(connection.streams) == hosted.hub.limits.streams
            ws.transport.abort()
        await until(lambda: not len(hosted.hub.registry), 10)
        assert (len(hosted.hub.groups), gauge.get(), connection.queue) == (0, connected, [])
        assert not hosted.hub.registry._of_person
        await until(lambda: not connection.streams and len(asyncio.all_tasks()) <= tasks, 10)


async def test_a_stream_goes_no_faster_than_its_client_reads() -> None:
    """A million items to a client that reads none: little waits, and the connection is not dropped for it."""
    async with hosting() as hosted, shaken(hosted, max_queue=1) as ws:
        await ws.send('{"type":4,"invocationId":"1","target":"count","arguments":[1000000]}\x1e')
        (connection,) = hosted.hub.registry
        await until(lambda: connection.queued > hosted.hub.limits.stream_bytes, 10)
        await asyncio.sleep(0.3)
        assert connection.queued < 2 * hosted.hub.limits.stream_bytes
        assert not connection.is_over
        ws.transport.abort()


async def test_posts_of_one_client_are_carried_out_in_the_order_in_which_they_came() -> None:
    """Also while an earlier one is slow to arrive or to be carried out; what they say comes in one piece."""

    async def slowly() -> AsyncIterator[bytes]:
        yield b'{"type":1,"invocationId":"0","target":"wait",'
        await asyncio.sleep(0.2)
        yield b'"arguments":[0.2]}\x1e'

    async with hosting() as hosted, asking(hosted) as http:
        at = {"id": (await negotiated(http))["connectionToken"]}
        await http.get(HUB, params=at)
        await http.post(HUB, params=at, content=SHAKE)
        posts = [asyncio.create_task(http.post(HUB, params=at, content=slowly()))]
        await asyncio.sleep(0.1)
        for number in range(1, 20):
            content = b'{"type":1,"invocationId":"%d","target":"echo","arguments":[%d]}\x1e' % (number, number)
            posts.append(asyncio.create_task(http.post(HUB, params=at, content=content)))
            await asyncio.sleep(0.01)
        assert {answer.status_code for answer in await asyncio.gather(*posts)} == {200}
        said = [orjson.loads(one) for one in (await http.get(HUB, params=at)).content.split(b"\x1e")[1:-1]]
        assert [(one["invocationId"], one["result"]) for one in said] == [
            ("0", "waited"), *((str(number), number) for number in range(1, 20)),
        ]  # fmt: skip


async def test_an_address_with_more_fields_than_anybody_needs_is_no_failure_of_ours() -> None:
    """It is refused as one without them, with a token and without, and nothing is logged as a bug."""
    many = "&".join(f"f{number}=1" for number in range(50))
    before = metrics.UNEXPECTED.labels("hub")._value.get()
    async with hosting() as hosted, asking(hosted) as http, asking(hosted, "nobody") as nobody:
        assert (await http.get(f"{HUB}?id=x&{many}")).status_code == 400
        assert (await nobody.get(f"{HUB}?id=x&{many}")).status_code == 401
        with pytest.raises(InvalidStatus) as refused:
            await socket(hosted, f"?access_token=x&{many}", additional_headers={}).__aenter__()
        assert refused.value.response.status_code == 401
    assert metrics.UNEXPECTED.labels("hub")._value.get() == before


async def _fail_and_join(ws: ClientConnection, times: int, at_once: int = 200) -> None:
    """Failing calls and joins, many to a frame; each failure is answered."""
    for first in range(0, times, at_once):
        await ws.send("".join(
            f'{{"type":1,"invocationId":"{number}","target":"refuse"}}\x1e'
            f'{{"type":1,"target":"subscribe","arguments":["order:{number % 60}"]}}\x1e'
            for number in range(first, first + at_once)
        ))  # fmt: skip
        assert (await all_until(ws, str(first + at_once - 1)))[-1]["error"] == "this is refused"


async def _refused(http: httpx.AsyncClient, status: int) -> httpx.Response:
    answer = await http.post(NEGOTIATE, params={"negotiateVersion": 1})
    assert answer.status_code == status
    return answer


async def _negotiate(endpoint: Endpoint) -> int:
    """The status of one negotiation, without a server between."""
    sent: list[Any] = []

    async def send(event: Any) -> None:
        sent.append(event)

    async def receive() -> Any:
        return {"type": "http.request", "body": b""}

    headers = [(b"authorization", f"Bearer {TOKEN}".encode())]
    query = b"negotiateVersion=1"
    await endpoint(
        {"type": "http", "method": "POST", "path": NEGOTIATE, "query_string": query, "headers": headers}, receive, send
    )
    status: int = sent[0]["status"]
    return status
