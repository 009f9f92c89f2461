"""What each transport promises, asked in plain HTTP and WebSockets."""

from __future__ import annotations

import asyncio

import httpx
import msgpack
import pytest
from websockets.exceptions import InvalidStatus

from notifier.hub.limits import Limits
from tests.component.hub.hosting import TOKEN, VIEWER, hosting
from tests.component.hub.raw import (
    HUB,
    NEGOTIATE,
    SHAKE,
    SHAKE_BINARY,
    asking,
    bearer,
    call,
    hear,
    negotiated,
    shaken,
    socket,
)
from tests.component.runtime.rig import until

SSE = {"Accept": "text/event-stream"}
PREFLIGHT = {
    "methods": "GET, POST, DELETE, OPTIONS",
    "headers": "authorization, content-type, x-requested-with, x-signalr-user-agent",
}


async def test_negotiation_gives_a_secret_apart_from_the_public_id() -> None:
    """Version 1: the id opens nothing, another person's token neither; version 0: the id is all there is."""
    async with hosting() as hosted, asking(hosted) as http, asking(hosted, VIEWER) as other:
        told = await negotiated(http, 7)
        old = await negotiated(http, 0)
        oldest = (await http.post(NEGOTIATE)).json()
        wrong = [await http.post(NEGOTIATE, params={"negotiateVersion": bad}) for bad in ("x", "-1", "1e3", "", "²")]

        assert [one["negotiateVersion"] for one in (told, old, oldest)] == [1, 0, 0]
        assert "connectionToken" not in oldest
        assert told["connectionId"] != told["connectionToken"]
        assert len(told["connectionToken"]) >= 22
        assert "connectionToken" not in old
        assert "useStatefulReconnect" not in told
        assert [(one["transport"], one["transferFormats"]) for one in told["availableTransports"]] == [
            ("WebSockets", ["Text", "Binary"]), ("ServerSentEvents", ["Text"]), ("LongPolling", ["Text", "Binary"]),
        ]  # fmt: skip
        assert {answer.status_code for answer in wrong} == {200}
        assert [list(answer.json()) for answer in wrong] == [["error"]] * 5
        for client, key in ((http, told["connectionId"]), (other, told["connectionToken"])):
            at = {"id": key}
            answers = [await client.get(HUB, params=at), await client.get(HUB, params=at, headers=SSE),
                       await client.post(HUB, params=at), await client.delete(HUB, params=at)]  # fmt: skip
            assert {answer.status_code for answer in answers} == {404}
        for token, key in ((TOKEN, told["connectionId"]), (VIEWER, told["connectionToken"])):
            with pytest.raises(InvalidStatus) as refused:
                await socket(hosted, f"?id={key}", token=token).__aenter__()
            assert refused.value.response.status_code == 404
        assert (await http.get(HUB, params={"id": old["connectionId"]})).status_code == 200
        assert (await http.get(NEGOTIATE)).status_code == 405
        assert (await http.post(f"{HUB}/elsewhere")).status_code == 404


async def test_every_request_needs_a_token() -> None:
    """In the header or in the address; 401 without, on each transport and before a WebSocket is accepted."""
    async with hosting() as hosted, asking(hosted, "nobody") as nobody, asking(hosted) as http:
        key = (await negotiated(http))["connectionToken"]
        asked = [
            await nobody.post(NEGOTIATE), await nobody.get(HUB, params={"id": key}),
            await nobody.get(HUB, params={"id": key}, headers=SSE), await nobody.post(HUB, params={"id": key}),
            await nobody.delete(HUB, params={"id": key}),
        ]  # fmt: skip
        assert {answer.status_code for answer in asked} == {401}
        assert all(answer.headers["content-type"] == "application/problem+json" for answer in asked)
        with pytest.raises(InvalidStatus) as refused:
            await socket(hosted, token="nobody").__aenter__()
        assert refused.value.response.status_code == 401
        async with socket(hosted, f"?access_token={TOKEN}", additional_headers={}) as ws:
            await ws.send(SHAKE.decode())
            assert await ws.recv() == "{}\x1e"


async def test_a_websocket_is_refused_before_the_upgrade_with_its_status() -> None:
    """404 for an id that nobody negotiated, 409 for one in use, 400 for an empty one."""
    async with hosting() as hosted, asking(hosted) as http:
        key = (await negotiated(http))["connectionToken"]
        async with socket(hosted, f"?id={key}"):
            for query, status in ((f"?id={key}", 409), ("?id=unknown", 404), ("?id=", 400)):
                with pytest.raises(InvalidStatus) as refused:
                    await socket(hosted, query).__aenter__()
                assert refused.value.response.status_code == status
            assert (await http.post(HUB, params={"id": key}, content=SHAKE)).status_code == 405
            assert (await http.delete(HUB, params={"id": key})).status_code == 400
            assert (await http.get(HUB, params={"id": key})).status_code == 400


async def test_json_is_text_and_messagepack_is_binary() -> None:
    """Whatever frames the client sends; messages may be cut over frames and share one."""
    async with hosting() as hosted:
        async with socket(hosted) as ws:
            whole = SHAKE + b'{"type":6}\x1e{"type":1,"invocationId":"1","target":"echo","arguments":["a"]}\x1e'
            for byte in whole:
                await ws.send(bytes([byte]))
            frames = [await ws.recv(), await ws.recv()]
            assert frames == ["{}\x1e", '{"type":3,"invocationId":"1","result":"a"}\x1e']
        async with socket(hosted) as ws:
            packed = msgpack.packb([1, {}, "1", "echo", [[1, "ї"]], []])
            await ws.send(SHAKE_BINARY + bytes([len(packed)]) + packed)
            frames = [await ws.recv(), await ws.recv()]
            assert frames[0] == b"{}\x1e"
            assert isinstance(frames[1], bytes)
            assert msgpack.unpackb(frames[1][1:]) == [3, {}, "1", 3, [1, "ї"]]


async def test_server_sent_events_begin_at_once_and_end_with_the_client() -> None:
    """The comment first; a second stream is 409; MessagePack is refused; a client that goes is noticed."""
    async with hosting() as hosted, asking(hosted) as http:
        key = (await negotiated(http))["connectionToken"]
        async with http.stream("GET", HUB, params={"id": key}, headers=SSE) as answer:
            lines = answer.aiter_raw()
            assert await anext(lines) == b":\r\n"
            wanted = {"content-type": "text/event-stream", "cache-control": "no-cache, no-store",
                      "content-encoding": "identity", "x-accel-buffering": "no"}  # fmt: skip
            assert {name: answer.headers[name] for name in wanted} == wanted
            assert (await http.get(HUB, params={"id": key}, headers=SSE)).status_code == 409
            assert (await http.get(HUB, params={"id": key})).status_code == 400
            assert (await http.delete(HUB, params={"id": key})).status_code == 400
            assert (await http.post(HUB, params={"id": key}, content=SHAKE)).status_code == 200
            assert await anext(lines) == b"data: {}\x1e\r\n\r\n"
        await until(lambda: not len(hosted.hub.registry), 5)
        assert (await http.get(HUB, headers=SSE)).status_code == 400
        assert (await http.get(HUB, params={"id": key}, headers=SSE)).status_code == 404

        key = (await negotiated(http))["connectionToken"]
        async with http.stream("GET", HUB, params={"id": key}, headers=SSE) as answer:
            await http.post(HUB, params={"id": key}, content=SHAKE_BINARY)
            assert b"choose the json protocol" in await answer.aread()


async def test_long_polls_are_answered_as_clients_expect() -> None:
    """The first at once, empty; news when there are any; empty after the time; 204 when overtaken and at the end."""
    async with hosting(Limits(poll_seconds=0.2)) as hosted, asking(hosted) as http:
        key = (await negotiated(http))["connectionToken"]
        at = {"id": key}
        first = await http.get(HUB, params=at)
        assert (first.status_code, first.content) == (200, b"")
        say = SHAKE + b'{"type":1,"invocationId":"1","target":"echo","arguments":["a"]}\x1e{"type":6}\x1e'
        assert (await http.post(HUB, params=at, content=say)).status_code == 200
        second = await http.get(HUB, params=at)
        assert second.content == b'{}\x1e{"type":3,"invocationId":"1","result":"a"}\x1e'
        assert second.headers["content-type"] == "application/octet-stream"
        empty = await http.get(HUB, params=at)
        assert (empty.status_code, empty.content) == (200, b"")

        overtaken = asyncio.create_task(http.get(HUB, params=at))
        await asyncio.sleep(0.05)
        newer = asyncio.create_task(http.get(HUB, params=at))
        assert (await overtaken).status_code == 204
        assert (await newer).status_code == 200

        assert (await http.get(HUB, params=at, headers=SSE)).status_code == 400
        with pytest.raises(InvalidStatus) as refused:
            await socket(hosted, f"?id={key}").__aenter__()
        assert refused.value.response.status_code == 400
        await http.post(HUB, params=at, content=b"nonsense\x1e")
        last = await http.get(HUB, params=at)
        assert b'"type":7' in last.content
        assert (await http.get(HUB, params=at)).status_code == 204
        assert (await http.get(HUB, params=at)).status_code == 404


async def test_a_poll_is_ended_by_delete_and_by_absence() -> None:
    """202, then nothing is left; who does not ask for long enough is forgotten."""
    async with hosting(Limits(absent_seconds=0.2, look_seconds=0.05)) as hosted, asking(hosted) as http:
        for is_polite in (True, False):
            at = {"id": (await negotiated(http))["connectionToken"]}
            await http.get(HUB, params=at)
            await http.post(HUB, params=at, content=SHAKE)
            if is_polite:
                assert (await http.delete(HUB, params=at)).status_code == 202
            else:
                await asyncio.sleep(0.6)
            assert (await http.get(HUB, params=at)).status_code == 404
            assert len(hosted.hub.registry) == 0


async def test_a_poll_whose_client_went_away_takes_nothing_along() -> None:
    """A connection lost in the middle of a poll costs no event: the next poll has it."""
    async with hosting() as hosted, asking(hosted) as http:
        at = {"id": (await negotiated(http))["connectionToken"]}
        await http.get(HUB, params=at)
        join = b'{"type":1,"target":"subscribe","arguments":["orders"]}\x1e'
        await http.post(HUB, params=at, content=SHAKE + join)
        await http.get(HUB, params=at)
        lost = asyncio.create_task(http.get(HUB, params=at))
        await asyncio.sleep(0.1)
        lost.cancel()
        await asyncio.sleep(0.1)
        hosted.publish("orders", 1)
        assert b'"number":1' in (await http.get(HUB, params=at)).content


async def test_posts_have_a_limit_and_need_a_transport() -> None:
    """413 for a body over the limit, 404 before the transport is there, 400 without an id."""
    async with hosting() as hosted, asking(hosted) as http:
        at = {"id": (await negotiated(http))["connectionToken"]}
        assert (await http.post(HUB, params=at, content=SHAKE)).status_code == 404
        await http.get(HUB, params=at)
        assert (await http.post(HUB, params=at, content=b"x" * 70_000)).status_code == 413
        assert (await http.post(HUB)).status_code == 400
        assert (await http.put(HUB, params=at)).status_code == 405


async def test_one_clients_calls_are_carried_out_one_after_the_other() -> None:
    """While one runs, no more is read of that client; others go on."""
    async with hosting() as hosted, shaken(hosted) as slow, shaken(hosted) as other:
        for number, (target, argument) in enumerate((("wait", "0.3"), ("echo", '"x"'))):
            await slow.send(f'{{"type":1,"invocationId":"{number}","target":"{target}","arguments":[{argument}]}}\x1e')
        assert (await call(other, "echo", 1))["result"] == 1
        assert [told["invocationId"] for _ in range(2) for told in await hear(slow)] == ["0", "1"]


async def test_only_listed_pages_may_use_the_hub() -> None:
    """CORS for what a browser asks first, without a token; the same list for WebSockets, which browsers leave open."""
    page, evil = "https://shop.example", "https://evil.example"
    async with hosting(origins=[page]) as hosted, asking(hosted) as http, asking(hosted, "nobody") as nobody:
        del nobody.headers["authorization"]
        first = {"Access-Control-Request-Method": "POST", "Access-Control-Request-Headers": "authorization"}
        for path in (NEGOTIATE, HUB):
            asked = await nobody.options(path, headers=first | {"Origin": page})
            assert (asked.status_code, _allowed(asked)) == (204, PREFLIGHT | {"origin": page, "credentials": "true"})
            assert (await nobody.options(path, headers=first | {"Origin": evil})).status_code == 403
        for origin, status in ((page, 200), (evil, 403), ("null", 403), (f"{page}:8443", 403), (hosted.address, 200)):
            answer = await http.post(NEGOTIATE, headers={"Origin": origin})
            assert answer.status_code == status
            assert _allowed(answer) == ({"origin": page, "credentials": "true"} if origin == page else {})
            assert (answer.headers.get("vary") == "Origin") == (origin == page)
        async with socket(hosted, additional_headers=bearer() | {"Origin": page}):
            pass
        with pytest.raises(InvalidStatus) as refused:
            await socket(hosted, additional_headers=bearer() | {"Origin": evil}).__aenter__()
        assert refused.value.response.status_code == 403


async def test_a_listed_page_may_read_why_it_was_refused() -> None:
    """Else its developer is told only that CORS failed, whatever was wrong."""
    page = "https://shop.example"
    async with hosting(Limits(connections=0), origins=[page]) as hosted, asking(hosted) as http:
        headers = {"Origin": page}
        refused = [
            await http.post(NEGOTIATE, headers=headers | bearer("nobody")), await http.post(NEGOTIATE, headers=headers),
            await http.get(HUB, headers=headers), await http.get(HUB, params={"id": "x"}, headers=headers),
        ]  # fmt: skip
    assert [answer.status_code for answer in refused] == [401, 503, 400, 404]
    assert {answer.headers["access-control-allow-origin"] for answer in refused} == {page}


def _allowed(answer: httpx.Response) -> dict[str, str]:
    """What CORS lets the page do."""
    begin = "access-control-allow-"
    return {name.removeprefix(begin): value for name, value in answer.headers.items() if name.startswith(begin)}
