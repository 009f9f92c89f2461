"""The first record of a connection."""

from __future__ import annotations

import orjson
import pytest

from notifier.hub import handshake, json_protocol, msgpack_protocol
from notifier.hub.limits import Limits
from notifier.hub.messages import ProtocolError

LIMITS = Limits()


def shake(data: bytes, *, is_text_only: bool = False) -> object:
    """What comes of these bytes at once."""
    return handshake.Handshake(LIMITS, is_text_only=is_text_only).feed(data)


@pytest.mark.parametrize("version", [0, 1, 2])
def test_versions_nought_to_two_are_taken(version: int) -> None:
    """One Python client says 0, the JavaScript client 2 where it would reconnect statefully."""
    assert shake(b'{"protocol":"json","version":%d}\x1e' % version) == (json_protocol, b"")


def test_it_may_be_cut_anywhere_and_messages_may_follow() -> None:
    """For MessagePack the bytes after the separator are binary already."""
    whole = b'{"protocol":"messagepack","version":1}\x1e\x02\x91\x06'
    end = whole.index(b"\x1e")
    for offset in range(end + 1):
        begun = handshake.Handshake(LIMITS, is_text_only=False)
        assert begun.feed(whole[:offset]) is None
        assert begun.feed(whole[offset:]) == (msgpack_protocol, b"\x02\x91\x06")


@pytest.mark.parametrize(
    ("record", "why"),
    [
        (b'{"protocol":"xml","version":1}', "known are json and messagepack"),
        (b'{"protocol":"json","version":3}', "known are 0 to 2"),
        (b'{"protocol":"json","version":-1}', "known are 0 to 2"),
        (b'{"protocol":"json","version":true}', "needs protocol"),
        (b'{"protocol":"json"}', "needs protocol"),
        (b'{"protocol":7,"version":1}', "needs protocol"),
        (b'{"type":6}', "with protocol and version"),
        (b"[]", "with protocol and version"),
        (b"", "JSON object ended"),
        (b"{", "JSON object ended"),
        (b"\xff", "JSON object ended"),
        (b"[" * 2000, "JSON object ended"),
        (b'{"protocol":"' + b"x" * 5000 + b'"}', "at most 4096 bytes"),
    ],
    ids=range(13),
)
def test_what_is_none_is_refused_in_words(record: bytes, why: str) -> None:
    """The words name the fix."""
    with pytest.raises(ProtocolError, match=why):
        shake(record + b"\x1e")


def test_binary_over_a_text_transport_is_refused() -> None:
    """Server-Sent Events carry text."""
    with pytest.raises(ProtocolError, match="choose the json protocol"):
        shake(b'{"protocol":"messagepack","version":1}\x1e', is_text_only=True)


def test_one_that_never_ends_is_refused() -> None:
    """Before all of it was kept."""
    begun = handshake.Handshake(LIMITS, is_text_only=False)
    assert begun.feed(b"x" * 4096) is None
    with pytest.raises(ProtocolError):
        begun.feed(b"x")


def test_the_answers_are_json_with_a_separator() -> None:
    """Nothing but an empty object says yes."""
    assert handshake.ACCEPTED == b"{}\x1e"
    assert orjson.loads(handshake.refusal("no").rstrip(b"\x1e")) == {"error": "no"}
