"""The MessagePack protocol against the byte vectors of SignalR's specification (HubProtocol.md), cut anywhere."""

from __future__ import annotations

import msgpack
import pytest

from notifier.hub import messages as m
from notifier.hub import msgpack_protocol as protocol
from notifier.hub.limits import Limits

LIMITS = Limits()
READ: tuple[tuple[str, m.Message], ...] = (
    ("96 01 80 a3 78 79 7a a6 6d 65 74 68 6f 64 91 2a 90", m.Invocation("method", (42,), "xyz")),
    ("96 01 80 c0 a6 6d 65 74 68 6f 64 91 2a 90", m.Invocation("method", (42,))),
    ("95 01 80 a3 78 79 7a a6 6d 65 74 68 6f 64 91 2a", m.Invocation("method", (42,), "xyz")),
    ("95 01 80 a0 a6 6d 65 74 68 6f 64 91 2a", m.Invocation("method", (42,))),
    (
        "96 01 82 a1 78 a1 79 a1 7a a1 7a a3 78 79 7a a6 6d 65 74 68 6f 64 91 2a 90",
        m.Invocation("method", (42,), "xyz"),
    ),
    ("96 01 80 a3 78 79 7a a6 6d 65 74 68 6f 64 90 91 a1 37", m.Invocation("method", (), "xyz", ("7",))),
    ("95 04 80 a3 78 79 7a a6 6d 65 74 68 6f 64 91 2a", m.StreamInvocation("method", (42,), "xyz")),
    ("96 04 80 a3 78 79 7a a6 6d 65 74 68 6f 64 91 2a 90", m.StreamInvocation("method", (42,), "xyz")),
    ("94 02 80 a3 78 79 7a 2a", m.StreamItem("xyz", 42)),
    ("95 03 80 a3 78 79 7a 01 a5 45 72 72 6f 72", m.Completion("xyz")),
    ("94 03 80 a3 78 79 7a 02", m.Completion("xyz")),
    ("95 03 80 a3 78 79 7a 03 2a", m.Completion("xyz")),
    ("93 05 80 a3 78 79 7a", m.CancelInvocation("xyz")),
    ("91 06", m.Ping()),
    ("92 07 a3 78 79 7a", m.Close("xyz")),
    ("93 07 a3 78 79 7a c3", m.Close("xyz")),
    ("92 07 c0", m.Close()),
    ("92 08 04", m.Unknown(8)),
)
WRITTEN: tuple[tuple[m.Message, str], ...] = (
    (m.Invocation("method", (42,)), "96 01 80 c0 a6 6d 65 74 68 6f 64 91 2a 90"),
    (m.StreamItem("xyz", 42), "94 02 80 a3 78 79 7a 2a"),
    (m.Completion("xyz", error="Error"), "95 03 80 a3 78 79 7a 01 a5 45 72 72 6f 72"),
    (m.Completion("xyz"), "94 03 80 a3 78 79 7a 02"),
    (m.Completion("xyz", 42, has_result=True), "95 03 80 a3 78 79 7a 03 2a"),
    (m.Ping(), "91 06"),
    (m.Close("xyz"), "93 07 a3 78 79 7a c2"),
    (m.Close(allow_reconnect=True), "93 07 c0 c3"),
)
HOSTILE = (
    "c1", "2a", "80", "90", "a1 78", "91 a1 31", "91 c3", "91 c0", "96 01 80", "95 01 80 c0 07 90", "95 01 80 c0 a0 90",
    "95 01 80 07 a1 78 90", "96 01 80 c0 a1 78 90 a1 37", "95 04 80 c0 a1 78 90", "93 05 80 c0", "92 07 2a",
    "91 06 91 06", "dd ff ff ff ff", "c7 05 64", "d9 ff 78",
)  # fmt: skip


def framed(text: str) -> bytes:
    """The bytes of a vector with their length in front."""
    body = bytes.fromhex(text)
    return protocol.prefix(len(body)) + body


@pytest.mark.parametrize(("vector", "message"), READ, ids=[vector[:24] for vector, _ in READ])
def test_the_specifications_vectors_are_read(vector: str, message: m.Message) -> None:
    """Each with its length, alone."""
    assert list(protocol.Reader(LIMITS).feed(framed(vector))) == [message]


def test_all_of_them_at_once_and_cut_at_every_offset() -> None:
    """The same messages, in order, wherever the bytes are cut; and byte by byte."""
    whole = b"".join(framed(vector) for vector, _ in READ)
    messages = [message for _, message in READ]
    for offset in range(len(whole) + 1):
        reader = protocol.Reader(LIMITS)
        assert [*reader.feed(whole[:offset]), *reader.feed(whole[offset:])] == messages, offset
    reader = protocol.Reader(LIMITS)
    assert [one for byte in whole for one in reader.feed(bytes([byte]))] == messages


@pytest.mark.parametrize(("message", "vector"), WRITTEN, ids=[vector[:24] for _, vector in WRITTEN])
def test_what_the_hub_says_is_the_specifications_bytes(message: m.Message, vector: str) -> None:
    """Headers are an empty map (80), which the JavaScript and .NET clients insist on."""
    assert protocol.write(message) == framed(vector)
    assert framed("91 06") == protocol.PING


@pytest.mark.parametrize("length", [0, 1, 127, 128, 16_383, 16_384, 2_097_151, 2_097_152])
def test_lengths_are_seven_bits_a_byte(length: int) -> None:
    """As many bytes as the specification says, and the highest bit on all but the last."""
    written = protocol.prefix(length)
    assert len(written) == max(1, -(-length.bit_length() // 7))
    assert sum((byte & 0x7F) << (7 * place) for place, byte in enumerate(written)) == length
    assert [byte >> 7 for byte in written] == [1] * (len(written) - 1) + [0]


def test_long_messages_are_read_and_cut_as_short_ones() -> None:
    """A length of two and of three bytes."""
    body = msgpack.packb([1, {}, "1", "x", ["я" * 10_000], []])
    data = protocol.prefix(len(body)) + body
    for offset in (0, 1, 2, 3, 4, len(data) - 1):
        reader = protocol.Reader(LIMITS)
        (call,) = [*reader.feed(data[:offset]), *reader.feed(data[offset:])]
        assert isinstance(call, m.Invocation)
        assert call.arguments == ("я" * 10_000,)


@pytest.mark.parametrize("vector", HOSTILE)
def test_what_is_no_message_is_refused(vector: str) -> None:
    """A protocol error, never another one."""
    with pytest.raises(m.ProtocolError):
        list(protocol.Reader(LIMITS).feed(framed(vector)))


@pytest.mark.parametrize("data", ["ff ff ff ff 07", "81 80 02", "ff ff ff ff ff 01", "80 80 80 80 80"])
def test_a_length_that_is_too_large_is_refused_before_anything_is_kept(data: str) -> None:
    """Two gigabytes, one byte over the limit, and lengths that never end."""
    with pytest.raises(m.ProtocolError):
        list(protocol.Reader(LIMITS).feed(bytes.fromhex(data)))


def test_deep_nesting_is_no_crash() -> None:
    """15 000 arrays in each other."""
    body = b"\x91" * 15_000 + b"\x90"
    with pytest.raises(m.ProtocolError):
        list(protocol.Reader(LIMITS).feed(protocol.prefix(len(body)) + body))
