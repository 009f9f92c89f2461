"""What the .NET client would make of the hub's bytes: its reading rules, since it cannot run here.

From the client's source (dotnet/aspnetcore: `JsonHubProtocol`, `MessagePackHubProtocolWorker`,
`ServerSentEventsMessageParser`): MessagePack headers must be a map; an invocation whose count of arguments differs from
the handler's is dropped; server-sent lines begin with `data: ` and end with CRLF.
"""

from __future__ import annotations

import asyncio
from typing import Any

import msgpack
import orjson
import pytest

from libs.contracts.access import Person, Role
from notifier.hub import json_protocol, msgpack_protocol, sse
from notifier.hub import messages as m
from notifier.hub.core import TARGET, Hub
from notifier.hub.handshake import form

SAID: tuple[m.Message, ...] = (
    m.Invocation(TARGET, ({"number": 1},)), m.StreamItem("1", {"number": 2}), m.Completion("1"),
    m.Completion("1", 42, has_result=True), m.Completion("1", error="no"), m.Ping(), m.Close("bad"),
    m.Close(allow_reconnect=True),
)  # fmt: skip
# Of each type: how many items the .NET client's reader takes (an invocation without streams is five or six).
COUNTS = {1: (5, 6), 2: (4,), 3: (4, 5), 6: (1,), 7: (2, 3)}


@pytest.mark.parametrize("message", SAID, ids=repr)
def test_a_binary_message_is_an_array_with_a_map_of_headers(message: m.Message) -> None:
    """`ReadHeaders` → `ReadMapLength` throws for anything else; ids are strings or nil; arguments an array."""
    data = msgpack_protocol.write(message)
    told = msgpack.unpackb(data[1:], strict_map_key=True)
    assert len(data) - 1 == data[0] < 0x80
    assert len(told) in COUNTS[told[0]]
    if told[0] in (1, 2, 3):
        assert told[1] == {}
    if told[0] == 1:
        assert told[2] is None
        assert isinstance(told[4], list)
        assert told[5] == []
    if told[0] == 3:
        assert told[3] == {5: {True: 3, False: 1}[told[-1] == 42], 4: 2}[len(told)]


@pytest.mark.parametrize("message", SAID, ids=repr)
def test_a_json_message_has_its_type_and_null_nowhere_it_breaks(message: m.Message) -> None:
    """`invocationId` and `error` are strings where they stand: the reader throws for null; never error and result."""
    told = orjson.loads(json_protocol.write(message)[:-1])
    assert isinstance(told["type"], int)
    for field in ("invocationId", "error", "target"):
        assert isinstance(told.get(field, ""), str)
    assert not {"error", "result"} <= set(told)


async def test_an_event_has_exactly_one_argument() -> None:
    """`connection.On<Event>("event", …)` takes one; with another count the client drops the call without a word."""
    hub = Hub(lambda: 0.0)
    for protocol in (json_protocol, msgpack_protocol):
        connection = hub.registry.add(Person("a", Role.VIEWER), is_secret=True)
        connection.protocol, connection.is_open = protocol, True
        connection.form = form(protocol, sees_personal=False)
        hub.groups.join(connection, ["orders"])
        hub.publish(["orders"], {True: {"number": 1}, False: {"number": 1}})
        (said,) = protocol.Reader(hub.limits).feed(connection.take())
        assert isinstance(said, m.Invocation)
        assert (said.target, said.arguments) == ("event", ({"number": 1},))
        assert said.invocation_id is None


async def test_server_sent_lines_are_what_its_parser_takes() -> None:
    """The comment first; then lines with the prefix `data: `, ended by CRLF, and an empty line behind each event."""
    hub = Hub(lambda: 0.0)
    connection = hub.registry.add(Person("a", Role.VIEWER), is_secret=True)
    sent: list[dict[str, Any]] = []
    gone = asyncio.Event()

    async def receive() -> Any:
        await gone.wait()
        return {"type": "http.disconnect"}

    async def send(event: Any) -> None:
        sent.append(event)

    serving = asyncio.create_task(sse.serve(connection, hub.inbound, receive, send, ()))
    await asyncio.sleep(0)
    await hub.inbound.take(
        connection, b'{"protocol":"json","version":1}\x1e{"type":1,"invocationId":"1","target":"x"}\x1e'
    )
    gone.set()
    await serving

    body = b"".join(event.get("body", b"") for event in sent)
    opening, *lines, end = body.split(b"\r\n")
    assert (opening, end) == (b":", b"")
    assert all(line.startswith(b"data: ") for line in lines[::2])
    assert set(lines[1::2]) == {b""}
    assert b"\n" not in b"".join(lines)
    assert dict(sent[0]["headers"])[b"content-type"] == b"text/event-stream"
