"""Clients that send nonsense: each is told and let go, nobody else notices, and nothing is left of them."""

from __future__ import annotations

import asyncio
import contextlib

import msgpack
from websockets.exceptions import ConnectionClosed

from notifier.hub.limits import Limits
from tests.component.hub.hosting import hosting
from tests.component.hub.raw import HUB, SHAKE, SHAKE_BINARY, asking, call, negotiated, shaken, socket, until_closed
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
    """In all and for one person; negotiations that were never used count and are forgotten in time."""
    limits = Limits(connections=30, connections_per_person=20, handshake_seconds=1, look_seconds=0.05)
    async with hosting(limits) as hosted, asking(hosted) as http:
        for _ in range(20):
            await negotiated(http)
        refused = await http.post(f"{HUB}/negotiate")
        assert (refused.status_code, refused.headers["retry-after"]) == (503, "15")
        assert len(hosted.hub.registry) == 20
        await until(lambda: not len(hosted.hub.registry), 10)
        await negotiated(http)


async def test_nothing_is_left_of_clients_that_are_gone() -> None:
    """A thousand joins, failures, streams and negotiations; then the counters are at nought again."""
    async with hosting(Limits(handshake_seconds=1, look_seconds=0.05, leave_seconds=0.3)) as hosted:
        tasks = len(asyncio.all_tasks())
        async with asking(hosted) as http:
            await asyncio.gather(*(negotiated(http) for _ in range(200)))
        async with shaken(hosted) as ws:
            for number in range(1000):
                await ws.send(f'{{"type":1,"invocationId":"{number}","target":"refuse"}}\x1e')
                await ws.send(f'{{"type":1,"target":"subscribe","arguments":["order:{number % 60}"]}}\x1e')
                await ws.recv()
            for number in range(8):
                await ws.send(f'{{"type":4,"invocationId":"s{number}","target":"count","arguments":[1000000]}}\x1e')
            assert (await call(ws, "echo", 1))["result"] == 1
            assert len(hosted.hub.groups) == 60
            (connection,) = [one for one in hosted.hub.registry if one.is_open]
            assert len(connection.streams) == hosted.hub.limits.streams
            ws.transport.abort()
        await until(lambda: not len(hosted.hub.registry), 10)
        assert len(hosted.hub.groups) == 0
        assert not connection.queue
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


async def test_posts_of_one_client_keep_their_order() -> None:
    """Twenty at once over Long Polling: carried out as they came, answered in one piece."""
    async with hosting() as hosted, asking(hosted) as http:
        at = {"id": (await negotiated(http))["connectionToken"]}
        await http.get(HUB, params=at)
        await http.post(HUB, params=at, content=SHAKE)
        for number in range(20):
            content = b'{"type":1,"invocationId":"%d","target":"echo","arguments":[%d]}\x1e' % (number, number)
            assert (await http.post(HUB, params=at, content=content)).status_code == 200
        body = (await http.get(HUB, params=at)).content.split(b"\x1e")
        assert body[1:-1] == [b'{"type":3,"invocationId":"%d","result":%d}' % (n, n) for n in range(20)]
