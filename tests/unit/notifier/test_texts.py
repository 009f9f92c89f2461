"""What people read."""

from __future__ import annotations

from datetime import timedelta
from zoneinfo import ZoneInfo

import pytest

from libs.contracts.events import SYNC_TYPES, SyncEvent
from libs.wording.figures import moment
from libs.wording.languages import LANGUAGES, Language
from notifier.domain.matters import ALL_WELL, STILL, TEST, WAITING
from notifier.domain.texts import SUMMARY, Voice, fold, message
from tests.fakes import BEGIN

UK = Voice("uk", ZoneInfo("Europe/Kyiv"), "https://sync.example.com/")
EN = Voice("en", ZoneInfo("Europe/Kyiv"), "https://sync.example.com/")


def event(**facts: object) -> dict[str, object]:
    """An event as it is kept."""
    return SyncEvent.model_validate(
        {"entity": "order", "bindingId": 7, "vmsId": "g-1", "keycrmId": 417} | facts
    ).model_dump(mode="json", by_alias=True)


def lasting(kind: str = "conflict", **facts: object) -> dict[str, object]:
    """News of what lasts since two hours."""
    about = event(fields=["status"], reason="both_changed", details={"conflictId": 12})
    return {
        "event": about, "type": "sync.conflict.opened", "kind": kind, "times": 3, "hours": 4,
        "since": BEGIN.isoformat(), "at": (BEGIN + timedelta(hours=2)).isoformat(),
    } | facts  # fmt: skip


def test_a_message_says_what_and_why_and_where_to_go() -> None:
    """In Ukrainian and in English: the ids, the field, the reason in words, the page of the question."""
    told = event(fields=["manager_comment"], reason="both_changed", details={"conflictId": 12, "number": "1042"})

    uk, en = message("sync.conflict.opened", told, UK), message("sync.conflict.opened", told, EN)
    assert (uk.title, uk.gravity) == ("Замовлення № 1042 (KeyCRM 417, VMS g-1) чекає на ваше рішення", "warning")
    assert uk.body.splitlines() == [
        "Замовлення № 1042 (KeyCRM 417, VMS g-1) чекає на рішення людини: коментар менеджера; "
        "причина: змінено на обох сторонах.",
        "Відкрити: https://sync.example.com/conflicts/12",
    ]
    assert en.title == "Order no. 1042 (KeyCRM 417, VMS g-1) waits for your decision"
    assert en.body.endswith("Open: https://sync.example.com/conflicts/12")


@pytest.mark.parametrize(
    ("event_type", "facts", "page"),
    [
        ("sync.updated", {}, "/records/orders/7"),
        ("sync.created", {"entity": "article"}, "/records/articles/7"),
        ("sync.conflict.resolved", {"details": {"conflictId": 12}}, "/records/orders/7"),
        ("sync.dead-letter", {"details": {"letterId": 5}}, "/dead-letters"),
        ("sync.partner.unreachable", {"entity": "system", "details": {"partner": "keycrm"}}, "/"),
        ("sync.flow.stopped", {"entity": "system", "details": {"flow": "stock.to_keycrm"}}, "/"),
    ],
)
def test_each_links_to_the_page_where_it_is_looked_at(event_type: str, facts: dict[str, object], page: str) -> None:
    """Without the console's address there is no link."""
    told = event(**facts)

    assert message(event_type, told, EN).body.splitlines()[-1] == f"Open: https://sync.example.com{page}"
    assert "Open" not in message(event_type, told, Voice("en")).body


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("event_type", SYNC_TYPES)
def test_every_type_has_words_of_its_own(event_type: str, language: Language) -> None:
    """No title is the fallback, and each can be told of the system as a whole too."""
    for facts in (event(), {"entity": "system", "details": {"partner": "keycrm"}}):
        told = message(event_type, facts, Voice(language))
        assert event_type not in told.title + told.body
        assert "{" not in told.title + told.body


def test_a_reminder_says_since_when_and_how_often() -> None:
    """The same page, the same gravity."""
    uk, en = message(STILL, lasting(), UK), message(STILL, lasting(), EN)

    assert uk.title == "Досі: Замовлення (KeyCRM 417, VMS g-1) чекає на ваше рішення"
    assert uk.body.splitlines()[1:] == [
        f"Початок: {day('uk')} (Київ). Триває: 2 год.", "Помічено 3 рази.",
        "Відкрити: https://sync.example.com/conflicts/12",
    ]  # fmt: skip
    assert (en.title, en.gravity) == ("Still: Order (KeyCRM 417, VMS g-1) waits for your decision", "warning")
    assert "Seen 3 times." in en.body


def test_the_end_says_how_long_it_lasted() -> None:
    """All is well again; the record is linked, since nothing is left to decide."""
    uk = message(ALL_WELL, lasting(), UK)

    assert (uk.title, uk.gravity) == (
        "Знову все гаразд: Замовлення (KeyCRM 417, VMS g-1) — питання вирішено", "success"
    )  # fmt: skip
    assert uk.body.splitlines() == [
        f"Початок: {day('uk')} (Київ). Тривало: 2 год.", "Відкрити: https://sync.example.com/records/orders/7",
    ]  # fmt: skip
    partner = lasting("partner", event={"entity": "system", "details": {"partner": "keycrm"}})
    assert message(ALL_WELL, partner, EN).title == "All is well again: KeyCRM answers again"


def test_many_letters_are_those_of_a_service() -> None:
    """The first message names its record; the reminder and the end speak of all of them."""
    about = event(details={"letterId": 5, "service": "inbound-apply", "reason": "permanent", "count": 1})
    told = lasting("letters", type="sync.dead-letter", event=about)

    assert message("sync.dead-letter", about, EN).title.startswith("Order (KeyCRM 417, VMS g-1): set aside")
    assert message(STILL, told, EN).title == "Still: Writing to VMS: set aside, a person must look"
    assert message(ALL_WELL, told, EN).title == "All is well again: writing to VMS: nothing is set aside any more"
    assert message(STILL, told, EN).body.endswith("/dead-letters")


@pytest.mark.parametrize(
    ("hours", "uk"),
    [(1, "вже 1 годину"), (4, "вже 4 години"), (24, "вже 24 години"), (72, "вже 72 години"), (5, "вже 5 годин")],
)
def test_a_question_that_waits_says_how_long(hours: int, uk: str) -> None:
    """With the plural form that goes with the number."""
    assert message(WAITING, lasting(hours=hours), UK).title.endswith(f"чекає на ваше рішення {uk}")


def test_a_test_says_that_the_channel_works() -> None:
    """And who is trying."""
    told = message(TEST, {"channel": "shop", "actor": "Оксана"}, UK)

    assert told.title == "Перевірка: сповіщення доходять"
    assert told.body.startswith("Оксана перевіряє канал shop")


def test_a_type_of_a_newer_release_is_told_by_its_name() -> None:
    """Nobody is left without the news because this process is older."""
    assert message("sync.quarrel", event(), EN).title == "Order (KeyCRM 417, VMS g-1): sync.quarrel"


def test_only_known_details_are_told() -> None:
    """What somebody else puts into an event's details does not reach a messenger."""
    told = message("sync.flow.stopped", event(details={"phone": "+380501112233", "count": 3}), UK)

    assert "+380501112233" not in told.title + told.body
    assert "усього таких: 3" in told.body


def test_a_summary_counts_and_is_as_grave_as_the_gravest() -> None:
    """By type, the most frequent first, with the time it spans; a reminder counts as what it reminds of."""
    notes = [("sync.updated", event(), BEGIN + timedelta(minutes=number)) for number in range(3)]
    folded = fold([*notes, ("sync.dead-letter", event(), BEGIN), (STILL, lasting(type="sync.dead-letter"), BEGIN)])
    uk, en = message(SUMMARY, folded, UK), message(SUMMARY, folded, EN)

    assert (en.title, en.gravity) == ("5 pieces of news in one message", "failure")
    assert en.body.splitlines()[:2] == ["3 × updated", "2 × set aside"]
    assert uk.title == "5 новин в одному повідомленні"
    assert uk.body.splitlines()[:2] == ["3 × оновлено", "2 × відкладено"]
    assert uk.body.splitlines()[2].startswith(f"З {day('uk')} (Київ) до ")


def test_a_summary_of_summaries_counts_them_all() -> None:
    """A refused summary is folded into the next one."""
    first = fold([("sync.updated", event(), BEGIN + timedelta(hours=1))] * 2)
    second = fold([(SUMMARY, first, BEGIN + timedelta(hours=2)), ("sync.updated", event(), BEGIN + timedelta(hours=3))])

    assert second["counts"] == {"sync.updated": 3}
    assert second["since"] == (BEGIN + timedelta(hours=1)).isoformat()


def test_a_summary_is_never_long() -> None:
    """Of many kinds the most frequent are named."""
    folded = {
        "counts": {f"sync.k{number}": 1 for number in range(20)},
        "since": BEGIN.isoformat(),
        "until": BEGIN.isoformat(),
    }

    assert len(message(SUMMARY, folded, EN).body.splitlines()) == 15
    assert "and 8 of other kinds" in message(SUMMARY, folded, EN).body


def day(language: Language) -> str:
    """The beginning, as it is told in Kyiv."""
    return moment(BEGIN, language, ZoneInfo("Europe/Kyiv")).rpartition(" (")[0]
