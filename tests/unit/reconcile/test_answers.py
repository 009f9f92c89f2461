"""Open questions and their answers (rule 25)."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from libs.contracts.types import Side
from libs.reconcile.answers import carried_out
from libs.reconcile.fields import Fields, customer_fields
from libs.reconcile.memory import Memory
from libs.reconcile.review import Review
from libs.reconcile.values import Choice, Question, Resolution, Value
from libs.reconcile.writing import answered
from tests.unit.reconcile.builders import TABLE, agreed, answer, keycrm, looked, vms, writing

COMMENT = "manager_comment"


def shown(memory: Memory, vms_value: Value, keycrm_value: Value, began: float = 20) -> Review:
    """A look at both comments."""
    return looked(memory, vms(began, manager_comment=vms_value), keycrm(began, manager_comment=keycrm_value))


def asked(*, raced: bool = False) -> Memory:
    """Both comments were changed from `a`: VMS's to `b`, KeyCRM's to `c`; it is asked about."""
    memory = shown(agreed(manager_comment=("a", "a")), "b", "c", 5).memory
    question = replace(memory.questions[COMMENT], has_raced=raced, raced="lost" if raced else None)
    return memory.with_questions([question])


def resolved(choice: Choice, value: Value = None, terms: Side = Side.VMS, *, raced: bool = False) -> Memory:
    """The same, answered."""
    memory = asked(raced=raced)
    return memory.with_questions([answer(memory.questions[COMMENT], choice, value, terms)])


def write_done(memory: Memory, side: Side, result: Review) -> Memory:
    """That half of a decision has been written and shown."""
    look = vms(21, manager_comment="b") if side is Side.VMS else keycrm(21, manager_comment="c")
    write = result.decision.to(side)[COMMENT]
    begun = writing(memory, side, look, manager_comment=(write.value, write.made_from))
    value = write.value
    answer_look = vms(22, manager_comment=value) if side is Side.VMS else keycrm(22, manager_comment=value)
    return answered(TABLE, begun, answer_look, [COMMENT])


def test_rule_25_while_a_question_is_open_its_field_is_not_written() -> None:
    """Nor asked about again as long as both show the same."""
    result = shown(asked(), "b", "c")

    assert result.decision.is_nothing
    assert result.asked == ()


def test_rule_25_new_values_refresh_the_question_and_drop_the_answer() -> None:
    """The answer was given to something else."""
    result = shown(resolved(Choice.VMS), "b2", "c")

    [question] = result.asked
    assert (question.shown_vms, question.shown_keycrm, question.answer) == ("b2", "c", None)
    assert (question.base_vms, question.base_keycrm) == ("a", "a")
    assert result.decision.to_keycrm == result.decision.to_vms == {}


def test_rule_25_it_closes_when_the_sides_agree() -> None:
    """Somebody settled it by hand: both bases follow."""
    result = shown(asked(), "same", "same")

    assert result.closed == (COMMENT,)
    assert result.memory.bases.vms[COMMENT] == "same"


def test_rule_25_with_a_raced_value_it_closes_only_by_an_answer() -> None:
    """The eaten value is on neither side: agreement does not bring it back."""
    still = shown(asked(raced=True), "same", "same")
    assert still.closed == ()
    answered_memory = still.memory.with_questions([answer(still.memory.questions[COMMENT], Choice.VMS)])

    assert shown(answered_memory, "same", "same").closed == (COMMENT,)


@pytest.mark.parametrize(("choice", "to", "value"), [(Choice.VMS, Side.KEYCRM, "b"), (Choice.KEYCRM, Side.VMS, "c")])
def test_rule_25_an_answer_writes_the_chosen_sides_value(choice: Choice, to: Side, value: str) -> None:
    """Only the other side is written, once; then it closes."""
    memory = resolved(choice)
    result = shown(memory, "b", "c")
    assert {name: write.value for name, write in result.decision.to(to).items()} == {COMMENT: value}
    assert result.decision.to(to.other) == {}

    done = shown(write_done(result.memory, to, result), value, value, 25)

    assert done.closed == (COMMENT,)
    assert done.decision.to_vms == done.decision.to_keycrm == {}


def test_rule_25_a_typed_answer_stays_valid_after_the_first_side_is_written() -> None:
    """Each side shows what was shown or the answer itself: the second half is written too."""
    result = shown(resolved(Choice.VALUE, "typed"), "b", "c")
    assert result.decision.to_vms[COMMENT].value == result.decision.to_keycrm[COMMENT].value == "typed"

    second = shown(write_done(result.memory, Side.VMS, result), "typed", "c", 25)
    assert second.asked == ()
    assert second.decision.to_vms == {}
    assert second.decision.to_keycrm[COMMENT].value == "typed"

    third = shown(write_done(second.memory, Side.KEYCRM, second), "typed", "typed", 30)
    assert third.closed == (COMMENT,)


def test_rule_25_the_raced_value_can_be_brought_back() -> None:
    """A typed answer on an eaten value restores it on both sides."""
    result = shown(resolved(Choice.VALUE, "lost", raced=True), "b", "c")

    assert result.decision.to_vms[COMMENT].value == result.decision.to_keycrm[COMMENT].value == "lost"


def test_rule_25_keep_leaves_both_as_they_are() -> None:
    """For what a program cannot write: both bases become what is shown, and it is not asked again."""
    memory = looked(agreed(tracking_code=("T1", "T1")), vms(tracking_code="T2"), keycrm(tracking_code="T1")).memory
    memory = memory.with_questions([answer(memory.questions["tracking_code"], Choice.KEEP)])

    kept = looked(memory, vms(9, tracking_code="T2"), keycrm(9, tracking_code="T1"))
    later = looked(kept.memory, vms(12, tracking_code="T2"), keycrm(12, tracking_code="T1"))

    assert kept.closed == ("tracking_code",)
    assert later.decision.is_nothing


def test_rule_25_a_typed_answer_is_normalised_and_carried_in_its_own_terms() -> None:
    """A phone typed as people do; a status typed in KeyCRM's terms."""
    table = customer_fields()
    memory = agreed(phone=("+380501112233", "+380501112233"))
    memory = looked(memory, vms(phone="+380501112244"), keycrm(phone="+380501112255"), table).memory
    memory = memory.with_questions([answer(memory.questions["phone"], Choice.VALUE, "050 111 22 66")])
    phone = looked(memory, vms(9, phone="+380501112244"), keycrm(9, phone="+380501112255"), table).decision

    order = looked(agreed(status=(1, 1)), vms(status=2), keycrm(status=8)).memory
    order = order.with_questions([answer(order.questions["status"], Choice.VALUE, 11, Side.KEYCRM)])
    status = looked(order, vms(9, status=2), keycrm(9, status=8)).decision

    assert phone.to_vms["phone"].value == phone.to_keycrm["phone"].value == "+380501112266"
    assert (status.to_vms["status"].value, status.to_keycrm["status"].value) == (4, 11)


PHONES: dict[str, Any] = {"phone": "+380501112244"}
OTHER_PHONES: dict[str, Any] = {"phone": "+380501112255"}
STATUS: dict[str, Any] = {"status": 2}
OTHER_STATUS: dict[str, Any] = {"status": 8}


@pytest.mark.parametrize(
    ("table", "memory", "ours", "theirs", "typed", "says"),
    [
        (customer_fields(), agreed(phone=("+1", "+1")), PHONES, OTHER_PHONES, "нема", "is no possible phone number"),
        (TABLE, agreed(status=(1, 1)), STATUS, OTHER_STATUS, 77, "has no pair"),
    ],
)
def test_an_answer_that_may_not_be_written_is_asked_again_with_the_reason(
    table: Fields, memory: Memory, ours: dict[str, Any], theirs: dict[str, Any], typed: Value, says: str
) -> None:
    """It never ends the item as a dead letter: the person who answered is told."""
    [name] = ours
    memory = looked(memory, vms(**ours), keycrm(**theirs), table).memory
    memory = memory.with_questions([answer(memory.questions[name], Choice.VALUE, typed)])

    result = looked(memory, vms(9, **ours), keycrm(9, **theirs), table)

    [question] = result.asked
    assert question.answer is None
    assert says in str(question.params["refused"])
    assert not result.decision.refusals


def test_an_answer_to_lines_that_cannot_be_written_says_so() -> None:
    """VMS's lines are chosen, but one of them KeyCRM does not have: the question changes its sentence."""

    def line(sku: str, quantity: str = "1") -> dict[str, Value]:
        return {"sku": sku, "name": sku, "quantity": quantity, "unit": "", "price": "1.00", "discount": "0"}

    memory = agreed(lines=([line("A")], [line("A")]))
    memory = looked(memory, vms(lines=[line("A")]), keycrm(lines=[line("A", "5")])).memory
    assert memory.questions["lines"].reason == "lines_not_writable"
    question = replace(memory.questions["lines"], shown_vms=[line("A"), line("B")], answer=Resolution(Choice.VMS))
    memory = memory.with_questions([question])

    result = looked(memory, vms(9, lines=[line("A"), line("B")]), keycrm(9, lines=[line("A", "5")]))

    [again] = result.asked
    assert (again.reason, again.params["added"]) == ("lines_differ", ["B"])
    assert result.decision.to_keycrm == {}


def test_a_question_of_a_field_that_is_unknown_now_stays_as_it_is() -> None:
    """An answer without that association says nothing about it."""
    memory = asked()

    assert looked(memory, vms(9, status=1), keycrm(9, status=1)).memory.questions == memory.questions


def test_a_question_that_lost_its_cause_to_a_settled_write_closes() -> None:
    """The sides agree by what was written, though the kind does not call the two values the same."""
    question = Question(COMMENT, "both_changed", "b", "c", answer=None)
    memory = agreed(manager_comment=("b", "c")).with_questions([question])

    assert shown(memory, "b", "c").closed == (COMMENT,)


def test_rule_25_an_answer_that_has_been_written_closes_its_question() -> None:
    """The write's answer shows it and the other side does too: nobody has to look once more."""
    memory = resolved(Choice.KEYCRM)
    result = shown(memory, "b", "c")
    done = write_done(result.memory, Side.VMS, result)

    closed = carried_out(done, vms(22, manager_comment="c"), keycrm(20, manager_comment="c"))

    assert closed.questions == {}


def test_rule_25_a_typed_answer_is_not_over_before_both_sides_have_it() -> None:
    """The first half is written: the question stays, so that the second half knows what to write."""
    result = shown(resolved(Choice.VALUE, "typed"), "b", "c")
    half = write_done(result.memory, Side.VMS, result)

    still_open = carried_out(half, vms(22, manager_comment="typed"), keycrm(20, manager_comment="c"))

    assert COMMENT in still_open.questions


def test_rule_25_a_question_without_an_answer_is_closed_by_no_write() -> None:
    """Its field is not written at all; another field's write is none of its business."""
    memory = asked()

    assert COMMENT in carried_out(memory, vms(22, manager_comment="b"), keycrm(20, manager_comment="c")).questions
