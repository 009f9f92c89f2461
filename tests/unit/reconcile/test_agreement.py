"""The second opinion on whether both sides show the same: what is a difference, and what only looks like one."""

from __future__ import annotations

from dataclasses import replace

import pytest

from libs.reconcile.agreement import Difference, differences
from libs.reconcile.fields import customer_fields
from libs.reconcile.ledger import Copy, Ledger, Payment
from libs.reconcile.memory import Memory
from libs.reconcile.oddities import ask, field_of
from libs.reconcile.payments import FIELD
from libs.reconcile.values import Choice, Image, Value
from tests.unit.reconcile.builders import TABLE, agreed, answer, line
from tests.unit.reconcile.paid import agreed_on, known, of_keycrm, of_vms

PAID = of_vms("P-1", "100.00")


def of_orders(vms: Image, keycrm: Image, memory: Memory | None = None) -> tuple[Difference, ...]:
    """What differs between two looks at an order."""
    return differences(TABLE, memory or Memory(), vms, keycrm)


def of_money(amount: str, *rows: Payment, memory: Memory | None = None) -> list[str]:
    """The fields in which two looks at what was paid differ."""
    found = differences(TABLE, memory or agreed_on(amount, "P-1"), {FIELD: amount}, {}, known(*rows))
    return [one.field for one in found]


def test_values_that_mean_the_same_are_no_difference() -> None:
    """VMS's status 3 is KeyCRM's 4; lines in another order are the same lines."""
    lines = [line("A"), line("B")]

    assert of_orders({"status": 3, "lines": lines}, {"status": 4, "lines": [line("B", id=2), line("A", id=1)]}) == ()


def test_a_difference_names_the_field_and_both_values() -> None:
    """Each in its own side's terms, as it is kept."""
    [found] = of_orders({"status": 3, "manager_comment": "а"}, {"status": 1, "manager_comment": "а"})

    assert found == Difference("status", 3, 1)
    assert found.as_json() == {"field": "status", "vms": 3, "keycrm": 1}


@pytest.mark.parametrize(("vms", "keycrm"), [({"status": 3}, {}), ({}, {"status": 1})])
def test_what_a_side_does_not_show_is_not_judged(vms: Image, keycrm: Image) -> None:
    """Unknown is not empty."""
    assert of_orders(vms, keycrm) == ()


def test_an_empty_value_against_a_filled_one_differs() -> None:
    """Empty is a value."""
    assert of_orders({"manager_comment": None}, {"manager_comment": "текст"}) == (
        Difference("manager_comment", None, "текст"),
    )


@pytest.mark.parametrize(
    ("vms", "keycrm", "is_same"),
    [("довгий текст", "довг", True), ("довгий текст", "інше", False), ("новий текст", "довг", False)],
)
def test_a_cut_text_is_the_same_while_both_still_show_what_was_agreed(vms: Value, keycrm: Value, is_same: bool) -> None:
    """By meaning they differ; by what both showed when they last agreed they do not. One edit ends that."""
    memory = agreed(manager_comment=("довгий текст", "довг"))

    found = of_orders({"manager_comment": vms}, {"manager_comment": keycrm}, memory)

    assert (found == ()) is is_same


def test_a_base_of_one_side_alone_excuses_nothing() -> None:
    """Both sides must have agreed on it."""
    memory = agreed(manager_comment=("а", "б"))
    one_sided = replace(memory, bases=replace(memory.bases, keycrm={}))

    assert of_orders({"manager_comment": "а"}, {"manager_comment": "б"}, one_sided) != ()


def test_a_phone_is_compared_with_all_that_keycrm_has() -> None:
    """A customer's fields go by their own kinds."""
    shown: Image = {"phone": "+380501112233", "phones": ["+380501112233"]}

    assert differences(customer_fields(), Memory(), {"phone": "+380501112233"}, shown) == ()
    assert differences(customer_fields(), Memory(), {"phone": "+380671112233"}, shown) != ()


def test_paid_is_the_same_when_the_sum_is_and_each_payment_has_its_copy() -> None:
    """VMS's 100 with its copy, KeyCRM's own 50."""
    assert of_money("150.00", PAID, of_keycrm("7", "50.00")) == []


@pytest.mark.parametrize("amount", ["100.01", "0.00", "50.00"])
def test_an_amount_that_is_not_the_sum_differs(amount: str) -> None:
    """To the cent."""
    assert of_money(amount, PAID) == [FIELD]


def test_a_cancelled_payment_of_keycrms_counts_nothing() -> None:
    """100 and a cancelled 50 are 100."""
    assert of_money("100.00", PAID, of_keycrm("7", "50.00", is_cancelled=True)) == []


def test_an_amount_that_a_person_let_be_is_agreed() -> None:
    """The sum is 100, VMS shows 80, and a person said that this is right."""
    memory = agreed(**{FIELD: ("80.00", {"counted": ["P-1"], "offset": "-20.00"})})

    assert of_money("80.00", PAID, memory=memory) == []
    assert of_money("100.00", PAID, memory=memory) == [FIELD]


@pytest.mark.parametrize(
    ("copies", "shown"),
    [
        ({"copy": Copy.NONE, "copies": 0, "copy_amount": None}, None),
        ({"copies": 0, "copy_amount": None}, None),  # what we believe KeyCRM has, it does not show
        ({"copies": 2}, "2 × 100.00"),
        ({"copy": Copy.CANCELLED, "copies": 0}, None),
        ({"copy_amount": "99.00"}, "99.00"),
    ],
)
def test_a_payment_that_keycrm_shows_otherwise_than_once_differs(copies: dict[str, object], shown: Value) -> None:
    """Missing, doubled, cancelled, of another amount: the sum hides none of it, and both sides' values tell it."""
    odd = replace(PAID, **copies)  # type: ignore[arg-type]  # columns of the row

    found = differences(TABLE, agreed_on("100.00", "P-1"), {FIELD: "100.00"}, {}, known(odd))
    assert found == (Difference(field_of(PAID), "100.00", shown),)


def test_a_cancelled_payment_of_vmss_whose_copy_lives_on_differs() -> None:
    """KeyCRM still counts it."""
    gone = replace(PAID, is_cancelled=True)

    found = differences(TABLE, agreed_on("0.00"), {FIELD: "0.00"}, {}, known(gone))
    assert found == (Difference(field_of(gone), None, "100.00"),)
    assert of_money("0.00", replace(gone, copies=0, copy=Copy.CANCELLED)) == []


def test_a_payment_of_nothing_needs_no_copy() -> None:
    """KeyCRM takes no payment of 0."""
    assert of_money("0.00", of_vms("P-1", "0.00", copy=Copy.NONE, copies=0, copy_amount=None)) == []


def test_a_payment_that_a_person_let_be_is_agreed_until_it_changes() -> None:
    """He saw it doubled; a third copy is another matter."""
    doubled = replace(PAID, copies=2)
    asked = ask(agreed_on("100.00", "P-1"), known(doubled))
    question = answer(asked.questions[field_of(PAID)], Choice.KEEP)
    memory = ask(replace(asked, questions={question.field: question}), known(doubled))

    assert of_money("100.00", doubled, memory=memory) == []
    assert of_money("100.00", replace(PAID, copies=3), memory=memory) == [field_of(PAID)]


@pytest.mark.parametrize(("is_vms_known", "is_keycrm_known"), [(False, True), (True, False)])
def test_payments_that_are_unknown_are_not_judged(is_vms_known: bool, is_keycrm_known: bool) -> None:
    """No event yet, or a read without payments."""
    ledger = Ledger((PAID,), is_vms_known, is_keycrm_known)

    assert differences(TABLE, Memory(), {FIELD: "5.00"}, {}, ledger) == ()
