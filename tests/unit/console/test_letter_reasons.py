"""Why a letter was set aside, in plain words: each code has them, and who can mend it is asked."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from console.pages import letter_reasons
from console.pages.say import Say
from libs.contracts.dead_letter import DeadLetter
from libs.contracts.types import Entity, Side
from libs.state.dead_letters import Received
from libs.wording import reasons
from libs.wording.languages import LANGUAGES, Language

ROOT = Path(__file__).parents[3]


def say(language: Language = "en") -> Say:
    """How a reader is spoken to."""
    return Say(language, ZoneInfo("Europe/Kyiv"), datetime(2026, 1, 15, tzinfo=UTC))


def received(
    code: str = "", reason: str = "permanent", error: str = "", service: str = "outbound-sync", topic: str = "",
    field: str | None = None, side: Side | None = None,
) -> Received:  # fmt: skip
    """A letter that was set aside so."""
    letter = DeadLetter(topic, -1, -1, None, b"", (), reason, error, 1, None)
    return Received(service, f"{service}.dead-letter.v1", 0, 0, letter, code, field, Entity.ORDER, 1, side)


def given() -> Iterator[str]:
    """Every code that a permanent failure is raised with, as the source has it."""
    for path in (*(ROOT / "libs").rglob("*.py"), *(ROOT / "services").rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call):
                named = [one.value for one in node.keywords if one.arg == "code"]
                is_failure = isinstance(node.func, ast.Name) and node.func.id == "PermanentError"
                found = named + (list(node.args[1:2]) if is_failure else [])
                yield from (one.value for one in found if isinstance(one, ast.Constant) and isinstance(one.value, str))


def test_every_code_of_the_source_has_a_sentence_and_a_step() -> None:
    """A new kind of permanent failure needs its words here."""
    codes = set(given())

    assert {"refused", "gone", "negative", "too-large", "identity"} <= codes
    assert sorted(code for code in codes if not letter_reasons.is_known(code)) == []


def test_every_reason_and_rule_has_a_sentence_and_a_step() -> None:
    """What the lists of a few words know, the page of a letter explains."""
    known = {**reasons.LETTERS, **reasons.CODES, **reasons.REFUSALS}

    assert [key for key in known if not letter_reasons.is_known(key)] == []


@pytest.mark.parametrize("language", LANGUAGES)
def test_whoever_entered_the_value_is_asked_to_mend_it(language: Language) -> None:
    """A phone on its way to KeyCRM is mended in VMS; the field has its name."""
    error = "phone: the value for KeyCRM is no possible phone number; correct it in VMS"
    told = letter_reasons.told(received("phone_possible", error=error, field="phone", side=Side.KEYCRM), say(language))

    assert (
        told.sentence == {"en": "No such phone number is possible.", "uk": "Такого номера телефону не буває."}[language]
    )
    assert "VMS" in told.fix
    assert "KeyCRM" not in told.fix
    assert told.field == {"en": "phone", "uk": "телефон"}[language]


def test_who_speaks_in_the_error_is_named() -> None:
    """A create in KeyCRM that VMS's look ended is VMS's doing."""
    gone = letter_reasons.told(received("gone", error="VMS has no such record: GET order 7", side=Side.KEYCRM), say())

    assert gone.sentence == "VMS no longer has the record."


def test_what_one_side_refuses_is_corrected_on_the_other() -> None:
    """Whichever half of the work met the refusal."""
    refusal = "VMS refused PUT /Orders with 422, field contactName: too long"
    told = letter_reasons.told(received("refused", error=refusal, side=Side.KEYCRM), say())

    assert told.sentence == "VMS did not accept what was to be written."
    assert "in KeyCRM" in told.fix


def test_what_each_attempt_met_is_told_too() -> None:
    """A known text of the clients is said in the reader's language."""
    told = letter_reasons.told(received(reason="exhausted", error="KeyCRM answered 500 to PUT order 5"), say("uk"))

    assert told.why == "KeyCRM відповідає помилкою 500"


@pytest.mark.parametrize(
    ("letter", "whom"),
    [
        (received(reason="malformed", topic="vms.order.v1"), "VMS’s developers"),
        (received(reason="malformed", service="ingress"), "The poll of KeyCRM"),
        (received(reason="unknown_type", topic="keycrm.order.v1"), "your technician"),
        (received(reason="exhausted", service="notifier"), "test message"),
        (received(reason="exhausted", service="notifier", topic="sync.event.v1"), "your technician"),
    ],
)
def test_the_next_step_is_for_who_can_take_it(letter: Received, whom: str) -> None:
    """VMS's developers, the poll, the technician, whoever reads the channel."""
    assert whom in letter_reasons.told(letter, say()).fix


@pytest.mark.parametrize(
    ("error", "field"),
    [
        ("attribute 'source' is missing: send header ce_source", "source"),
        ("field 'id' of the order must be KeyCRM's id, a positive whole number", "id"),
        ("lines.0.price: Input should be a valid decimal", "lines.0.price"),
        ("the body is not JSON, or nested too deeply", ""),
    ],
)
def test_a_message_that_cannot_be_read_names_where(error: str, field: str) -> None:
    """As its text calls the place; nothing is made up."""
    assert letter_reasons.told(received(reason="malformed", error=error), say()).field == field


def test_what_nobody_knows_is_said_to_be_unknown() -> None:
    """A code of a newer release is no failure of the page."""
    told = letter_reasons.told(received("brand-new", reason="brand-new"), say())

    assert told.sentence == "Why it was set aside is not known."
