"""What people read."""

from __future__ import annotations

from datetime import timedelta

import pytest

from libs.contracts.events import SYNC_TYPES, SyncEvent
from notifier.domain.texts import SUMMARY, fold, message
from tests.fakes import BEGIN


def event(**facts: object) -> dict[str, object]:
    """An event as it is kept."""
    return SyncEvent.model_validate(
        {"entity": "order", "bindingId": 7, "vmsId": "g-1", "keycrmId": 417} | facts
    ).model_dump(mode="json", by_alias=True)


def test_a_message_says_what_and_which_and_why() -> None:
    """Both ids, the fields, the reason in words, the number to look at."""
    told = message(
        "sync.conflict.opened", event(fields=["manager_comment"], reason="both_changed", details={"conflictId": 12})
    )

    assert (told.title, told.gravity) == ("Order (VMS g-1, KeyCRM 417): a question for you", "warning")
    assert told.body.splitlines() == [
        "fields: manager comment", "reason: both changed", "conflict: 12", "by: sync", "sync.conflict.opened",
    ]  # fmt: skip


@pytest.mark.parametrize("event_type", SYNC_TYPES)
def test_every_type_has_words_of_its_own(event_type: str) -> None:
    """No title is the fallback, and each can be told of the system as a whole too."""
    for facts in (event(), {"entity": "system", "details": {"partner": "KeyCRM"}}):
        assert event_type not in message(event_type, facts).title
    assert message(event_type, {"entity": "system", "details": {"partner": "KeyCRM"}}).title.startswith("KeyCRM")


def test_a_type_of_a_newer_release_is_told_by_its_name() -> None:
    """Nobody is left without the news because this process is older."""
    assert message("sync.quarrel", event()).title == "Order (VMS g-1, KeyCRM 417): sync.quarrel"


def test_only_known_details_are_told() -> None:
    """What somebody else puts into an event's details does not reach a messenger."""
    told = message("sync.flow.stopped", event(details={"phone": "+380501112233", "count": 3}))

    assert "+380501112233" not in told.title + told.body
    assert "count: 3" in told.body


def test_a_summary_counts_and_is_as_grave_as_the_gravest() -> None:
    """By type, the most frequent first, with the time it spans."""
    notes = [("sync.updated", event(), BEGIN + timedelta(minutes=number)) for number in range(3)]
    told = message(SUMMARY, fold([*notes, ("sync.dead-letter", event(), BEGIN)]))

    assert (told.title, told.gravity) == ("4 events in one message", "failure")
    assert told.body.splitlines() == [
        "3 × sync.updated", "1 × sync.dead-letter", "2026-01-15 09:30 UTC to 2026-01-15 09:32 UTC",
    ]  # fmt: skip


def test_a_summary_of_summaries_counts_events() -> None:
    """What was folded and refused is folded again; nothing is counted as one message."""
    inner = fold([("sync.updated", event(), BEGIN), ("sync.flow.stopped", event(), BEGIN + timedelta(minutes=1))])
    outer = fold([(SUMMARY, inner, BEGIN + timedelta(hours=1)), ("sync.updated", event(), BEGIN + timedelta(hours=2))])

    assert outer["counts"] == {"sync.updated": 2, "sync.flow.stopped": 1}
    assert (outer["since"], outer["until"]) == (BEGIN.isoformat(), (BEGIN + timedelta(hours=2)).isoformat())


def test_many_kinds_fit_one_message() -> None:
    """The rarest are told together."""
    told = message(
        SUMMARY,
        {"counts": {f"t{n:02}": n for n in range(1, 31)}, "since": BEGIN.isoformat(), "until": BEGIN.isoformat()},
    )

    assert len(told.body.splitlines()) == 14
    assert "of other kinds" in told.body
    assert told.title.startswith("465 events")
