"""The JSON protocol against the messages of SignalR's specification (HubProtocol.md), cut anywhere."""

from __future__ import annotations

import orjson
import pytest

from notifier.hub import json_protocol as protocol
from notifier.hub import messages as m
from notifier.hub.limits import Limits

LIMITS = Limits()
READ = (
    (
        b'{"type":1,"invocationId":"123","target":"Send","arguments":[42,"Test Message"]}',
        m.Invocation("Send", (42, "Test Message"), "123"),
    ),
    (b'{"type":1,"target":"Send","arguments":[42]}', m.Invocation("Send", (42,))),
    (b'{"type":1,"invocationId":"","target":"Send","arguments":[]}', m.Invocation("Send", ())),
    (b'{"type":1,"invocationId":null,"target":"Send"}', m.Invocation("Send", ())),
    (
        b'{"type":1,"headers":{"k":"v"},"invocationId":"1","target":"S","arguments":[1],"streamIds":["7"]}',
        m.Invocation("S", (1,), "1", ("7",)),
    ),
    (
        b'{"arguments":[42,"Test Message"],"target":"Send","invocationId":"123","type":4}',
        m.StreamInvocation("Send", (42, "Test Message"), "123"),
    ),
    (b'{"type":2,"invocationId":"123","item":42}', m.StreamItem("123", 42)),
    (b'{"type":3,"invocationId":"123"}', m.Completion("123")),
    (b'{"type":3,"invocationId":"123","result":42}', m.Completion("123", 42, has_result=True)),
    (b'{"type":3,"invocationId":"123","error":"It didn\'t work!"}', m.Completion("123")),
    (b'{"type":5,"invocationId":"123"}', m.CancelInvocation("123")),
    (b'{"type":6}', m.Ping()),
    (b'{"type":7}', m.Close()),
    (b'{"type":7,"error":"Connection closed because of an error!"}', m.Close("Connection closed because of an error!")),
    (b'{"type":7,"allowReconnect":true}', m.Close()),
    (b'{"type":8,"sequenceId":4}', m.Unknown(8)),
    (b'{"type":9,"sequenceId":4}', m.Unknown(9)),
    (b'{"type":99,"anything":[]}', m.Unknown(99)),
)
WRITTEN = (
    (m.Invocation("event", ({"number": 1},)), {"type": 1, "target": "event", "arguments": [{"number": 1}]}),
    (m.StreamItem("1", 42), {"type": 2, "invocationId": "1", "item": 42}),
    (m.Completion("1"), {"type": 3, "invocationId": "1"}),
    (m.Completion("1", None, has_result=True), {"type": 3, "invocationId": "1", "result": None}),
    (m.Completion("1", error="no"), {"type": 3, "invocationId": "1", "error": "no"}),
    (m.Ping(), {"type": 6}),
    (m.Close(), {"type": 7}),
    (m.Close("bad", allow_reconnect=True), {"type": 7, "error": "bad", "allowReconnect": True}),
)
HOSTILE = (
    b"{", b"[]", b"1", b"null", b'"{}"', b"{}", b'{"type":"1"}', b'{"type":true}', b'{"type":1.5}', b"\xff\xfe",
    b'{"type":1}', b'{"type":1,"target":""}', b'{"type":1,"target":7}', b'{"type":1,"target":"x","invocationId":5}',
    b'{"type":1,"target":"x","streamIds":"7"}', b'{"type":1,"target":"x","streamIds":[7]}',
    b'{"type":4,"target":"x","arguments":[]}', b'{"type":5}', b'{"type":5,"invocationId":[]}', b'{"type":7,"error":1}',
    b'{"type":1,"target":"' + b"x" * 200 + b'"}', b'{"type":5,"invocationId":"' + b"x" * 200 + b'"}',
    b"[" * 15_000 + b"]" * 15_000,
)  # fmt: skip


@pytest.mark.parametrize(("record", "message"), READ, ids=range(len(READ)))
def test_the_specifications_messages_are_read(record: bytes, message: m.Message) -> None:
    """Each with its separator, alone."""
    assert list(protocol.Reader(LIMITS).feed(record + b"\x1e")) == [message]


def test_all_of_them_at_once_and_cut_at_every_offset() -> None:
    """The same messages, in order, wherever the bytes are cut; and byte by byte."""
    whole = b"".join(record + b"\x1e" for record, _ in READ)
    messages = [message for _, message in READ]
    for offset in range(len(whole) + 1):
        reader = protocol.Reader(LIMITS)
        assert [*reader.feed(whole[:offset]), *reader.feed(whole[offset:])] == messages, offset
    reader = protocol.Reader(LIMITS)
    assert [one for byte in whole for one in reader.feed(bytes([byte]))] == messages


@pytest.mark.parametrize(("message", "told"), WRITTEN, ids=range(len(WRITTEN)))
def test_what_the_hub_says_is_written_as_specified(message: m.Message, told: object) -> None:
    """One object and the separator; no line break, which would cut an event of Server-Sent Events in two."""
    written = protocol.write(message)
    assert orjson.loads(written[:-1]) == told
    assert written.endswith(b"\x1e")
    assert b"\n" not in protocol.write(m.Invocation("event", ({"text": "a\nb\r\u2028"},)))


@pytest.mark.parametrize("record", HOSTILE, ids=range(len(HOSTILE)))
def test_what_is_no_message_is_refused_without_repeating_it(record: bytes) -> None:
    """A protocol error in our own words."""
    with pytest.raises(m.ProtocolError) as refused:
        list(protocol.Reader(LIMITS).feed(record + b"\x1e"))
    assert "xxx" not in str(refused.value)


@pytest.mark.parametrize("arguments", [b'"text"', b"{}", b"7", b"true", b"[" * 40 + b"]" * 40])
def test_arguments_that_cannot_be_used_are_the_calls_fault_alone(arguments: bytes) -> None:
    """The caller is told; the connection need not end."""
    (call,) = protocol.Reader(LIMITS).feed(
        b'{"type":1,"invocationId":"1","target":"x","arguments":' + arguments + b"}\x1e"
    )
    assert isinstance(call, m.Invocation)
    assert (call.fault or "").startswith("arguments: ")


def test_a_message_over_the_limit_is_refused_before_it_is_complete() -> None:
    """Nothing is kept beyond the limit, whether it comes in one piece or many."""
    reader = protocol.Reader(LIMITS)
    for _ in range(32):
        assert not list(reader.feed(b"x" * 1000))
    with pytest.raises(m.ProtocolError, match="at most 32768 bytes"):
        list(reader.feed(b"x" * 1000))
    with pytest.raises(m.ProtocolError, match="at most 32768 bytes"):
        list(protocol.Reader(LIMITS).feed(b'"' + b"x" * 40_000 + b'"\x1e'))
