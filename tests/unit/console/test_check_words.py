"""Each check of Set-up in words: whatever is wrong has a fix, and no key or English text is left for a Ukrainian."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest

from console.handlers.setup import TELLING, Check
from console.pages import check_words
from console.pages.say import Say
from libs.contracts.topics import SERVICES
from libs.reconcile.pair_rows import Mistake
from libs.wording import pairs
from libs.wording.languages import LANGUAGES, Language

NOW = datetime(2026, 1, 15, tzinfo=UTC)
# What processes say of their parts, as health, broker and pairs have it.
FAULTS = (
    "broker: kafka: NodeNotReadyError", "broker: no answer within 3 s", "broker: not checked yet",
    "consumers: kafka: consumers are not started yet", "consumers: held by the flood guard: vms.order.v1 (malformed)",
    "consumers: set aside, the next record cannot be unpacked: vms.order.v1-3", "database: no answer",
    "database: the check failed: ValueError",
)  # fmt: skip
# What each mistake's sentence names; words of the file stand as they are in every language.
NAMED = {
    "table": "statuses", "row": 2, "name": "vms", "kind": "column", "shape": (("vms", "byte"), ("column", "column")),
    "known": "keycrm, vms", "value": "300", "count": 2, "mark": "to_vms", "flag": "shipped", "id": 19,
    "currency": "USD", "written": "UAH", "why": "FileNotFoundError",
}  # fmt: skip
MISTAKES = tuple(Mistake(key, NAMED) for key in (*pairs.FILE, *pairs.ROWS, *pairs.ACCOUNT))
CHECKS = (
    *(Check("pairs", fault=one.key, mistake=one) for one in MISTAKES),
    *(
        Check("process", "inbound-apply", f"pairs: SYNC_PAIRS_FILE: {pairs.mistake(key, NAMED, 'en')}")
        for key in pairs.ACCOUNT
    ),
    *(Check("process", "notifier", fault) for fault in FAULTS),
    *(Check("process", service, "silent") for service in TELLING),
    Check("partner", "vms", "VMS cannot be reached (GET /Orders)"),
    Check("partner", "keycrm", "KeyCRM refused our key (401 to GET /order): check KEYCRM_API_KEY"),
    Check("flow", "price.to_keycrm", "This run would reprice 41 of 120: it stopped."),
    Check("topic", "inbound-apply keycrm.order.v1", "malformed"),
    Check("channel", "shift", "the channel answered 500"),
    Check("channel", fault="none"),
)
# Names that are the same in every language.
NAMES = (
    r"[A-Z][A-Z_]{3,}|Kafka|PostgreSQL|VMS|KeyCRM|ValueError|deploy/notify\.sample\.toml|shift"
    rf"|{'|'.join(SERVICES)}|[a-z]+\.order\.v1(?:-3)?|\(malformed\)"
    r"|statuses|keycrm|column|to_vms|shipped|cancelled|true|null|vms|TOML|UAH|USD|FileNotFoundError"
    r"|necessarySquareMeters|linearMeters|numberOfOutputPallet"
)


def say(language: Language) -> Say:
    """How a reader is spoken to."""
    return Say(language, ZoneInfo("Europe/Kyiv"), NOW)


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("check", CHECKS, ids=lambda one: f"{one.part} {one.about} {one.fault}")
def test_what_is_wrong_has_a_fix(check: Check, language: Language) -> None:
    """In each language, and in it alone."""
    line = check_words.line(check, say(language))

    assert line.fix
    left = re.sub(NAMES, "", f"{line.title} {line.told} {line.fix}") if language == "uk" else ""
    assert re.findall(r"[A-Za-z]+", left) == []


def test_a_mistake_is_told_with_all_that_it_names() -> None:
    """The same facts in each language."""
    one = Mistake("wrong_value", NAMED | {"kind": "byte"})
    told = [check_words.line(Check("pairs", fault=one.key, mistake=one), say(language)).told for language in LANGUAGES]

    assert set(told) == {
        "statuses row 2: vms = 300: must be a whole number from 0 to 255",
        "statuses, рядок 2: vms = 300: тут має бути ціле число від 0 до 255",
    }


def test_every_service_is_looked_for() -> None:
    """Also the one that has no database."""
    assert set(TELLING) == set(SERVICES)


def test_a_silent_ingress_says_what_goes_on_meanwhile() -> None:
    """It tells over Kafka, and the poll finds what webhooks would tell."""
    fix = check_words.line(Check("process", "ingress", "silent"), say("en")).fix

    assert fix is not None
    assert "Kafka" in fix
    assert "poll" in fix
