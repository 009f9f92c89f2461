"""A client of the hub written out in bytes, for what no client that behaves would send."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator
from typing import Any

import httpx
import msgpack
import orjson
from websockets.asyncio.client import ClientConnection, connect

from notifier.hub.endpoint import PATH
from tests.component.hub.hosting import TOKEN, Hosted

HUB = PATH
NEGOTIATE = f"{PATH}/negotiate"
SHAKE = b'{"protocol":"json","version":1}\x1e'
SHAKE_BINARY = b'{"protocol":"messagepack","version":1}\x1e'


def bearer(token: str = TOKEN) -> dict[str, str]:
    """The header of a token."""
    return {"Authorization": f"Bearer {token}"}


@contextlib.asynccontextmanager
async def asking(hosted: Hosted, token: str = TOKEN) -> AsyncIterator[httpx.AsyncClient]:
    """An HTTP client with this token; paths are `HUB` and `NEGOTIATE`."""
    async with httpx.AsyncClient(base_url=hosted.address, headers=bearer(token), timeout=20, verify=False) as http:
        yield http


async def negotiated(http: httpx.AsyncClient, version: int = 1) -> dict[str, Any]:
    """What negotiate answers."""
    answer = await http.post(NEGOTIATE, params={"negotiateVersion": version})
    assert answer.status_code == 200, answer.text
    told: dict[str, Any] = answer.json()
    return told


def socket(hosted: Hosted, query: str = "", token: str = TOKEN, **options: Any) -> connect:
    """A WebSocket to the hub, not yet shaken hands on."""
    address = f"ws://127.0.0.1:{hosted.port}{PATH}{query}"
    headers = options.pop("additional_headers", bearer(token))
    return connect(address, additional_headers=headers, proxy=None, ping_interval=None, compression=None, **options)


@contextlib.asynccontextmanager
async def shaken(hosted: Hosted, token: str = TOKEN, **options: Any) -> AsyncIterator[ClientConnection]:
    """A WebSocket with JSON after its handshake."""
    async with socket(hosted, token=token, **options) as ws:
        await ws.send(SHAKE.decode())
        assert await ws.recv() == "{}\x1e"
        yield ws


async def call(ws: ClientConnection, target: str, *arguments: Any, number: str = "1") -> dict[str, Any]:
    """The completion of one call; what comes before it is passed over."""
    message = {"type": 1, "invocationId": number, "target": target, "arguments": arguments}
    await ws.send(orjson.dumps(message).decode() + "\x1e")
    while True:
        for told in await hear(ws):
            if told.get("type") == 3 and told.get("invocationId") == number:
                return told


async def hear(ws: ClientConnection, seconds: float = 10) -> list[dict[str, Any]]:
    """The messages of the next frame."""
    frame = await asyncio.wait_for(ws.recv(), seconds)
    assert isinstance(frame, str)
    return [orjson.loads(record) for record in frame.split("\x1e") if record]


async def until_closed(ws: ClientConnection, seconds: float = 10) -> list[dict[str, Any]]:
    """All messages to the end of the connection."""
    heard: list[dict[str, Any]] = []
    async with asyncio.timeout(seconds):
        async for frame in ws:
            text = frame if isinstance(frame, str) else frame.decode("utf-8", "replace")
            heard += [orjson.loads(record) for record in text.split("\x1e") if record]
    return heard


async def all_until(ws: ClientConnection, number: str) -> list[dict[str, Any]]:
    """Every message up to the completion of this call, nothing passed over."""
    heard: list[dict[str, Any]] = []
    while not any(told.get("type") == 3 and told.get("invocationId") == number for told in heard):
        heard += await hear(ws)
    return heard


def packed(*message: Any) -> bytes:
    """A MessagePack message with its length; of fewer than 128 bytes."""
    body: bytes = msgpack.packb(list(message))
    assert len(body) < 128
    return bytes([len(body)]) + body


def unpacked(data: bytes) -> list[list[Any]]:
    """The MessagePack messages of a frame; each of fewer than 128 bytes."""
    found = []
    while data:
        found.append(msgpack.unpackb(data[1 : 1 + data[0]]))
        data = data[1 + data[0] :]
    return found
