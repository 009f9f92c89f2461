"""A dead letter keeps its record byte for byte, and a replay is the same record without its history."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

from libs.contracts.dead_letter import DeadLetter, read

LETTER = DeadLetter(
    topic="vms.order.v1",
    partition=3,
    offset=42,
    key=b"\xff7",
    body=b"{\xff",
    headers=(("ce_id", b"e-1"), ("odd", None), ("traceparent", b"00-x"), ("odd", b"\xfe")),
    reason="malformed",
    error="the body is not JSON",
    attempts=1,
    first_failed_at=datetime(2026, 1, 15, 9, 30, tzinfo=UTC),
)


def test_it_round_trips() -> None:
    """What is written is read: place, reason, attempts, first failure, and the record itself."""
    headers, body = LETTER.encode()

    assert read(headers, LETTER.key, body) == LETTER


def test_a_replay_is_the_record_without_trace_and_history() -> None:
    """Origin topic, key, body and own headers; neither the trace nor the dead letter's own headers."""
    headers, body = LETTER.encode()

    topic, key, replayed, value = read(headers, LETTER.key, body).for_replay()

    assert (topic, key, value) == ("vms.order.v1", b"\xff7", b"{\xff")
    assert replayed == [("ce_id", b"e-1"), ("odd", None), ("odd", b"\xfe")]


def test_a_second_death_keeps_no_headers_of_the_first() -> None:
    """A replayed record that fails again has one set of reasons."""
    headers, _ = LETTER.encode()
    again = replace(LETTER, headers=tuple(headers), reason="permanent")

    names = [name for name, _ in again.encode()[0]]

    assert names.count("dl-reason") == 1


def test_a_tombstone_without_a_key_can_be_written() -> None:
    """Kafka takes no record of two nulls: its body becomes empty."""
    assert replace(LETTER, key=None, body=None).encode()[1] == b""


def test_reading_refuses_nothing() -> None:
    """A foreign record on a dead-letter topic is shown as unknown, never lost."""
    letter = read([("dl-offset", b"x"), ("dl-first-failed-at", b"\xff"), ("dl-attempts", None)], None, None)

    assert (letter.reason, letter.offset, letter.attempts, letter.first_failed_at) == ("unknown", -1, 1, None)
