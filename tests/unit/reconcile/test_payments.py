"""What an order's ledger asks for: depositedAmount, adds and cancels (rule 24)."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from libs.reconcile.ledger import Copy, Ledger
from libs.reconcile.payments import FIELD, counted_refs, created_deposit
from libs.reconcile.review import review
from tests.unit.reconcile.builders import TABLE, TIMES, agreed, keycrm, vms
from tests.unit.reconcile.paid import agreed_on, amount_of, known, of_keycrm, of_vms, see, written


def test_two_payments_on_two_sides_at_once_are_both_kept() -> None:
    """VMS +100 and KeyCRM +50: the sum is written, and VMS's goes to KeyCRM."""
    ledger = known(of_vms("P-1", "100.00", copy=Copy.NONE, copies=0), of_keycrm("7", "50.00"))

    result = see(agreed_on("0.00"), "100.00", ledger)

    assert amount_of(result) == "150.00"
    assert result.payments is not None
    assert [payment.ref for payment in result.payments.adds] == ["P-1"]


def test_rule_24_nothing_is_written_while_the_payments_event_is_still_in_kafka() -> None:
    """0 is not written over 1,011: the amount is not explained yet, so it waits for the event."""
    waiting = see(agreed_on("0.00"), "1011.00", known(), 10)
    told = see(waiting.memory, "1011.00", known(of_vms("P-1", "1011.00")), 30)

    assert amount_of(waiting) is None
    assert waiting.due_at is not None
    assert waiting.asked == ()
    assert amount_of(told) is None
    assert told.memory.bases.vms[FIELD] == "1011.00"


def test_rule_24_an_amount_that_stays_unexplained_becomes_a_question() -> None:
    """depositedAmount edited by hand with no payment behind it."""
    first = see(agreed_on("100.00", "P-1"), "500.00", known(of_vms("P-1", "100.00")), 10)
    assert first.due_at is not None
    later = see(first.memory, "500.00", known(of_vms("P-1", "100.00")), 80)

    [question] = later.asked
    assert (question.reason, question.shown_vms, question.shown_keycrm) == ("deposited_unexplained", "500.00", "100.00")
    assert amount_of(later) is None


@pytest.mark.parametrize(("is_vms_known", "is_keycrm_known"), [(False, True), (True, False), (False, False)])
def test_rule_24_nothing_is_written_while_payments_are_unknown(is_vms_known: bool, is_keycrm_known: bool) -> None:
    """No event yet, or a read without payments: neither written nor asked, however long."""
    ledger = Ledger((of_keycrm("7", "50.00"),), is_vms_known, is_keycrm_known)

    result = see(agreed_on("0.00"), "0.00", ledger, 999)

    assert amount_of(result) is None
    assert result.asked == ()


def test_rule_24_any_subset_of_vmss_payments_explains_the_amount() -> None:
    """Two payments are known, VMS's row counts only the second so far: the sum of all is written."""
    ledger = known(of_vms("P-1", "30.00"), of_vms("P-2", "70.00"), of_keycrm("7", "5.00"))

    assert amount_of(see(agreed_on("0.00"), "70.00", ledger)) == "105.00"
    assert amount_of(see(agreed_on("0.00"), "71.00", ledger)) is None


def test_rule_24_a_payment_that_came_while_we_wrote_is_explained_by_what_was_sent() -> None:
    """We sent 150; VMS adds 20 on top; the next sum is written without a question."""
    ledger = known(of_vms("P-1", "100.00"), of_keycrm("7", "50.00"))
    memory = written(see(agreed_on("100.00", "P-1"), "100.00", ledger), ledger)
    more = known(*ledger.rows, of_vms("P-2", "20.00"), of_keycrm("8", "1.00"))

    result = see(memory, "170.00", more, 30)

    assert amount_of(result) == "171.00"


def test_rule_24_a_write_that_never_came_is_explained_by_what_it_replaced() -> None:
    """The PUT was lost and a payment came upon the old amount: nothing is asked, the sum is written."""
    ledger = known(of_vms("P-1", "100.00"), of_keycrm("7", "50.00"))
    memory = written(see(agreed_on("100.00", "P-1"), "100.00", ledger), ledger, outcome="lost")
    more = known(*ledger.rows, of_vms("P-2", "20.00"))
    shown = vms(400, row=50, events=0, deposited_amount="120.00")

    result = review(TABLE, memory, shown, keycrm(400), TIMES, more)

    assert amount_of(result) == "170.00"
    assert result.asked == ()


def test_rule_24_one_write_then_quiet() -> None:
    """What was written and shown is agreed on; the same looks again write nothing."""
    ledger = known(of_vms("P-1", "100.00"), of_keycrm("7", "50.00"))
    memory = written(see(agreed_on("100.00", "P-1"), "100.00", ledger), ledger)

    result = see(memory, "150.00", ledger, 30)

    assert result.decision.is_nothing
    assert result.memory.bases.keycrm[FIELD] == {"counted": ["P-1"], "offset": "0.00"}
    assert see(result.memory, "150.00", ledger, 60).memory.bases == result.memory.bases


def test_rule_24_a_cancelled_payment_lowers_the_amount() -> None:
    """Whether VMS has lowered it itself or not; a KeyCRM payment that was cancelled goes out of the sum too."""
    gone = known(of_vms("P-1", "100.00", is_cancelled=True, copy=Copy.CANCELLED), of_vms("P-2", "20.00"))
    keycrm_gone = known(of_vms("P-2", "20.00"), of_keycrm("7", "50.00", is_cancelled=True))

    assert amount_of(see(agreed_on("120.00", "P-1", "P-2"), "120.00", gone)) == "20.00"
    assert amount_of(see(agreed_on("120.00", "P-1", "P-2"), "20.00", gone)) is None
    assert amount_of(see(agreed_on("70.00", "P-2"), "70.00", keycrm_gone)) == "20.00"


def test_an_order_made_in_vms_starts_with_what_was_paid_so_far() -> None:
    """The create carries the sum, so that it is agreed on from the start."""
    ledger = known(of_keycrm("7", "50.00"), of_keycrm("8", "25.50"), of_keycrm("9", "1.00", is_cancelled=True))

    write = created_deposit(ledger)

    assert write.value == "75.50"
    assert see(agreed(deposited_amount=(write.value, write.made_from)), "75.50", ledger).decision.is_nothing


def test_a_payment_cancelled_in_vms_is_cancelled_in_keycrm() -> None:
    """Only a copy that KeyCRM has, and only while it is live there."""
    ledger = known(of_vms("P-1", "100.00", is_cancelled=True), of_vms("P-2", "5.00", is_cancelled=True, copy=Copy.NONE))

    result = see(agreed_on("0.00"), "0.00", ledger)

    assert result.payments is not None
    assert [payment.ref for payment in result.payments.cancels] == ["P-1"]
    assert result.payments.adds == ()


def test_a_payment_on_its_way_is_not_added_again() -> None:
    """Nor one of nothing."""
    ledger = known(of_vms("P-1", "100.00", copy=Copy.CREATING), of_vms("P-2", "0.00", copy=Copy.NONE))

    result = see(agreed_on("100.00", "P-1"), "100.00", ledger)

    assert result.payments is not None
    assert result.payments.adds == ()


def test_a_negative_amount_is_refused() -> None:
    """A refund larger than what was paid names its field and rule."""
    ledger = known(of_vms("P-1", "-5.00", copy=Copy.NONE))

    result = see(agreed_on("0.00"), "0.00", ledger)

    assert {refusal.rule for refusal in result.decision.refusals} == {"amount_not_negative"}
    assert amount_of(result) is None


def test_while_an_outcome_is_unknown_no_payment_is_planned() -> None:
    """The binding is held."""
    ledger = known(of_vms("P-1", "100.00", copy=Copy.NONE), of_keycrm("7", "50.00"))
    memory = written(see(agreed_on("100.00", "P-1"), "100.00", ledger), ledger, outcome="lost")

    assert see(memory, "100.00", ledger, 60).payments is None


amounts = st.integers(1, 5000).map(lambda cents: f"{cents // 100}.{cents % 100:02d}")


@given(st.lists(amounts, max_size=5), st.lists(amounts, max_size=4), st.data())
def test_both_sides_come_to_the_sum_whatever_part_vms_counts_itself(
    mine: list[str], theirs: list[str], data: st.DataObject
) -> None:
    """VMS's row contains any subset of its own payments: one write makes it the sum of all, then it is quiet."""
    rows = [of_vms(f"P-{n}", amount) for n, amount in enumerate(mine)]
    counted = [row for row in rows if data.draw(st.booleans())]
    ledger = known(*rows, *(of_keycrm(str(n), amount) for n, amount in enumerate(theirs)))
    start = sum((round(float(row.amount) * 100) for row in counted), 0)

    result = see(agreed_on("0.00"), f"{start // 100}.{start % 100:02d}", ledger)
    memory = written(result, ledger) if amount_of(result) else result.memory
    total = round(sum(float(amount) for amount in [*mine, *theirs]) * 100)
    quiet = see(memory, f"{total // 100}.{total % 100:02d}", ledger, 40)

    assert not result.asked
    assert quiet.decision.is_nothing
    assert counted_refs(ledger) == sorted(row.ref for row in rows)
