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
    assert (uk.title, uk.gravity) == ("Замовлення № 1042 (KeyCRM 417) чекає на ваше рішення", "warning")
    assert uk.body.splitlines() == [
        "Замовлення № 1042 (KeyCRM 417) чекає на рішення людини: коментар менеджера; "
        "причина: змінено на обох сторонах.",
        "Відкрити: https://sync.example.com/conflicts/12",
    ]
    assert en.title == "Order no. 1042 (KeyCRM 417) waits for your decision"
    assert en.body.endswith("Open: https://sync.example.com/conflicts/12")


@pytest.mark.parametrize(
    ("event_type", "facts", "page"),
    [
        ("sync.updated", {}, "/records/orders/7"),
        ("sync.created", {"entity": "article"}, "/records/articles/7"),
        ("sync.conflict.resolved", {"details": {"conflictId": 12}}, "/records/orders/7"),
        ("sync.dead-letter", {"details": {"letterId": 5}}, "/dead-letters"),
        ("sync.partner.unreachable", {"entity": "system", "details": {"partner": "keycrm"}}, "/"),
        ("sync.flow.stopped", {"entity": "system", "details": {"flow": "stock.to_keycrm"}}, "/setup"),
        (
            "sync.dead-letter",
            {"details": {"letterId": 5, "service": "ingress", "reason": "malformed"}},
            "/dead-letters?service=ingress&reason=malformed",
        ),
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

    assert uk.title == "Замовлення (KeyCRM 417, VMS g-1) досі чекає на ваше рішення"
    assert uk.body.splitlines()[1:] == [
        f"Початок: {day('uk')} (Київ). Триває: 2 год.", "Відкрити: https://sync.example.com/conflicts/12",
    ]  # fmt: skip
    assert (en.title, en.gravity) == ("Order (KeyCRM 417, VMS g-1) still waits for your decision", "warning")
    away = lasting(type="sync.partner.unreachable", event={"entity": "system", "details": {"partner": "keycrm"}})
    assert message(STILL, away, UK).body.splitlines()[2] == "Помічено 3 рази."
    assert "Seen 3 times." in message(STILL, away, EN).body


def test_the_end_says_how_long_it_lasted() -> None:
    """All is well again; the record is linked, since nothing is left to decide."""
    uk = message(ALL_WELL, lasting(), UK)

    assert (uk.title, uk.gravity) == (
        "Усе гаразд: Замовлення (KeyCRM 417, VMS g-1) — питання вирішено", "success"
    )  # fmt: skip
    assert uk.body.splitlines() == [
        f"Початок: {day('uk')} (Київ). Тривало: 2 год.", "Відкрити: https://sync.example.com/records/orders/7",
    ]  # fmt: skip
    partner = lasting("partner", event={"entity": "system", "details": {"partner": "keycrm"}})
    assert message(ALL_WELL, partner, EN).title == "All is well: KeyCRM answers again"


def test_a_partner_that_refuses_our_key_is_not_said_to_be_away() -> None:
    """Who reads it corrects the setting that is named: the link leads to the set-up, until the key is accepted."""
    refused = event(
        entity="system", bindingId=None, vmsId=None, keycrmId=None, details={"partner": "keycrm"},
        reason="KeyCRM refused our key (403 to GET /order): check KEYCRM_API_KEY",
    )  # fmt: skip
    told = lasting("partner", type="sync.partner.unreachable", event=refused)

    uk, en = (message("sync.partner.unreachable", refused, voice) for voice in (UK, EN))
    assert (uk.title, en.title) == ("KeyCRM не приймає наш ключ", "KeyCRM refuses our key")
    assert uk.body.splitlines() == [
        "Усе, що йде до KeyCRM, чекає; причина: KeyCRM не приймає наш ключ: перевірте KEYCRM_API_KEY.",
        "Відкрити: https://sync.example.com/setup",
    ]
    assert en.body.splitlines()[0] == (
        "What is meant for KeyCRM waits; reason: KeyCRM refused our key: check KEYCRM_API_KEY."
    )
    assert [message(STILL, told, voice).title for voice in (UK, EN)] == [
        "KeyCRM досі не приймає наш ключ", "KeyCRM still refuses our key",
    ]  # fmt: skip
    assert message(STILL, told, EN).body.endswith("/setup")
    assert [message(ALL_WELL, told, voice).title for voice in (UK, EN)] == [
        "Усе гаразд: KeyCRM знову приймає наш ключ", "All is well: KeyCRM accepts our key again",
    ]  # fmt: skip


def test_many_letters_are_those_of_a_service() -> None:
    """The first message names its record; the reminder and the end speak of all of them."""
    about = event(details={"letterId": 5, "service": "inbound-apply", "reason": "permanent", "count": 1})
    told = lasting("letters", type="sync.dead-letter", event=about)

    assert message("sync.dead-letter", about, EN).title.startswith("Order (KeyCRM 417, VMS g-1): set aside")
    assert message(STILL, told, EN).title == "Writing to VMS: something is still set aside, a person must look"
    assert message(ALL_WELL, told, EN).title == "All is well: writing to VMS: nothing is set aside any more"
    assert message(STILL, told, EN).body.endswith("/dead-letters?service=inbound-apply&reason=permanent")
    assert message(STILL, told, UK).body.splitlines()[0] == (
        "Запис у VMS: опрацювати вдалося не все, відкладене чекає на людину; "
        "причина: відмовлено, і повтор нічого не змінить; усього таких: 3."
    )


@pytest.mark.parametrize(
    ("hours", "uk"),
    [(1, "вже 1 годину"), (4, "вже 4 години"), (24, "вже 24 години"), (72, "вже 3 дні"), (5, "вже 5 годин")],
)
def test_a_question_that_waits_says_how_long(hours: int, uk: str) -> None:
    """With the plural form that goes with the number; whole days as days."""
    assert message(WAITING, lasting(hours=hours), UK).title.endswith(f"чекає на ваше рішення {uk}")


@pytest.mark.parametrize("event_type", [STILL, ALL_WELL, WAITING])
def test_a_sentence_ends_with_one_point(event_type: str) -> None:
    """Also where it ends with a unit that has one of its own."""
    told = lasting(at=(BEGIN + timedelta(days=2)).isoformat())

    assert "2 дн.\n" in message(event_type, told, UK).body.replace("\u00a0", " ")
    assert ".." not in message(event_type, told, UK).body.replace("://", "")


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


def test_the_time_is_told_for_a_message_may_come_late() -> None:
    """With the place whose time it is."""
    told = event() | {"at": BEGIN.isoformat()}

    assert message("sync.updated", told, UK).body.splitlines()[1] == f"Коли: {day('uk')} (Київ)."
    assert message("sync.updated", told, EN).body.splitlines()[1] == f"When: {day('en')} (Kyiv)."


@pytest.mark.parametrize("event_type", ["sync.updated", STILL, ALL_WELL, WAITING, SUMMARY])
def test_nothing_that_a_person_typed_is_told(event_type: str) -> None:
    """Neither the name of who decided nor his words: those are on the console, behind the sign-in."""
    typed = event(actor="Олена Коваль", reason="Іван просив: +380501112233", details={"conflictId": 3})
    shapes = {"sync.updated": typed, SUMMARY: fold([("sync.updated", typed, BEGIN)])}
    told = message(event_type, shapes.get(event_type, lasting(event=typed)), UK)

    assert all(word not in told.title + told.body for word in ("Олена", "Іван", "+380"))


def test_a_summary_names_few_counts_many_and_is_as_grave_as_the_gravest() -> None:
    """The gravest first, with the time it spans; a reminder counts as what it reminds of."""
    away = {"entity": "system", "details": {"partner": "keycrm"}}
    notes = [("sync.updated", event(), BEGIN + timedelta(minutes=number)) for number in range(4)]
    still = lasting(type="sync.partner.unreachable", event=away)
    folded = fold([*notes, ("sync.dead-letter", event(), BEGIN), (STILL, still, BEGIN)])
    uk, en = message(SUMMARY, folded, UK), message(SUMMARY, folded, EN)

    assert (en.title, en.gravity) == ("6 pieces of news in one message", "failure")
    assert en.body.splitlines()[:3] == [
        "Order (KeyCRM 417, VMS g-1): set aside, a person must look", "KeyCRM still does not answer", "4 × updated",
    ]  # fmt: skip
    assert uk.title == "6 новин в одному повідомленні"
    assert uk.body.splitlines()[1:3] == ["KeyCRM досі не відповідає", "4 × оновлено"]
    assert uk.body.splitlines()[3].startswith(f"З {day('uk')} (Київ) до ")
    assert uk.body.endswith("Відкрити: https://sync.example.com/")


def test_a_summary_of_one_sort_leads_where_all_of_it_is_settled() -> None:
    """Forty questions: their list."""
    folded = fold([("sync.conflict.opened", event(), BEGIN)] * 40)

    assert message(SUMMARY, folded, EN).body.endswith("Open: https://sync.example.com/conflicts")


def test_a_summary_of_summaries_counts_and_names_them_all() -> None:
    """A refused summary is folded into the next one; one that an older release has folded has no names."""
    first = fold([("sync.updated", event(), BEGIN + timedelta(hours=1))] * 2)
    later = ("sync.updated", event(), BEGIN + timedelta(hours=3))
    second = fold([(SUMMARY, first, BEGIN + timedelta(hours=2)), later])
    third = fold([(SUMMARY, second, BEGIN + timedelta(hours=2)), later])
    older = fold([(SUMMARY, {"counts": first["counts"], "since": first["since"]}, BEGIN), later])

    assert second["counts"] == {"sync.updated": 3}
    assert second["since"] == (BEGIN + timedelta(hours=1)).isoformat()
    assert message(SUMMARY, second, EN).body.count("Order (KeyCRM 417, VMS g-1) was updated") == 3
    assert message(SUMMARY, third, EN).body.splitlines()[0] == "4 × updated"
    assert message(SUMMARY, older, EN).body.splitlines()[0] == "3 × updated"


def test_a_summary_is_never_long() -> None:
    """Of many kinds the first are named."""
    notes = [(f"sync.k{number}", event(), BEGIN) for number in range(20) for _ in range(2)]
    told = message(SUMMARY, fold(notes), EN).body

    assert len(told.splitlines()) == 15
    assert "and 28 of other kinds" in told


def day(language: Language) -> str:
    """The beginning, as it is told in Kyiv."""
    return moment(BEGIN, language, ZoneInfo("Europe/Kyiv")).rpartition(" (")[0]
