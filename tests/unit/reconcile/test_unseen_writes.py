"""Writes that are not shown: three in a row are asked about, an unknown outcome is waited for (rules 10–12)."""

from __future__ import annotations

from libs.contracts.types import Side
from libs.reconcile.memory import Memory
from libs.reconcile.review import note_event
from libs.reconcile.values import Choice
from libs.reconcile.writing import answered
from tests.unit.reconcile.builders import TABLE, agreed, answer, at, event, keycrm, looked, vms, writing
from tests.unit.reconcile.sent import at_keycrm, status_on_its_way, to_vms


def test_rule_10_an_accepted_write_is_not_judged_before_its_settle_time() -> None:
    """A person sets the value that is queued: it is not taken for ours, and no next one goes below the queued one."""
    memory = status_on_its_way()

    early = at_keycrm(memory, 9, 4, status_at=7, vms_status=3)
    reverted = at_keycrm(memory, 9, 1, status_at=-60)

    for result in (early, reverted):
        assert result.decision.waits == ("status",)
        assert result.decision.to_keycrm == result.decision.to_vms == {}
        assert result.due_at == at(12.1)


def test_rule_10_an_old_value_shown_for_five_seconds_makes_no_write_back_and_no_conflict() -> None:
    """An accepted write that is not visible yet is no person's revert."""
    early = at_keycrm(status_on_its_way(), 7, 1, status_at=-60)
    later = at_keycrm(early.memory, 13, 4, status_at=7)

    assert not early.asked + later.asked
    assert early.decision.to_vms == later.decision.to_vms == {}
    assert later.memory.bases.keycrm["status"] == 4


def ignored(memory: Memory, began: float) -> Memory:
    """One more write of status 4 is accepted at `began` and never shown."""
    look = keycrm(began, status=1, status_at=-60)
    memory = writing(memory, Side.KEYCRM, look, began, began + 99, status=(4, 2))
    memory = answered(TABLE, memory, look, ["status"])
    return at_keycrm(memory, began + 12, 1, status_at=-60).memory


def test_rule_10_three_in_a_row_that_are_not_shown_become_a_question() -> None:
    """KeyCRM answers 202 and never applies: we do not write for ever."""
    memory = ignored(ignored(agreed(status=(1, 1)), 0), 20)
    assert at_keycrm(memory, 40, 1, status_at=-60).decision.to_keycrm["status"].value == 4

    result = at_keycrm(ignored(memory, 60), 80, 1, status_at=-60)

    assert result.memory.questions["status"].reason == "not_shown"
    assert result.decision.to_keycrm == {}


def test_rule_10_agreement_restarts_the_count() -> None:
    """Two that are not shown, one that is, then two more: no question."""
    memory = ignored(ignored(agreed(status=(1, 1)), 0), 20)
    memory = at_keycrm(memory, 40, 4, status_at=35).memory
    assert memory.not_shown == {}


def test_rule_10_an_answer_to_that_conflict_lapses_when_it_is_not_shown_either() -> None:
    """The answered write is tried once; not shown, the question stands again without the answer."""
    memory = ignored(ignored(ignored(agreed(status=(1, 1)), 0), 20), 40)
    question = memory.questions["status"]
    memory = memory.with_questions([answer(question, Choice.VMS)])
    assert at_keycrm(memory, 60, 1, status_at=-60).decision.to_keycrm["status"].reason == "answered"

    again = ignored(memory, 62)

    assert again.questions["status"].answer is None
    assert at_keycrm(again, 80, 1, status_at=-60).decision.to_keycrm == {}


def test_rule_11_an_unknown_outcome_holds_the_whole_binding() -> None:
    """A late PUT reverts a newer edit, so nothing is written before it can no longer land."""
    result = looked(status_on_its_way("lost"), vms(50, status=3, manager_comment="x"),
                    keycrm(50, status=1, status_at=-60, manager_comment="old"))  # fmt: skip

    assert result.held_until == at(95)
    assert result.decision.is_nothing


def test_rule_11_an_old_value_a_settle_time_later_did_not_happen_and_is_not_counted() -> None:
    """It is decided again; the count of writes not shown stays."""
    memory = status_on_its_way("lost")

    early = at_keycrm(memory, 99, 1, status_at=-60)
    later = at_keycrm(memory, 106, 1, status_at=-60)

    assert early.held_until == at(105)
    assert later.decision.to_keycrm["status"].value == 4
    assert later.memory.not_shown == {}


def test_rule_11_a_write_that_landed_late_is_found_and_not_repeated() -> None:
    """What is shown once nothing can land any more settles it."""
    result = at_keycrm(status_on_its_way("lost"), 96, 4, status_at=60)

    assert result.decision.is_nothing
    assert result.memory.bases.keycrm["status"] == 4


def test_rule_12_a_vms_write_of_unknown_outcome_waits_for_vms_events() -> None:
    """By values alone a person's revert would be a write that never came; the events say that ours had landed."""
    look = vms(96, row=40, events=-60, status=1, manager_comment="a")
    memory = to_vms()

    waiting = looked(memory, look, keycrm(96, status=4, manager_comment="a"))
    memory = note_event(TABLE, memory, event(3, status=2, manager_comment="a"))
    memory = note_event(TABLE, memory, event(40, status=1, manager_comment="a"))
    told = looked(memory, vms(97, row=40, events=40, status=1, manager_comment="a"),
                  keycrm(97, status=4, manager_comment="a"))  # fmt: skip

    assert waiting.held_until == at(155)
    assert told.decision.to_keycrm["status"].value == 1


def test_rule_12_events_that_show_no_write_of_ours_say_that_it_never_came() -> None:
    """A person's edits made both values by and by; ours is not taken for landed, and his are not overwritten."""
    memory = note_event(TABLE, to_vms(), event(20, status=2, manager_comment="by a person"))

    result = looked(memory, vms(96, row=20, events=20, status=2, manager_comment="by a person"),
                    keycrm(96, status=4, manager_comment="a"))  # fmt: skip

    assert result.decision.to_vms == {}
    assert result.decision.to_keycrm["manager_comment"].value == "by a person"


def test_rule_12_when_events_fail_it_is_judged_by_values_after_a_while() -> None:
    """An outage of VMS's events does not hold a binding for ever."""
    look = vms(160, row=40, events=-60, status=1, manager_comment="a")

    result = looked(to_vms(), look, keycrm(160, status=4, manager_comment="a"))

    assert result.held_until is None
    assert result.decision.to_vms["status"].value == 2
