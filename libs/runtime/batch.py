"""One poll's records and where each is going: taken, dead letter, or cut (read again later).

Promises: pure bookkeeping, in the order of the records; the flood guard's tally is counted here, and a partition is
cut at the first record that it holds back, so that nothing behind it is committed.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Generic, TypeVar

from aiokafka import TopicPartition

from libs.runtime.decode import Record, Refused
from libs.runtime.flood import FloodGuard, Tally

T = TypeVar("T")
Offsets = dict[TopicPartition, int]
_NOWHERE = TopicPartition("", -1)


@dataclass(frozen=True, slots=True)
class Letter:
    """A record on its way to the dead-letter topic."""

    record: Record
    reason: str
    error: str


@dataclass(slots=True)
class Batch(Generic[T]):
    """What one poll brought."""

    tally: Tally
    first: Offsets = field(default_factory=dict)
    taken: list[tuple[Record, T]] = field(default_factory=list)
    letters: list[Letter] = field(default_factory=list)
    cut: Offsets = field(default_factory=dict)
    _following: Offsets = field(default_factory=dict)
    _place: TopicPartition = _NOWHERE

    def take(self, record: Record, decoded: T | Refused) -> None:
        """The record's next end: its mark, or its dead letter."""
        place = self._place
        if place.partition != record.partition or place.topic != record.topic:
            place = self._place = place_of(record)  # a poll brings each partition's records together
        self._following[place] = record.offset + 1
        if isinstance(decoded, Refused):
            self.refuse(record, decoded.reason, decoded.error)
            return
        self.taken.append((record, decoded))
        self.tally.handled(record.topic)

    def refuse(self, record: Record, reason: str, error: str) -> None:
        """This record becomes a dead letter."""
        self.letters.append(Letter(record, reason, error))
        self.tally.refused(record.topic, reason)

    def cut_at(self, record: Record) -> None:
        """From this record on its partition is read again later."""
        place = place_of(record)
        self.cut[place] = min(record.offset, self.cut.get(place, record.offset))

    def standing_letters(self) -> list[Letter]:
        """The letters before any cut; those behind it come again with their records."""
        return [
            letter
            for letter in self.letters
            if letter.record.offset < self.cut.get(place_of(letter.record), letter.record.offset + 1)
        ]

    def durable(self) -> Offsets:
        """What may be committed once marks and letters are durable."""
        return {place: self.cut.get(place, offset) for place, offset in self._following.items()}


def sort(decoded: Sequence[tuple[Record, T | Refused]], guard: FloodGuard) -> Batch[T]:
    """Give every record its place; of a topic that is probed only the first record is taken."""
    batch = Batch[T](guard.tally(), firsts(record for record, _ in decoded))
    probed: set[str] = set()
    for record, what in decoded:
        topic = record.topic
        if guard.is_held(topic) or topic in probed or topic in batch.tally.stopped:
            batch.cut_at(record)
            continue
        if guard.is_probing(topic):
            probed.add(topic)
        batch.take(record, what)
    return batch


def firsts(records: Iterable[Record]) -> Offsets:
    """The first offset of each partition as they come."""
    first: Offsets = {}
    for place, run in _runs(records):
        first.setdefault(place, run.offset)
    return first


def _runs(records: Iterable[Record]) -> Iterator[tuple[TopicPartition, Record]]:
    """The first record of each run of one partition: a poll brings a partition's records together."""
    topic, partition = "", -1
    for record in records:
        if record.partition != partition or record.topic != topic:
            topic, partition = record.topic, record.partition
            yield TopicPartition(topic, partition), record


def place_of(record: Record) -> TopicPartition:
    """Topic and partition."""
    return TopicPartition(record.topic, record.partition)
