"""What is asked about payments, and what an answer does: an unexplained amount, a copy that is not right (rule 23)."""

from __future__ import annotations

from dataclasses import replace

import pytest

from libs.reconcile.ledger import Copy, Ledger, Payment
from libs.reconcile.memory import Memory
from libs.reconcile.payments import FIELD
from libs.reconcile.values import Choice
from tests.unit.reconcile.builders import answer
from tests.unit.reconcile.paid import agreed_on, amount_of, known, of_keycrm, of_vms, see, written


def asked(amount: str, ledger: Ledger) -> Memory:
    """An unexplained amount has become a question."""
    return see(see(agreed_on("100.00", "P-1"), amount, ledger, 10).memory, amount, ledger, 80).memory


def test_an_unexplained_amount_can_be_set_to_the_payments_sum() -> None:
    """The answer `keycrm` means the sum of the payments."""
    ledger = known(of_vms("P-1", "100.00"))
    memory = asked("500.00", ledger)
    memory = memory.with_questions([answer(memory.questions[FIELD], Choice.KEYCRM)])

    result = see(memory, "500.00", ledger, 90)
    done = see(written(result, ledger), "100.00", ledger, 100)

    assert amount_of(result) == "100.00"
    assert done.closed == (FIELD,)


@pytest.mark.parametrize(
    ("choice", "value", "kept"), [(Choice.KEEP, None, "500.00"), (Choice.VALUE, "130.00", "130.00")]
)
def test_an_amount_that_a_person_let_stand_stays_beside_the_payments(
    choice: Choice, value: str | None, kept: str
) -> None:
    """Later payments are added on top of it; it is not asked about or overwritten again."""
    ledger = known(of_vms("P-1", "100.00"))
    memory = asked("500.00", ledger)
    memory = memory.with_questions([answer(memory.questions[FIELD], choice, value)])

    result = see(memory, "500.00", ledger, 90)
    memory = written(result, ledger) if amount_of(result) else result.memory
    quiet = see(memory, kept, ledger, 100)
    more = see(quiet.memory, kept, known(*ledger.rows, of_keycrm("9", "7.00")), 110)

    assert quiet.decision.is_nothing
    assert FIELD not in quiet.memory.questions
    assert float(str(amount_of(more))) == float(kept) + 7


def test_a_question_about_the_amount_is_refreshed_when_it_changes() -> None:
    """The answer was given to another amount."""
    ledger = known(of_vms("P-1", "100.00"))
    memory = asked("500.00", ledger)
    memory = memory.with_questions([answer(memory.questions[FIELD], Choice.KEEP)])

    result = see(memory, "600.00", ledger, 90)

    assert result.memory.questions[FIELD].shown_vms == "600.00"
    assert result.memory.questions[FIELD].answer is None


def test_rule_23_ours_cancelled_in_keycrm_is_a_question_and_never_paid_again() -> None:
    """Cancelling an order in KeyCRM may cancel its payments too."""
    ledger = known(of_vms("P-1", "100.00", copy=Copy.CANCELLED, copies=0))

    result = see(agreed_on("100.00", "P-1"), "100.00", ledger)

    assert [(question.field, question.reason) for question in result.asked] == [("payment P-1", "payment_cancelled")]
    assert result.payments is not None
    assert result.payments.adds == ()


@pytest.mark.parametrize(
    ("row", "reason"),
    [
        (of_vms("P-1", "100.00", copies=2), "payment_doubled"),
        (of_vms("P-1", "100.00", copy_amount="90.00"), "payment_amount_differs"),
    ],
)
def test_rule_23_a_copy_that_is_not_right_is_a_question(row: Payment, reason: str) -> None:
    """KeyCRM can neither delete a payment nor change its amount."""
    result = see(agreed_on("100.00", "P-1"), "100.00", known(row))

    assert [question.reason for question in result.asked] == [reason]


def test_a_question_about_a_payment_closes_when_it_is_right_again_or_let_be() -> None:
    """What a person let be is not asked again; something new about it is."""
    bad = of_vms("P-1", "100.00", copies=2)
    memory = see(agreed_on("100.00", "P-1"), "100.00", known(bad)).memory
    right = see(memory, "100.00", known(of_vms("P-1", "100.00")), 20)
    kept = memory.with_questions([answer(memory.questions["payment P-1"], Choice.KEEP)])
    let_be = see(kept, "100.00", known(bad), 20)
    again = see(let_be.memory, "100.00", known(bad), 30)
    worse = see(let_be.memory, "100.00", known(replace(bad, copies=3)), 30)

    assert right.closed == let_be.closed == ("payment P-1",)
    assert again.asked == ()
    assert [question.reason for question in worse.asked] == ["payment_doubled"]
