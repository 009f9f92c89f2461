"""CloudEvents over Kafka: both modes are read, nothing malformed slips through, nothing of the content leaks."""

from __future__ import annotations

import json
from datetime import UTC, datetime

import pytest

from libs.contracts.envelope import Envelope, MalformedRecord, decode, encode

NOW = datetime(2026, 1, 15, 9, 30, tzinfo=UTC)
EVENT = Envelope(
    "id-1", "/vms", "vms.order.created", "42", NOW, b'{"a": 1}', "00-" + "a" * 32 + "-" + "b" * 16 + "-01", "c-1"
)


def _headers(**changes: bytes | None) -> list[tuple[str, bytes | None]]:
    headers: dict[str, bytes | None] = dict(encode(EVENT)[0])
    headers.update(changes)
    return list(headers.items())


def test_binary_mode_round_trips() -> None:
    """What is encoded is decoded, with both extensions."""
    headers, body = encode(EVENT)

    assert decode(headers, body) == EVENT


def test_structured_mode_is_read() -> None:
    """A producer may put attributes into the body."""
    document = {
        "specversion": "1.0", "id": "id-1", "source": "/vms", "type": "vms.order.created", "subject": "42",
        "time": "2026-01-15T11:30:00+02:00", "correlationid": "c-1", "data": {"a": 1},
    }  # fmt: skip

    envelope = decode([("content-type", b"application/cloudevents+json; charset=utf-8")], json.dumps(document).encode())

    assert (envelope.id, envelope.time, json.loads(envelope.body)) == ("id-1", NOW, {"a": 1})
    assert envelope.correlation_id == "c-1"


@pytest.mark.parametrize(
    ("changes", "word"),
    [
        ({"ce_id": b""}, "'id'"),
        ({"ce_type": None}, "'type'"),
        ({"ce_specversion": b"0.3"}, "specversion"),
        ({"ce_time": b"yesterday"}, "RFC 3339"),
        ({"ce_time": b"2026-01-15T09:30:00"}, "no offset"),
        ({"ce_source": b"\xff\xfe"}, "not UTF-8"),
    ],
)
def test_a_malformed_header_is_named(changes: dict[str, bytes | None], word: str) -> None:
    """The reason says which attribute and what to send."""
    with pytest.raises(MalformedRecord, match=word):
        decode(_headers(**changes), b"{}")


def test_a_foreign_header_that_is_not_text_is_ignored() -> None:
    """Only the headers that we read must be text."""
    assert decode([*_headers(), ("blob", b"\xff")], b"{}").id == "id-1"


@pytest.mark.parametrize("body", [None, b""])
def test_a_tombstone_is_malformed(body: bytes | None) -> None:
    """A deletion marker carries no event."""
    with pytest.raises(MalformedRecord, match="tombstone"):
        decode(_headers(), body)


def test_the_reason_never_quotes_the_body() -> None:
    """Bodies hold personal data, reasons reach logs."""
    with pytest.raises(MalformedRecord) as caught:
        decode([("content-type", b"application/cloudevents+json")], b"Olena Testova {")

    assert "Olena" not in caught.value.reason
