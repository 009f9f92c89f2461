"""A record's story: chains of what one event or person caused."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from console.domain.story import Kind, Moment, chains

BEGAN = datetime(2026, 1, 15, 9, 30, tzinfo=UTC)


def at(seconds: int) -> datetime:
    """So long after the beginning."""
    return BEGAN + timedelta(seconds=seconds)


def test_a_chain_goes_from_the_event_to_the_write_and_the_newest_stands_first() -> None:
    """Rows come in any order; the correlation id says what belongs together."""
    told = [
        Moment(at(2), Kind.WRITE, "write", "a"),
        Moment(at(0), Kind.EVENT, "event", "a", until=at(2)),
        Moment(at(60), Kind.EVENT, "later", "b"),
    ]
    assert [[one.about for one in chain.moments] for chain in chains(told, 10)] == [["later"], ["event", "write"]]
    assert [[one.about for one in chain.moments] for chain in chains(told, 1)] == [["later"]]


def test_a_question_belongs_to_the_look_that_asked_it() -> None:
    """It has no correlation id: it was asked at the very instant at which the event's work was done."""
    told = [
        Moment(at(0), Kind.EVENT, "event", "a", until=at(3)),
        Moment(at(3), Kind.ASKED, "question"),
        Moment(at(9), Kind.LETTER, "letter"),
    ]
    assert [[one.about for one in chain.moments] for chain in chains(told, 10)] == [["letter"], ["event", "question"]]


def test_of_one_instant_the_event_comes_before_the_write() -> None:
    """Whatever order the tables are read in."""
    told = [Moment(at(0), kind, kind.name, "a") for kind in reversed(Kind)]
    assert [one.about for one in chains(told, 10)[0].moments] == [kind.name for kind in Kind]
