"""From bytes to events; whatever the bytes are, nothing but `Refused` is raised and nothing of them is repeated."""

from __future__ import annotations

import json
from contextlib import suppress
from dataclasses import dataclass

import pytest
from hypothesis import given
from hypothesis import strategies as st

from libs.contracts.events import VmsCustomerEvent
from libs.runtime.decode import Received, Refused, event_decoder

HEADERS: tuple[tuple[str, bytes | None], ...] = (
    ("ce_specversion", b"1.0"),
    ("ce_id", b"e-1"),
    ("ce_source", b"/vms"),
    ("ce_type", b"vms.customer.updated"),
    ("ce_time", b"2026-01-15T09:30:00+02:00"),
)
GOOD = {"customerId": 7, "changedAt": "2026-01-15T09:30:00+02:00", "companyName": "a", "contactName": "b"}


@dataclass(frozen=True)
class FakeRecord:
    """A raw record."""

    value: bytes | None
    headers: tuple[tuple[str, bytes | None], ...] = HEADERS
    topic: str = "vms.customer.v1"
    partition: int = 2
    offset: int = 5
    timestamp: int = 0
    key: bytes | None = b"7"


decode = event_decoder()


def test_a_good_record_is_an_event_with_its_place() -> None:
    """The envelope, the model, and where it stood."""
    received = decode(FakeRecord(json.dumps(GOOD).encode()))

    assert isinstance(received, Received)
    assert isinstance(received.model, VmsCustomerEvent)
    assert (received.topic, received.partition, received.offset) == ("vms.customer.v1", 2, 5)


def test_a_type_of_another_topic_is_unknown_here() -> None:
    """An order's event on the customers' topic is a producer's mistake."""
    headers = tuple((n, b"vms.order.updated" if n == "ce_type" else v) for n, v in HEADERS)

    with pytest.raises(Refused) as refused:
        decode(FakeRecord(b"{}", headers))

    assert refused.value.reason == "unknown_type"
    assert "vms.order.updated" in refused.value.error


def test_a_wrong_shape_names_its_fields_and_not_their_values() -> None:
    """The producer learns what to mend; the customer's data stay where they are."""
    body = GOOD | {"customerId": "Олена Зразкова", "phone": "+380501112233" * 9}

    with pytest.raises(Refused) as refused:
        decode(FakeRecord(json.dumps(body).encode()))

    assert refused.value.reason == "malformed"
    assert "customerId" in refused.value.error
    assert "phone" in refused.value.error
    assert "Олена" not in refused.value.error
    assert "+380" not in refused.value.error


@given(
    value=st.none() | st.binary(max_size=200) | st.text(max_size=50).map(str.encode),
    headers=st.lists(st.tuples(st.sampled_from([n for n, _ in HEADERS]), st.none() | st.binary(max_size=40))),
)
def test_no_bytes_raise_anything_else(value: bytes | None, headers: list[tuple[str, bytes | None]]) -> None:
    """Whatever stands in a record, it is an event or it is refused."""
    for tried in (tuple(headers), HEADERS, (*HEADERS, *headers)):
        with suppress(Refused):
            assert isinstance(decode(FakeRecord(value, tried)), Received)


def test_json_nested_without_end_is_malformed() -> None:
    """It would exhaust the parser's stack: refused, in both modes."""
    deep = b'{"data":' + b"[" * 200_000 + b"]" * 200_000 + b"}"
    for headers in (HEADERS, (("content-type", b"application/cloudevents+json"),)):
        with pytest.raises(Refused) as refused:
            decode(FakeRecord(deep, headers))
        assert refused.value.reason == "malformed"
