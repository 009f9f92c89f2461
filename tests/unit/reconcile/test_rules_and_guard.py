"""Business rules, the blast-radius guard, the sentences of questions."""

from __future__ import annotations

import re
import string
from pathlib import Path

import pytest

from libs.contracts.types import Entity, Side
from libs.reconcile import questions, rules
from libs.reconcile.guard import Blast, Limits, sentence, stops
from libs.reconcile.values import Question, Value
from libs.wording.questions import TEXTS

RECONCILE = Path(questions.__file__).parent


def said(question: Question) -> str:
    """The question as a person reads it."""
    return questions.text(question, Entity.ORDER)


@pytest.mark.parametrize(
    ("rule", "bad", "good"),
    [
        (rules.name_present, None, "Іван"),
        (rules.phone_possible, "нема", "+380501112233"),
        (rules.email_shaped, "a b@c", "a@b.ua"),
        (rules.amount_not_negative, "-0.01", "0.00"),
    ],
)
def test_a_rule_names_its_field_and_fix_and_never_the_value(rule: rules.Rule, bad: Value, good: Value) -> None:
    """What a person typed is not repeated in a dead letter's reason."""
    refusal = rule("phone", Side.KEYCRM, bad)

    assert refusal is not None
    assert refusal.text.startswith("phone: the value for KeyCRM")
    assert refusal.text.endswith("in VMS")
    assert str(bad) not in refusal.text
    assert rule("phone", Side.KEYCRM, good) is None


@pytest.mark.parametrize(
    ("change", "rule"),
    [
        ({"price": "-1.00"}, "price_not_negative"),
        ({"quantity": "0"}, "quantity_above_zero"),
        ({"discount": "101"}, "discount_in_range"),
        ({"discount": "-1"}, "discount_in_range"),
    ],
)
def test_lines_are_sound(change: dict[str, str], rule: str) -> None:
    """The SKU says which line."""
    line = {"sku": "A-1", "name": "x", "quantity": "1", "unit": "шт", "price": "1.00", "discount": "0"}

    refusal = rules.lines_sound("lines", Side.KEYCRM, [line, {**line, **change}])

    assert refusal is not None
    assert (refusal.rule, "A-1" in refusal.text) == (rule, True)
    assert rules.lines_sound("lines", Side.KEYCRM, [line]) is None


def test_an_order_is_in_its_sources_currency() -> None:
    """Currency belongs to the source; a source without a row is refused too."""
    assert rules.currency_of_source(3, {3: "UAH"}, {"UAH"}) is None
    assert rules.currency_of_source(3, {3: "UAH"}, set()) is None
    other = rules.currency_of_source(3, {3: "UAH"}, {"UAH", "EUR"})
    unknown = rules.currency_of_source(4, {3: "UAH"}, {"UAH"})

    assert other is not None
    assert "EUR" in other.text
    assert unknown is not None
    assert "[[sources]]" in unknown.text


def test_the_guard_stops_a_run_that_changes_too_much() -> None:
    """More than a share, and not a handful."""
    limits = Limits(share=0.2, at_least=20)

    assert stops({Blast.ZERO: 300, Blast.REPRICE: 10}, 1000, limits) == (Blast.ZERO,)
    assert stops({Blast.ZERO: 200}, 1000, limits) == ()
    assert stops({Blast.RENAME: 19}, 20, limits) == ()
    assert stops({Blast.CANCEL: 20}, 20, limits) == (Blast.CANCEL,)
    assert stops({}, 0, limits) == ()
    assert sentence(Blast.ZERO, 300, 1000).startswith("This run would set to zero 300 of 1000")


def test_every_reason_that_can_be_asked_has_its_sentence() -> None:
    """Found in the code by the words that open a question."""
    code = "\n".join(path.read_text("utf-8") for path in sorted(RECONCILE.glob("*.py")))
    asked = set(re.findall(r'Asked\(\s*"(\w+)"', code)) | set(re.findall(r'reason="(\w+)"', code))
    asked |= set(re.findall(r'Question\([\w"]+, "(\w+)"', code)) | set(re.findall(r'return "(payment_\w+)"', code))

    assert asked
    assert asked - set(TEXTS) == set()


@pytest.mark.parametrize("reason", sorted(TEXTS))
def test_a_sentence_says_what_was_seen_and_needs_only_its_parameters(reason: str) -> None:
    """No braces are left, whatever the values are."""
    names = {name for _, name, _, _ in string.Formatter().parse(TEXTS[reason]) if name}
    params: dict[str, Value] = dict.fromkeys(names - {"field"}, None)

    text = said(Question("manager_comment", reason, params=params))

    assert "{" not in text
    assert text.endswith(".")


def test_a_sentence_is_for_people() -> None:
    """Names of the sides, lists as lists, and why the last answer was not taken."""
    lines = Question("lines", "lines_differ", params={"added": ["A", "B"], "removed": [], "changed": ["C"]})
    failed = Question("status", "not_shown", params={"side": "keycrm", "sent": 4, "times": 3, "refused": "no pair"})

    assert "added A, B, removed nothing, changed C" in said(lines)
    assert said(failed).startswith("KeyCRM accepted 4 for status 3 times")
    assert said(failed).endswith("could not be written: no pair.")
    assert "P-7" in said(questions.gone(Side.VMS, "P-7"))
    assert questions.unknown_sku(["B", "A"]).params == {"found": ["A", "B"]}
    assert questions.vanished_in_creating(Side.KEYCRM, "9").params == {"side": "keycrm", "id": "9"}
