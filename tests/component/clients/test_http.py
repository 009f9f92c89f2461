"""One request over real sockets: it ends in time, its failures are told apart, and nothing private is told."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import Any

import pytest
from pydantic import SecretStr
from structlog.testing import capture_logs

from libs.clients.answers import Partner
from libs.clients.http import Http, NothingSent, bearer
from libs.clients.wire import Call
from libs.runtime.context import bound, start
from libs.runtime.errors import OutcomeUnknown, SyncError, TransientError, WorldUnavailable
from sandbox import stack

PARTNER = Partner("keycrm", "KeyCRM", "KEYCRM_BASE_URL", "KEYCRM_API_KEY")
READ = Call("getOrder", "GET", "/order/7?filter[buyer_phone]=canary-phone", ids={"order_id": 7})
WRITE = Call("createOrder", "POST", "/order", {"buyer": "canary-name"}, reference="ref-1")
KEY = SecretStr("canary-key")
Behave = Callable[[bytes, asyncio.StreamWriter], Awaitable[None]]


@asynccontextmanager
async def partner(behave: Behave) -> AsyncIterator[Http]:
    """A server that does what it is told with each request, and the client of it."""

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            head = await reader.readuntil(b"\r\n\r\n")
            await behave(head, writer)
        finally:
            writer.close()

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    async with server, Http(PARTNER, f"http://127.0.0.1:{port}/v1/", bearer(KEY, "KEYCRM_API_KEY")) as http:
        yield http


async def cut(head: bytes, writer: asyncio.StreamWriter) -> None:
    """Close without a word."""


async def half(head: bytes, writer: asyncio.StreamWriter) -> None:
    """Close in the middle of the body."""
    writer.write(b'HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n{"id":')
    await writer.drain()


async def hang(head: bytes, writer: asyncio.StreamWriter) -> None:
    """Say nothing for longer than anybody waits."""
    await asyncio.sleep(1)


async def drip(head: bytes, writer: asyncio.StreamWriter) -> None:
    """Send a byte at a time: no single read is ever late."""
    writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n")
    for _ in range(60):
        writer.write(b" ")
        await writer.drain()
        await asyncio.sleep(0.05)


async def nonsense(head: bytes, writer: asyncio.StreamWriter) -> None:
    """Answer something that is no HTTP."""
    writer.write(b"SSH-2.0-OpenSSH_9.2\r\n")
    await writer.drain()


@pytest.mark.parametrize("behave", [cut, half, hang, drip, nonsense])
async def test_a_call_without_a_whole_answer_is_transient_or_unknown(behave: Behave) -> None:
    """A read may be tried again, a write may have been done; either ends within its time."""
    async with partner(behave) as http:
        started = time.monotonic()
        with pytest.raises(TransientError):
            await http.exchange(READ, 0.5)
        with pytest.raises(OutcomeUnknown) as raised:
            await http.exchange(WRITE, 0.5)

    assert raised.value.reference == "ref-1"
    assert time.monotonic() - started < 2.5


@pytest.mark.parametrize("call", [READ, WRITE])
async def test_a_refused_connection_means_that_nothing_was_sent(call: Call) -> None:
    """The write did not happen: it may be repeated when the partner is back."""
    port = stack.take_port()
    async with Http(PARTNER, f"http://127.0.0.1:{port}", {}) as http:
        with pytest.raises(NothingSent) as raised:
            await http.exchange(call, 5)

    assert isinstance(raised.value, WorldUnavailable)
    assert raised.value.partner == "keycrm"


async def test_an_unknown_host_means_that_nothing_was_sent() -> None:
    """A name that does not resolve is the world's."""
    async with Http(PARTNER, "http://no-such-host.invalid", {}) as http:
        with pytest.raises(NothingSent):
            await http.exchange(WRITE, 5)


async def test_the_request_is_what_keycrm_reads() -> None:
    """Literal brackets, JSON asked for, the key, the trace of the work at hand; a body only where there is one."""
    heads: list[str] = []

    async def answer(head: bytes, writer: asyncio.StreamWriter) -> None:
        heads.append(head.decode())
        writer.write(b"HTTP/1.1 204 No Content\r\n\r\n")
        await writer.drain()

    async with partner(answer) as http:
        with bound(start("corr-1", None)) as trace:
            reply = await http.exchange(READ, 5)

    lines = heads[0].split("\r\n")
    headers = dict(line.lower().split(": ", 1) for line in lines[1:] if line)
    assert reply.status == 204
    assert lines[0] == "GET /v1/order/7?filter[buyer_phone]=canary-phone HTTP/1.1"
    assert headers["accept"] == "application/json"
    assert headers["authorization"] == "bearer canary-key"
    assert headers["x-correlation-id"] == "corr-1"
    assert headers["traceparent"][:36] == trace.traceparent[:36]
    assert "content-type" not in headers


async def _logged(http: Http, call: Call) -> list[Any]:
    with capture_logs() as lines, pytest.raises(SyncError) as raised:
        await http.exchange(call, 0.5)
    assert "canary" not in f"{raised.value!r} {raised.value.reason}"
    return lines


@pytest.mark.parametrize("behave", [cut, hang, nonsense])
async def test_a_call_is_one_line_without_secrets_or_personal_data(behave: Behave) -> None:
    """Partner, operation, outcome, time and ids; never a query, a body, a header or the key."""
    async with partner(behave) as http:
        lines = [*await _logged(http, READ), *await _logged(http, WRITE)]

    assert [(line["event"], line["operation"]) for line in lines] == [
        ("call.done", "getOrder"),
        ("call.done", "createOrder"),
    ]
    assert lines[0]["order_id"] == 7
    assert "canary" not in repr(lines)


@pytest.mark.parametrize("key", ["", "two words", "line\nbreak", "ключ", "tab\t"])
def test_a_key_that_is_no_header_is_refused_at_start(key: str) -> None:
    """The message names the setting and never the key."""
    with pytest.raises(ValueError, match="KEYCRM_API_KEY") as raised:
        bearer(SecretStr(key), "KEYCRM_API_KEY")

    assert not key or key not in str(raised.value)
