"""Calls to the letter: what is answered, how often, and what is never answered."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from typing import Any

import pytest

from notifier.hub.connection import Connection
from tests.component.hub.hosting import hosting
from tests.component.hub.raw import SHAKE_BINARY, all_until, hear, packed, shaken, socket, unpacked

LAST = '{"type":1,"invocationId":"last","target":"echo","arguments":["last"]}\x1e'
DONE = {"type": 3, "invocationId": "last", "result": "last"}
LAST_BINARY = packed(1, {}, "last", "echo", ["last"], [])
DONE_BINARY = [3, {}, "last", 3, "last"]
SILENT = ("nothing", "refuse", "break", "no such method", "count", "__init__", "on_connected", "subscribe")


async def test_a_call_without_an_id_is_never_answered_not_even_with_an_error() -> None:
    """No id, null and the empty string are the same; a method that is refused, broken, a stream or none at all too."""
    async with hosting() as hosted, shaken(hosted) as ws:
        for target in SILENT:
            for given in ("", '"invocationId":null,', '"invocationId":"",'):
                await ws.send(f'{{"type":1,{given}"target":"{target}","arguments":[]}}\x1e')
            await ws.send(f'{{"type":1,"target":"{target}","arguments":"no array"}}\x1e')
        await ws.send(LAST)
        assert await all_until(ws, "last") == [DONE]


async def test_a_binary_call_without_an_id_is_never_answered_either() -> None:
    """Nil and the empty string, five items and six."""
    async with hosting() as hosted, socket(hosted) as ws:
        await ws.send(SHAKE_BINARY)
        assert await ws.recv() == b"{}\x1e"
        for target in SILENT:
            for given in (None, ""):
                await ws.send(packed(1, {}, given, target, []) + packed(1, {}, given, target, [], []))
        await ws.send(LAST_BINARY)
        assert unpacked(bytes(await ws.recv(decode=False))) == [DONE_BINARY]


@pytest.mark.parametrize(
    ("message", "said"),
    [
        ('"type":1,"target":"__init__","arguments":[]', "no such method"),
        ('"type":1,"target":"on_connected","arguments":[]', "no such method"),
        ('"type":1,"target":"count","arguments":[1]', "call it with stream"),
        ('"type":1,"target":"echo","arguments":"abc"', "must be an array"),
        ('"type":1,"target":"echo","arguments":{"0":1}', "must be an array"),
        ('"type":1,"target":"echo","arguments":' + "[" * 60 + "]" * 60, "nested too deep"),
        ('"type":1,"target":"echo","arguments":[1],"streamIds":["7"]', "takes no streams"),
        ('"type":1,"target":"break","arguments":[]', "something of ours failed"),
        ('"type":4,"target":"echo","arguments":[1]', "this is no stream"),
        ('"type":4,"target":"noSuch","arguments":[]', "no such stream"),
        ('"type":4,"target":"count","arguments":"abc"', "must be an array"),
        ('"type":4,"target":"count","arguments":[1],"streamIds":["7"]', "takes no streams"),
        ('"type":4,"target":"count","arguments":["no number"]', "something of ours failed"),
    ],
)
async def test_a_call_that_cannot_be_carried_out_is_answered_once_and_the_connection_lives(
    message: str, said: str
) -> None:
    """One completion with an error and no result; nothing that was sent is repeated in it."""
    async with hosting() as hosted, shaken(hosted) as ws:
        await ws.send(f'{{"invocationId":"7",{message}}}\x1e')
        (answer,) = await all_until(ws, "7")
        assert set(answer) == {"type", "invocationId", "error"}
        assert said in answer["error"]
        assert "canary" not in answer["error"]
        await ws.send(LAST)
        assert await all_until(ws, "last") == [DONE]


async def test_a_binary_answer_has_a_result_or_an_error_or_neither() -> None:
    """Kinds 3, 1 and 2 of a completion, each with an empty map of headers."""
    async with hosting() as hosted, socket(hosted) as ws:
        await ws.send(SHAKE_BINARY)
        assert await ws.recv() == b"{}\x1e"
        for number, target in enumerate(("echo", "refuse", "nothing")):
            await ws.send(packed(1, {}, str(number), target, [5], []))
        heard = [told for _ in range(3) for told in unpacked(bytes(await ws.recv(decode=False)))]
        assert heard == [[3, {}, "0", 3, 5], [3, {}, "1", 1, "this is refused"], [3, {}, "2", 2]]


async def test_a_cancelled_stream_is_completed_once_and_says_no_more() -> None:
    """The client waits for the completion, whatever it cancelled; a second cancel does nothing."""
    async with hosting() as hosted, shaken(hosted) as ws:
        await ws.send('{"type":4,"invocationId":"s","target":"count","arguments":[1000000]}\x1e')
        await hear(ws)
        await ws.send('{"type":5,"invocationId":"s"}\x1e{"type":5,"invocationId":"s"}\x1e')
        heard = await all_until(ws, "s")
        assert {told["type"] for told in heard[:-1]} <= {2}
        assert heard[-1] == {"type": 3, "invocationId": "s"}
        await ws.send(LAST)
        assert await all_until(ws, "last") == [DONE]


async def test_a_stream_more_than_may_run_and_one_with_a_running_ones_id_are_refused() -> None:
    """Each is told so, and the running ones go on."""
    async with hosting() as hosted, shaken(hosted) as ws:
        for number in range(hosted.hub.limits.streams):
            await ws.send(f'{{"type":4,"invocationId":"s{number}","target":"count","arguments":[1000000]}}\x1e')
        await ws.send('{"type":4,"invocationId":"more","target":"count","arguments":[1]}\x1e')
        assert "at most 4 streams" in (await all_until(ws, "more"))[-1]["error"]
        await ws.send('{"type":4,"invocationId":"s0","target":"count","arguments":[1]}\x1e')
        assert "is running" in (await all_until(ws, "s0"))[-1]["error"]
        (connection,) = hosted.hub.registry
        assert sorted(connection.streams) == ["s0", "s1", "s2", "s3"]


async def test_however_many_calls_a_client_sends_one_runs_at_a_time_and_nothing_piles_up() -> None:
    """Two thousand slow ones: one runs, no task is made for the others, and what is not read stays with the client."""
    running = most = 0

    async def slow(_connection: Connection, _arguments: Sequence[Any]) -> None:
        nonlocal running, most
        running += 1
        most = max(most, running)
        await asyncio.sleep(0.001)
        running -= 1

    async with hosting() as hosted, shaken(hosted) as ws:
        hosted.hub.define({"slow": slow}, {})
        tasks = len(asyncio.all_tasks())
        for _ in range(10):
            await ws.send('{"type":1,"target":"slow"}\x1e' * 200)
        await ws.send(LAST)
        assert len(asyncio.all_tasks()) <= tasks + 2
        assert await all_until(ws, "last") == [DONE]
        assert most == 1


async def test_a_client_hears_nothing_before_its_handshake_was_answered() -> None:
    """Handshake, subscription and events of the same moment: the answer comes first; without a handshake nothing."""
    async with hosting() as hosted, socket(hosted) as ws, socket(hosted) as unshaken:
        await ws.send(
            '{"protocol":"json","version":1}\x1e{"type":1,"invocationId":"1","target":"subscribe","arguments":["orders"]}\x1e'
        )
        heard = b""
        number = 0
        while b'"target":"event"' not in heard:
            number += 1
            hosted.publish("orders", number)
            hosted.publish("health", number)
            await asyncio.sleep(0.01)
            if hosted.hub.groups.members(["orders"]):
                heard += bytes(await ws.recv(decode=False))
        first, second, *_ = heard.split(b"\x1e")
        assert (first, second[:9]) == (b"{}", b'{"type":3')
        with pytest.raises(TimeoutError):
            await asyncio.wait_for(unshaken.recv(), 0.2)
