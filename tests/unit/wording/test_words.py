"""Every key of ours in words, in each language."""

from __future__ import annotations

import ast
import string
from pathlib import Path

import pytest

from libs.contracts.access import Role
from libs.contracts.events import SYNC_TYPES, SyncEvent
from libs.contracts.topics import SERVICES
from libs.contracts.types import Entity, Lane, Side
from libs.reconcile import fields, rules
from libs.reconcile.guard import Blast, sentence
from libs.wording import events, names, questions, reasons
from libs.wording.languages import LANGUAGES, Language
from tests.unit.reconcile.world import PAIRS

ROOT = Path(__file__).parents[3]
each_language = pytest.mark.parametrize("language", LANGUAGES)


def event(**facts: object) -> dict[str, object]:
    """An event as it travels."""
    return SyncEvent.model_validate(
        {"entity": "order", "bindingId": 7, "vmsId": "g-1", "keycrmId": 417} | facts
    ).model_dump(mode="json", by_alias=True)


def is_cyrillic(text: str) -> bool:
    """Whether somebody has said it in Ukrainian."""
    return any("а" <= letter.lower() <= "я" or letter.lower() in "іїєґ" for letter in text)


# ---- events ----------------------------------------------------------------------------------------------------------


@each_language
@pytest.mark.parametrize("entity", [*Entity, "system"])
@pytest.mark.parametrize("event_type", SYNC_TYPES)
def test_every_type_has_words_about_everything(event_type: str, entity: str, language: Language) -> None:
    """A title and a sentence without braces, without the type's key, in the language asked for."""
    told = event(entity=entity, fields=["status"], reason="both_changed", side="vms")
    for said in (events.title(event_type, told, language), events.sentence(event_type, told, language)):
        assert event_type not in said
        assert "{" not in said
        assert is_cyrillic(said) == (language == "uk")
    assert events.sentence(event_type, told, language).endswith(".")
    assert events.gravity(event_type) in events.GRAVITIES


def test_what_has_a_name_is_not_called_by_an_id_that_nobody_reads() -> None:
    """The order's number or the SKU, and what KeyCRM shows; VMS's id only where there is nothing better."""
    guid = "63196f67-4af7-49da-8389-9afb63ebde4e"
    assert events.what(event(vmsId=guid, details={"number": "KC-1"}), "uk") == "Замовлення № KC-1 (KeyCRM 417)"
    assert events.what(event(entity="article", vmsId=guid, keycrmId=None, details={"sku": "MUG"}), "uk") == "Товар MUG"
    assert guid in events.what(event(vmsId=guid), "en")


def test_a_sentence_says_what_which_where_why_and_who() -> None:
    """All in one, in both languages."""
    told = event(
        side="keycrm", fields=["status", "shipping_date"], reason="newer", actor="operator:Оксана",
        details={"number": "1042"},
    )  # fmt: skip

    assert events.sentence("sync.updated", told, "uk") == (
        "Замовлення № 1042 (KeyCRM 417) має нові дані у KeyCRM: статус, дата відправлення; "
        "причина: новіша зміна; хто: оператор Оксана."
    )
    assert events.sentence("sync.updated", told, "en") == (
        "Order no. 1042 (KeyCRM 417) was updated in KeyCRM: status, shipping date; "
        "reason: the newer change; done by: operator Оксана."
    )


def test_what_is_not_known_to_have_arrived_is_not_said_to_be_there() -> None:
    """The answer of a call was lost: neither headline nor sentence claims anything; the look that follows does."""
    facts = {"number": "7", "outcome": "unknown"}
    lost = event(side="keycrm", reason="KeyCRM gave no answer to POST /order in 5 s", details=facts)

    for say in (events.title, events.sentence):
        assert "чи це є у KeyCRM" in say("sync.created", lost, "uk")
        assert "is now" not in say("sync.created", lost, "en")
        assert "was updated" not in say("sync.updated", lost, "en")


def test_a_record_made_by_the_sync_is_told_in_one_short_sentence() -> None:
    """Neither the mark by which it is found again nor the sync itself is worth a word; a likeness is."""
    for reason in ("reference", "reference customer 1", "reference 63196f67-4af7-49da-8389-9afb63ebde4e"):
        made = event(side="keycrm", reason=reason, actor="outbound-sync", details={"number": "7"})
        assert events.sentence("sync.created", made, "uk") == "Замовлення № 7 (KeyCRM 417) тепер є і у KeyCRM."
    alike = event(entity="customer", reason="the same phone or e-mail", actor="inbound-apply")
    assert "the same phone or e-mail" in events.sentence("sync.attached", alike, "en")


def test_a_dead_letter_is_told_by_the_most_telling_of_its_reasons() -> None:
    """Its code in words; else the kind of failure; the technician's English sentence is for the console."""
    facts = {"reason": "phone: no", "details": {"reason": "permanent", "code": "phone_possible", "count": 3}}

    assert "такого номера телефону не буває; усього таких: 3" in events.sentence(
        "sync.dead-letter", event(**facts), "uk"
    )
    assert "failed each time" in events.sentence("sync.dead-letter", event(details={"reason": "exhausted"}), "en")


def test_a_type_of_a_newer_release_is_told_by_its_name() -> None:
    """Nobody is left without the news because this process is older."""
    assert events.title("sync.quarrel", event(), "en") == "Order (KeyCRM 417, VMS g-1): sync.quarrel"
    assert events.gravity("sync.quarrel") == "info"


def test_only_known_details_are_told() -> None:
    """What somebody else puts into an event's details does not reach a person."""
    said = events.sentence("sync.flow.stopped", event(details={"phone": "+380501112233", "flow": "x"}), "uk")

    assert "+380501112233" not in said


def test_an_event_without_anything_in_it_still_has_a_sentence() -> None:
    """Whatever another program sent."""
    for odd in ({}, {"details": None, "fields": None}, {"entity": "moon", "details": ["x"]}):
        assert events.sentence("sync.created", odd, "uk").endswith(".")


# ---- names and reasons -----------------------------------------------------------------------------------------------


@each_language
def test_every_field_has_a_name(language: Language) -> None:
    """Those of the tables, and what questions, refusals and failures name."""
    tables = {
        "order": fields.order_fields(PAIRS), "customer": fields.customer_fields(), "article": fields.article_fields(),
    }  # fmt: skip
    for entity, table in tables.items():
        for name in [*table, "identity", "payments"]:
            said = names.field_name(name, language, entity)
            assert is_cyrillic(said) == (language == "uk"), name
    assert names.field_name("payment p-1", "uk") == "оплата p-1"
    assert names.field_name("name", "uk", "article") != names.field_name("name", "uk", "customer")


@each_language
def test_every_service_lane_role_and_entity_has_a_name(language: Language) -> None:
    """As the lists in the code have them."""
    said = [names.service(one, language) for one in SERVICES]
    said += [names.lane(one.name.lower(), language) for one in Lane]
    said += [names.role(one.name.lower(), language) for one in Role]
    said += [names.entity(one, language) for one in [*Entity, "system"]]
    said += [names.flow(f"{entity}.to_{side}", language) for entity in Entity for side in Side]
    said += [names.flow(f"{kind}.to_keycrm", language) for kind in ("stock", "price")]
    said += [names.actor("sync", language), names.actor("operator:1a2b3c4d", language)]

    assert [one for one in said if is_cyrillic(one) != (language == "uk")] == []
    assert names.actor("Оксана", language) == "Оксана"


@each_language
def test_every_reason_has_words(language: Language) -> None:
    """Of questions, dead letters, refusals and codes; and what the guard says."""
    known = {*questions.TEXTS, *reasons.LETTERS, *reasons.CODES, *refusal_rules(), *failure_codes()}
    assert {key for key in known if not reasons.is_known(key)} == set()
    assert set(questions.TEXTS) == set(reasons.QUESTIONS)
    for key in [*known, *(sentence(kind, 30, 100) for kind in Blast)]:
        assert is_cyrillic(reasons.reason(key, language)) == (language == "uk"), key


def test_what_a_partner_said_is_told_in_words() -> None:
    """The sentences that the clients make when a partner is away."""
    said = {
        "KeyCRM is throttling (GET /order)": "KeyCRM просить рідше звертатися",
        "KeyCRM refused our key (401 to GET /order): check KEYCRM_API_KEY":
            "KeyCRM не приймає наш ключ: перевірте KEYCRM_API_KEY",
        "VMS answered 503 to GET /Orders id 5": "VMS відповідає помилкою 503",
        "VMS cannot be reached (GET /Orders)": "немає зв’язку з VMS",
        "VMS gave no answer to GET /Orders: timeout": "VMS не відповідає вчасно",
    }  # fmt: skip
    assert {key: reasons.reason(key, "uk") for key in said} == said
    assert reasons.reason("something new happened", "uk") == "something new happened"
    assert reasons.reason("moon_phase", "uk") == "moon phase"


# ---- questions -------------------------------------------------------------------------------------------------------


@each_language
@pytest.mark.parametrize("reason", questions.TEXTS)
def test_every_question_is_a_sentence_that_needs_only_its_parameters(reason: str, language: Language) -> None:
    """Empty values and lists are words too."""
    wanted = {name for _, name, _, _ in string.Formatter().parse(questions.TEXTS[reason]) if name}
    said = questions.question(reason, dict.fromkeys(wanted - {"field"}, None), "manager_comment", "order", language)

    assert "{" not in said
    assert said.endswith(".")
    assert said[0].isupper()
    assert is_cyrillic(said) == (language == "uk")


def test_a_question_says_why_the_last_answer_was_not_taken() -> None:
    """In the person's language, where the reason is known."""
    params = {"vms": "+380", "keycrm": None, "refused": "phone_possible"}

    assert questions.question("both_changed", params, "phone", "customer", "uk") == (
        "Телефон: змінено на обох сторонах. У VMS: +380, у KeyCRM: нічого. Виберіть одне з двох або введіть інше. "
        "Останню відповідь записати не вдалося: такого номера телефону не буває."
    )
    assert questions.question("moon_phase", {}, "phone", "customer", "en") == "Phone: moon phase"


def refusal_rules() -> set[str]:
    """The rules that a value can break, as the code names them."""
    tree = ast.parse(Path(rules.__file__).read_text("utf-8"))
    calls = [node for node in ast.walk(tree) if isinstance(node, ast.Call) and len(node.args) > 1]
    named = [call.args[1] for call in calls if ast.unparse(call.func) in ("_refusal", "Refusal")]
    return {one.value for one in named if isinstance(one, ast.Constant) and isinstance(one.value, str)}


def failure_codes() -> set[str]:
    """The codes of permanent failures, wherever the code gives one."""
    found = set()
    for path in [*(ROOT / "libs").rglob("*.py"), *(ROOT / "services").rglob("*.py")]:
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "PermanentError":
                given = [word.value for word in node.keywords if word.arg == "code"]
                found |= {one.value for one in given if isinstance(one, ast.Constant) and isinstance(one.value, str)}
    return found
