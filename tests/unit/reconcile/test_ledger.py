"""The ledger of payments as a set (rule 23)."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from libs.contracts.events import VmsPayment
from libs.contracts.keycrm import Payment as KeyCrmPayment
from libs.contracts.types import Side
from libs.reconcile.ledger import (
    Copy,
    Ledger,
    add_keycrm,
    add_vms,
    added,
    begin_add,
    lost,
    reference,
    reference_in,
    refused,
)
from tests.unit.reconcile.builders import TIMES, at

APART = (TIMES.request_life + TIMES.settle).total_seconds()


def paid(ref: str, amount: str = "100", **more: object) -> VmsPayment:
    """A payment of VMS's."""
    data = {"payment_id": ref, "amount": amount, "paid_at": datetime(2026, 1, 15, tzinfo=UTC), **more}
    return VmsPayment.model_validate(data)


def shown(number: int, amount: str = "100", *, of: str | None = None, status: str = "paid") -> KeyCrmPayment:
    """A payment as KeyCRM shows it; `of` names the VMS payment it is a copy of."""
    words = f"bank, {reference(of)}; checked" if of else "cash desk"
    return KeyCrmPayment(id=number, amount=Decimal(amount), status=status, description=words, payment_method_id=1)


def vms_row(ledger: Ledger, ref: str = "P-1") -> Copy:
    """What KeyCRM has of that payment."""
    row = ledger.find(Side.VMS, ref)
    assert row is not None
    return row.copy


def test_rule_23_a_payment_of_ours_is_known_by_its_reference_whatever_else_is_there() -> None:
    """It is the copy of VMS's payment, not a second one."""
    ledger = add_keycrm(add_vms(Ledger(), [paid("P-1")]), [shown(7, of="P-1"), shown(8, "50")], at(0), TIMES)

    assert vms_row(ledger) is Copy.SHOWN
    assert [row.ref for row in ledger.of(Side.KEYCRM)] == ["8"]


def test_rule_23_a_reference_is_not_found_inside_a_longer_one() -> None:
    """P-1 is not P-12."""
    ledger = add_keycrm(add_vms(Ledger(), [paid("P-1")]), [shown(7, of="P-12")], at(0), TIMES)

    assert vms_row(ledger) is Copy.NONE
    assert ledger.of(Side.KEYCRM) == ()


def test_rule_23_an_add_of_unknown_outcome_is_not_repeated_before_two_empty_looks() -> None:
    """Nothing is paid twice, though the answer was lost and the payment shows late."""
    ledger = lost(begin_add(add_vms(Ledger(), [paid("P-1")]), "P-1", at(100)), "P-1", at(90))

    first = add_keycrm(ledger, [], at(20), TIMES)
    early = add_keycrm(first, [], at(20 + APART), TIMES)
    late = add_keycrm(early, [], at(21 + APART), TIMES)
    found = add_keycrm(early, [shown(7, of="P-1")], at(21 + APART), TIMES)

    assert [vms_row(x) for x in (first, early, late, found)] == [Copy.CREATING, Copy.CREATING, Copy.NONE, Copy.SHOWN]


def test_rule_23_an_answer_without_an_id_is_an_answer() -> None:
    """The payment is there; the next read tells its id, and a read that lags does not undo it."""
    ledger = added(begin_add(add_vms(Ledger(), [paid("P-1")]), "P-1", at(100)), "P-1", None)

    assert vms_row(add_keycrm(ledger, [], at(1), TIMES)) is Copy.SHOWN
    row = add_keycrm(ledger, [shown(7, of="P-1")], at(2), TIMES).find(Side.VMS, "P-1")
    assert row is not None
    assert row.copy_id == 7


def test_rule_23_a_refused_add_may_be_made_again() -> None:
    """It never happened."""
    assert vms_row(refused(begin_add(add_vms(Ledger(), [paid("P-1")]), "P-1", at(100)), "P-1")) is Copy.NONE


def test_rule_23_a_cancelled_payment_counts_nothing() -> None:
    """On either side; nor does one that KeyCRM calls not paid."""
    ledger = add_vms(Ledger(), [paid("P-1", is_cancelled=True)])
    ledger = add_keycrm(ledger, [shown(7, status="canceled"), shown(8, status="not_paid")], at(0), TIMES)

    assert all(row.is_cancelled for row in ledger.rows)


def test_rule_15_an_older_event_still_adds_its_payments_but_changes_none() -> None:
    """A replay brings a payment that was never seen; the newer amount of a known one stays."""
    ledger = add_vms(Ledger(), [paid("P-1", "120")])

    ledger = add_vms(ledger, [paid("P-1", "100"), paid("P-0", "10")], is_newest=False)

    assert {row.ref: row.amount for row in ledger.rows} == {"P-1": "120.00", "P-0": "10.00"}


def test_what_each_side_knows_is_told_apart_from_nothing_paid() -> None:
    """No event yet, or a read without payments, is unknown."""
    assert not Ledger().is_vms_known
    assert add_vms(Ledger(), []).is_vms_known
    assert not add_vms(Ledger(), []).is_keycrm_known
    assert add_keycrm(Ledger(), [], at(0), TIMES).is_keycrm_known


@given(st.text(min_size=1, max_size=64))
def test_any_vms_payment_id_can_be_read_back_from_a_description(ref: str) -> None:
    """Also with spaces, dots and letters of any kind, in the middle of a sentence."""
    assert reference_in(f"оплата: {reference(ref)}. Дякуємо") == ref


@pytest.mark.parametrize("words", [None, "", "VMS payment", "payment P-1", "MyVMS payment P-1"])
def test_other_descriptions_refer_to_nothing(words: str | None) -> None:
    """Only our own words count."""
    assert reference_in(words) is None


@given(
    st.permutations([("vms", "P-1"), ("vms", "P-2"), ("keycrm", "7"), ("keycrm", "8")]),
    st.lists(st.integers(0, 3), max_size=6),
)
def test_merging_in_any_order_and_again_gives_the_same_set(order: list[tuple[str, str]], again: list[int]) -> None:
    """Two payments on two sides at once are both kept."""
    ledger = Ledger()
    for side, ref in [*order, *(order[n] for n in again)]:
        is_vms = side == "vms"
        ledger = add_vms(ledger, [paid(ref)]) if is_vms else add_keycrm(ledger, [shown(int(ref))], at(0), TIMES)

    assert sorted(row.ref for row in ledger.rows) == ["7", "8", "P-1", "P-2"]
