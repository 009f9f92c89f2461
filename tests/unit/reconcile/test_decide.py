"""What each side's change means, field by field (rules 2 to 7, 26; directions and policies of the table)."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from libs.contracts.types import Side
from libs.reconcile.decide import decide
from libs.reconcile.fields import Direction, Field, Policy, customer_fields
from libs.reconcile.kinds import Text
from libs.reconcile.values import Advance, Bases, Choice, Seen, Value
from tests.unit.reconcile.builders import TABLE, agreed, at, keycrm, looked, vms, writing


def both(**fields: tuple[Value, Value]) -> Bases:
    """Bases of both sides."""
    return agreed(**fields).bases


def test_rule_01_a_vms_that_changed_between_the_two_reads_is_no_agreement() -> None:
    """VMS 3 → 4 between the reads while KeyCRM goes to 3: the second VMS read decides, and KeyCRM's edit is kept."""
    memory = agreed(status=(3, 4))

    wrong = looked(memory, vms(0, status=1), keycrm(0, status=1))
    right = looked(memory, vms(0.2, status=4), keycrm(0.1, status=1, status_at=0))

    assert wrong.memory.bases.vms["status"] == 1
    assert [question.field for question in right.asked] == ["status"]
    assert right.memory.bases == memory.bases


def test_rule_02_one_side_moved_its_value_goes_across() -> None:
    """The other side is written in its own terms, from what was shown."""
    decision = looked(agreed(status=(1, 1)), vms(status=2), keycrm(status=1)).decision

    write = decision.to_keycrm["status"]
    assert (write.value, write.was, write.made_from) == (4, 1, 2)
    assert not decision.to_vms


def test_rule_02_both_moved_to_the_same_meaning_is_agreement() -> None:
    """Both bases become what each side shows; nothing is written."""
    decision = looked(agreed(status=(1, 1)), vms(status=3), keycrm(status=4)).decision

    assert decision.advances == {"status": Advance(3, 4)}
    assert not decision.to_vms
    assert not decision.to_keycrm


def test_rule_02_a_lossy_side_is_not_moved_for_ever() -> None:
    """KeyCRM cut a text: with its own base it has not moved, so nothing is written back, look after look."""
    table = {"comment": Field("comment", Text(vms_limit=1000, keycrm_limit=5))}
    memory = agreed(comment=("a long comment", "a lon"))

    for _ in range(3):
        result = looked(memory, vms(comment="a long comment"), keycrm(comment="a lon"), table)
        assert result.decision.is_nothing
        memory = result.memory


def test_rule_02_both_moved_apart_is_the_policys() -> None:
    """Without spans that are apart the policy `newest` asks."""
    result = looked(agreed(manager_comment=("a", "a")), vms(manager_comment="b"), keycrm(manager_comment="c"))

    [question] = result.asked
    assert (question.reason, question.shown_vms, question.shown_keycrm) == ("both_changed", "b", "c")
    assert (question.base_vms, question.base_keycrm) == ("a", "a")
    assert result.decision.to_vms == result.decision.to_keycrm == {}


@pytest.mark.parametrize(("policy", "winner"), [(Policy.VMS, Side.VMS), (Policy.KEYCRM, Side.KEYCRM)])
def test_a_policy_that_names_a_side_lets_it_win(policy: Policy, winner: Side) -> None:
    """Both moved apart: the named side's value goes across."""
    table = {"comment": Field("comment", Text(), policy=policy)}

    decision = looked(agreed(comment=("a", "a")), vms(comment="b"), keycrm(comment="c"), table).decision

    assert set(decision.to(winner.other)) == {"comment"}
    assert decision.to(winner) == {}


def test_the_policy_manual_asks_even_when_spans_are_apart() -> None:
    """A person was promised the question."""
    table = {"comment": Field("comment", Text(), policy=Policy.MANUAL)}
    spans = {
        (Side.VMS, "comment"): Seen("b", at(0), at(1), at(1)),
        (Side.KEYCRM, "comment"): Seen("c", at(50), at(51), at(51)),
    }

    decision = decide(table, both(comment=("a", "a")), {"comment": "b"}, {"comment": "c"}, (), spans, {})

    assert [question.field for question in decision.conflicts] == ["comment"]


def test_rule_04_bases_never_move_for_a_half_that_is_not_written_yet() -> None:
    """Crash between the halves: both halves are decided again from the old bases, and neither edit is reverted."""
    memory = agreed(status=(1, 1), manager_comment=("a", "a"))
    first = looked(memory, vms(status=2, manager_comment="a"), keycrm(status=1, manager_comment="b"))
    assert set(first.decision.to_keycrm) == {"status"}
    assert set(first.decision.to_vms) == {"manager_comment"}

    # Only VMS's half was written before the crash.
    again = looked(first.memory, vms(9, status=2, manager_comment="b"), keycrm(9, status=1, manager_comment="b"))

    assert set(again.decision.to_keycrm) == {"status"}
    assert again.decision.to_vms == {}


def test_rule_05_unknown_is_neither_moved_nor_written() -> None:
    """State rebuilt without events: tracking and lines are unknown in VMS, so KeyCRM keeps them."""
    line = {"sku": "A", "name": "a", "quantity": "1", "unit": "", "price": "1.00", "discount": "0", "id": 1}
    memory = agreed(tracking_code=("T1", "T1"), lines=([line], [line]), status=(1, 1))

    result = looked(memory, vms(status=1), keycrm(status=1, tracking_code="T1", lines=[line]))

    assert result.decision.is_nothing
    assert result.memory.bases == memory.bases


def test_rule_05_what_an_answer_does_not_carry_is_not_written_to_the_other_side() -> None:
    """A KeyCRM answer without shipping does not blank or move anything."""
    memory = agreed(shipping_date=("2026-01-16", "2026-01-16"))

    result = looked(memory, vms(shipping_date="2026-01-17"), keycrm(status=1))

    assert result.decision.is_nothing


def test_rule_06_first_meeting_equal_by_meaning_is_agreed() -> None:
    """No question on every order."""
    decision = looked(agreed(), vms(status=4), keycrm(status=11)).decision

    assert decision.advances == {"status": Advance(4, 11)}
    assert not decision.conflicts


def test_rule_06_first_meeting_fills_what_is_empty() -> None:
    """An empty side takes the other's value."""
    decision = looked(
        agreed(),
        vms(manager_comment=None, buyer_comment="from VMS"),
        keycrm(manager_comment="from KeyCRM", buyer_comment=None),
    ).decision

    assert decision.to_vms["manager_comment"].value == "from KeyCRM"
    assert decision.to_keycrm["buyer_comment"].value == "from VMS"


def test_rule_06_first_meeting_apart_goes_by_the_winner_and_says_so() -> None:
    """An order's fields go by VMS, a customer's contact data by KeyCRM; the reason is for the audit."""
    order = looked(agreed(), vms(status=2), keycrm(status=1)).decision
    customer = looked(agreed(), vms(name="Іван"), keycrm(name="Іван Франко"), customer_fields()).decision

    assert order.to_keycrm["status"].reason == "first_meeting"
    assert customer.to_vms["name"].value == "Іван Франко"
    assert not order.conflicts + customer.conflicts


def test_rule_07_a_field_with_a_write_on_its_way_waits_in_both_directions() -> None:
    """Crash after the PUT, before the record: the old value is no edit, and nothing is written a second time."""
    memory = writing(agreed(manager_comment=("a", "a")), Side.KEYCRM, keycrm(0, manager_comment="a"),
                     manager_comment=("b", "b"))  # fmt: skip
    memory = replace(memory, pending=tuple(replace(w, accepted_at=at(2)) for w in memory.pending))

    result = looked(memory, vms(3, manager_comment="b"), keycrm(3, manager_comment="a"))

    assert result.decision.waits == ("manager_comment",)
    assert result.decision.to_vms == result.decision.to_keycrm == {}


def test_rule_19_a_base_on_one_side_only_means_that_the_other_has_moved() -> None:
    """An order born in VMS: KeyCRM shows its initial status, VMS's goes across without a question."""
    memory = replace(agreed(), bases=Bases({}, {"status": 1}))

    decision = looked(memory, vms(status=3), keycrm(status=1)).decision

    assert decision.to_keycrm["status"].value == 4
    assert not decision.conflicts


def test_rule_26_there_is_no_question_when_only_one_side_has_moved() -> None:
    """Whatever the other side's old value is."""
    for name, new in (("status", 9), ("manager_comment", "x"), ("buyer_comment", None)):
        before: dict[str, Any] = {name: 1 if name == "status" else "old"}
        after: dict[str, Any] = {name: new}
        memory = agreed(**{name: (before[name], before[name])})
        decision = looked(memory, vms(**after), keycrm(**before)).decision
        assert not decision.conflicts
        assert set(decision.to_keycrm) == {name}


def test_rule_26_nothing_moved_is_nothing_though_the_pairs_have_changed() -> None:
    """A pair taken out of the file later makes no question by itself."""
    assert looked(agreed(status=(2, 1)), vms(status=2), keycrm(status=1)).decision.is_nothing


def test_a_status_without_a_pair_is_refused_by_name_and_never_guessed() -> None:
    """The refusal names the table to fill in."""
    decision = looked(agreed(status=(1, 1)), vms(status=7), keycrm(status=1)).decision

    [refusal] = decision.refusals
    assert (refusal.field, refusal.rule) == ("status", "no_pair")
    assert "VMS's id 7" in refusal.text
    assert "[[statuses]]" in refusal.text
    assert decision.to_keycrm == {}


def test_a_to_keycrm_field_edited_in_keycrm_is_asked_about_and_vms_is_untouched() -> None:
    """A manual edit of a one-way field never crosses."""
    memory = agreed(shipping_date=("2026-01-16", "2026-01-16"))

    result = looked(memory, vms(shipping_date="2026-01-16"), keycrm(shipping_date="2026-01-20"))

    [question] = result.asked
    assert (question.reason, question.choices) == ("one_way_edit", (Choice.VMS, Choice.KEEP))
    assert result.decision.to_vms == {}


def test_a_to_keycrm_field_that_vms_says_nothing_about_stays_keycrms() -> None:
    """KeyCRM's managers plan a shipment that VMS has no date for: no question."""
    first = looked(agreed(), vms(shipping_date=None), keycrm(shipping_date="2026-01-20"))
    later = looked(first.memory, vms(shipping_date=None), keycrm(shipping_date="2026-01-21"))

    assert not first.asked + later.asked
    assert first.decision.to_vms == later.decision.to_vms == {}
    assert later.memory.bases.keycrm["shipping_date"] == "2026-01-21"


def test_a_tracking_code_is_written_once_then_compared() -> None:
    """KeyCRM without a code takes VMS's; another code later is a question that can only be left."""
    first = looked(agreed(tracking_code=(None, None)), vms(tracking_code="T1"), keycrm(tracking_code=None))
    changed = looked(agreed(tracking_code=("T1", "T1")), vms(tracking_code="T2"), keycrm(tracking_code="T1"))

    assert first.decision.to_keycrm["tracking_code"].value == "T1"
    [question] = changed.asked
    assert (question.reason, question.choices) == ("tracking_changed", (Choice.KEEP,))
    assert changed.decision.to_keycrm == {}


def test_a_tracking_code_changed_in_keycrm_is_a_question_not_a_loop() -> None:
    """It is neither sent back nor carried to VMS; asked once, the same look asks nothing new."""
    memory = agreed(tracking_code=("T1", "T1"))
    first = looked(memory, vms(tracking_code="T1"), keycrm(tracking_code="T9"))
    again = looked(first.memory, vms(5, tracking_code="T1"), keycrm(5, tracking_code="T9"))

    assert [question.reason for question in first.asked] == ["tracking_changed"]
    assert again.decision.is_nothing
    assert again.asked == ()


def test_statuses_of_one_meaning_are_equal_never_a_change() -> None:
    """The carrier's progress in KeyCRM and the packing in VMS move nothing across."""
    carrier = looked(agreed(status=(4, 8)), vms(status=4), keycrm(status=11)).decision
    packing = looked(agreed(status=(2, 4)), vms(status=3), keycrm(status=4)).decision

    for decision in (carrier, packing):
        assert decision.to_vms == decision.to_keycrm == {}
        assert not decision.conflicts


def test_a_broken_rule_is_refused_and_not_written() -> None:
    """A phone that is none and an empty name name their field and rule."""
    memory = agreed(phone=("+380501112233", "+380501112233"), name=("A", "A"))
    result = looked(memory, vms(phone="нема", name=None), keycrm(phone="+380501112233", name="A"), customer_fields())

    assert {(r.field, r.rule) for r in result.decision.refusals} == {
        ("phone", "phone_possible"),
        ("name", "name_present"),
    }
    assert result.decision.to_keycrm == {}
    assert "нема" not in " ".join(refusal.text for refusal in result.decision.refusals)


def test_a_ledger_field_is_never_decided_as_a_number() -> None:
    """depositedAmount is the ledger's, whatever its base."""
    assert TABLE["deposited_amount"].direction is Direction.LEDGER
    result = looked(
        agreed(deposited_amount=("1.00", None)), vms(deposited_amount="2.00"), keycrm(deposited_amount="3.00")
    )
    assert result.decision.is_nothing
