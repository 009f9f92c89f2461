"""The flood guard and the batch: counting in order, cutting where it stops, probing after a pause."""

from __future__ import annotations

from dataclasses import dataclass

import pytest
from aiokafka import TopicPartition

from libs.runtime.batch import Batch, sort
from libs.runtime.decode import Record, Refused
from libs.runtime.flood import LONGEST_DOUBLING, FloodGuard

BAD = Refused("malformed", "no JSON")


@dataclass(frozen=True)
class FakeRecord:
    """A record's place."""

    offset: int
    topic: str = "t"
    partition: int = 0
    timestamp: int = 0
    key: bytes | None = None
    value: bytes | None = b"{}"
    headers: tuple[tuple[str, bytes | None], ...] = ()


def records(pattern: str, topic: str = "t") -> list[tuple[Record, str | Refused]]:
    """`.` is a good record, `x` a malformed one, `?` one of an unknown type."""
    ends: dict[str, str | Refused] = {".": "ok", "x": BAD, "?": Refused("unknown_type", "odd")}
    return [(FakeRecord(offset, topic), ends[end]) for offset, end in enumerate(pattern)]


def write(batch: Batch[str], guard: FloodGuard) -> tuple[list[int], int | None]:
    """As if the batch became durable; answers the letters' offsets and where it was cut."""
    guard.settle(batch.tally)
    return [letter.record.offset for letter in batch.standing_letters()], batch.cut.get(TopicPartition("t", 0))


def test_so_many_letters_in_a_row_stop_the_topic_and_nothing_behind_is_committed() -> None:
    """Limit 3: the third letter stands, the fourth record is where the partition is cut."""
    guard = FloodGuard(limit=3)
    batch = sort(records(".xxxx."), guard)

    letters, cut = write(batch, guard)

    assert letters == [1, 2, 3]
    assert cut == 4
    assert batch.durable() == {TopicPartition("t", 0): 4}
    assert guard.is_held("t")


@pytest.mark.parametrize("pattern", ["xx.xx.xx.", "xx?xx?xx?"])
def test_a_run_is_of_one_reason_and_ends_with_a_good_record(pattern: str) -> None:
    """Two, a good one, two more: no flood. Two of one reason, one of another: no flood."""
    guard = FloodGuard(limit=3)
    batch = sort(records(pattern), guard)

    _, cut = write(batch, guard)

    assert cut is None
    assert guard.paused == {}


def test_a_run_goes_on_from_batch_to_batch() -> None:
    """One bad record a poll, three polls: a flood."""
    guard = FloodGuard(limit=3)

    for _ in range(3):
        write(sort(records("x"), guard), guard)

    assert guard.is_held("t")


def test_a_rewound_batch_counts_nothing() -> None:
    """The database was away: the same letters are seen ten times and counted never."""
    guard = FloodGuard(limit=3)

    for _ in range(10):
        sort(records("xx"), guard)

    assert guard.paused == {}
    assert write(sort(records("xx"), guard), guard) == ([0, 1], None)


def test_other_topics_flow_while_one_is_held() -> None:
    """A held topic is cut at its first record; its neighbour in the same batch is taken."""
    guard = FloodGuard(limit=1)
    write(sort(records("x"), guard), guard)

    batch = sort([*records(".."), *records("..", topic="u")], guard)

    assert [record.topic for record, _ in batch.taken] == ["u", "u"]
    assert batch.cut == {TopicPartition("t", 0): 0}
    assert batch.durable() == {TopicPartition("u", 0): 2}


def test_a_probe_is_one_record_and_frees_the_topic_when_it_is_handled() -> None:
    """After the pause the first record alone is taken; it is good, so the topic flows."""
    guard = FloodGuard(limit=1)
    write(sort(records("x"), guard), guard)
    guard.probe("t")

    batch = sort(records("..."), guard)
    _, freed = guard.settle(batch.tally)

    assert [record.offset for record, _ in batch.taken] == [0]
    assert batch.cut == {TopicPartition("t", 0): 1}
    assert freed == {"t": "malformed"}
    assert guard.paused == {}


def test_a_failed_probe_pauses_for_twice_as_long_up_to_a_limit() -> None:
    """One record a pause goes to the dead letters, no more; the pauses end growing."""
    guard, pauses = FloodGuard(limit=1, pause_seconds=60), []

    for _ in range(8):
        write(sort(records("x"), guard), guard)
        pauses.append(guard.paused["t"].pause_seconds)
        guard.probe("t")

    assert pauses[:3] == [60, 120, 240]
    assert pauses[-1] == 60 * LONGEST_DOUBLING


def test_a_person_may_resume_it() -> None:
    """Resumed: the next record is taken and the run begins anew."""
    guard = FloodGuard(limit=2)
    write(sort(records("xx"), guard), guard)

    guard.resume("t")

    assert write(sort(records("x."), guard), guard) == ([0], None)
    assert guard.paused == {}


def test_refusals_of_the_mark_are_counted_like_malformed_ones() -> None:
    """The handler refuses record by record: at the limit the rest is cut, and no letter stands behind the cut."""
    guard = FloodGuard(limit=2)
    batch = sort(records("...x"), guard)
    for record, _ in batch.taken:
        if "t" in batch.tally.stopped:
            batch.cut_at(record)
        else:
            batch.refuse(record, "permanent", "no pair")

    letters, cut = write(batch, guard)

    assert (letters, cut) == ([0, 1], 2)
