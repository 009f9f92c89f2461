"""Writes on their way: when they are judged, and what they then prove to be (rules 3, 7 to 12)."""

from __future__ import annotations

import pytest

from libs.contracts.types import Side
from libs.reconcile.fields import Field
from libs.reconcile.kinds import Text
from libs.reconcile.memory import Memory
from libs.reconcile.review import Review, note_event
from libs.reconcile.values import Choice, Look, Value
from libs.reconcile.writing import answered, due_at, is_unchanged, lost, withdraw
from tests.unit.reconcile.builders import TABLE, TIMES, agreed, answer, at, event, keycrm, looked, vms, writing

CUTTING = {"manager_comment": Field("manager_comment", Text(vms_limit=1000, keycrm_limit=5))}


def commented(value: Value = "new", *, base: Value = "old") -> Memory:
    """VMS's comment went from `base` to `value`; its write to KeyCRM has begun at 1, and lands by 100."""
    memory = agreed(manager_comment=(base, base))
    return writing(memory, Side.KEYCRM, keycrm(0, manager_comment=base), manager_comment=(value, value))


def status_on_its_way(outcome: str = "accepted") -> Memory:
    """Status 2 of VMS is on its way to KeyCRM as 4; it showed 1 since 10:00:00."""
    look = keycrm(0, status=1, status_at=-60)
    memory = writing(agreed(status=(1, 1)), Side.KEYCRM, look, status=(4, 2))
    if outcome == "accepted":
        return answered(TABLE, memory, keycrm(2, status=1, status_at=-60), ["status"])
    return lost(memory, Side.KEYCRM, ["status"], at(95))


def to_vms(outcome: str = "lost") -> Memory:
    """KeyCRM's status 4 is on its way to VMS as 2; the row showed 1, changed at -60."""
    look = vms(0, row=-60, events=-60, status=1, manager_comment="a")
    memory = writing(agreed(status=(1, 1), manager_comment=("a", "a")), Side.VMS, look, status=(2, 4))
    return lost(memory, Side.VMS, ["status"], at(95)) if outcome == "lost" else memory


def at_keycrm(memory: Memory, began: float, shown: Value, status_at: float, vms_status: int = 2) -> Review:
    """A look at both sides while KeyCRM shows that status."""
    return looked(memory, vms(began, status=vms_status), keycrm(began, status=shown, status_at=status_at))


def test_rule_03_vms_is_read_again_and_any_field_that_differs_stops_the_write() -> None:
    """A person's edit between read and write is not overwritten, though it is of another field."""
    decided = vms(0, row=-60, status=1, manager_comment="a")

    assert is_unchanged(decided, vms(1, row=-60, status=1, manager_comment="a"), ["status"])
    assert not is_unchanged(decided, vms(1, row=0.5, status=1, manager_comment="edited"), ["status"])
    assert not is_unchanged(decided, vms(1, row=0.5, status=1, manager_comment="a"), ["status"])


def test_rule_03_keycrm_is_compared_in_the_fields_to_be_written() -> None:
    """An edit of another field does not hold the write; an edit of that field does."""
    decided = keycrm(0, status=1, manager_comment="a")

    assert is_unchanged(decided, keycrm(1, status=1, manager_comment="b"), ["status"])
    assert not is_unchanged(decided, keycrm(1, status=8, manager_comment="a"), ["status"])


@pytest.mark.parametrize("side", list(Side))
def test_rule_03_a_withdrawn_write_leaves_nothing_behind(side: Side) -> None:
    """The memory is that of before; the next look decides afresh."""
    memory = agreed(status=(1, 1))
    look = vms(0, row=-60, status=1) if side is Side.VMS else keycrm(0, status=1)

    begun = writing(memory, side, look, status=(2, 4))

    assert begun != memory
    assert withdraw(begun, side, ["status"]) == memory


def test_rule_07_what_is_not_settled_holds_its_field_and_survives_the_database() -> None:
    """Crash after the PUT, before the record: the restarted worker neither writes again nor calls it an edit."""
    memory = Memory.from_json(commented().to_json())

    held = looked(memory, vms(3, manager_comment="new"), keycrm(3, manager_comment="new"))
    done = looked(held.memory, vms(101, manager_comment="new"), keycrm(101, manager_comment="new"))

    assert held.held_until == at(100)
    assert held.decision.is_nothing
    assert done.decision.is_nothing
    assert done.memory.pending == ()
    assert done.memory.bases.keycrm == {"manager_comment": "new"}


def test_rule_08_the_answer_settles_what_it_shows() -> None:
    """The value that came back is that side's base, the value it was made from the other's."""
    memory = answered(TABLE, commented(), keycrm(2, manager_comment="new"), ["manager_comment"])

    assert memory.pending == ()
    assert (memory.bases.vms["manager_comment"], memory.bases.keycrm["manager_comment"]) == ("new", "new")


def test_rule_08_a_cut_value_that_comes_back_is_ours_and_stays_quiet() -> None:
    """One write, then quiet, though KeyCRM shows less than was sent."""
    look = keycrm(0, manager_comment="old")
    begun = writing(
        agreed(manager_comment=("old", "old")), Side.KEYCRM, look, manager_comment=("a long text", "a long text")
    )
    memory = answered(CUTTING, begun, keycrm(2, manager_comment="a lon"), ["manager_comment"])

    result = looked(memory, vms(9, manager_comment="a long text"), keycrm(9, manager_comment="a lon"), CUTTING)

    assert memory.pending == ()
    assert result.decision.is_nothing


def test_rule_08_a_write_settles_though_its_source_has_moved_since() -> None:
    """VMS changes again before KeyCRM shows our first write: the second goes across, and nobody is asked."""
    result = looked(
        answered(TABLE, commented("first"), keycrm(2, manager_comment="old"), ["manager_comment"]),
        vms(13, manager_comment="second"),
        keycrm(13, manager_comment="first"),
    )

    assert result.asked == ()
    assert result.decision.to_keycrm["manager_comment"].value == "second"


def test_rule_09_another_value_is_a_persons_edit_upon_ours() -> None:
    """An edit straight after our PUT is not taken for rounding: it goes back to VMS."""
    result = at_keycrm(status_on_its_way(), 13, 8, status_at=5)

    assert result.decision.to_vms["status"].value == 4
    assert result.memory.bases.keycrm["status"] == 4


def test_rule_09_another_value_while_the_source_moved_again_is_the_policys() -> None:
    """Both have moved from what our write made: nobody's edit is lost in silence."""
    memory = answered(TABLE, commented("ours"), keycrm(2, manager_comment="old"), ["manager_comment"])

    result = looked(memory, vms(13, manager_comment="VMS again"), keycrm(13, manager_comment="KeyCRM's"))

    assert [question.reason for question in result.asked] == ["both_changed"]


def test_rule_09_the_old_value_with_a_new_change_time_is_an_edit_back() -> None:
    """A person put the old status back: that goes to VMS, ours is not written a second time."""
    result = at_keycrm(status_on_its_way(), 13, 1, status_at=8)

    assert result.decision.to_vms["status"].value == 1
    assert result.decision.to_keycrm == {}


def test_rule_09_the_old_value_after_a_vms_event_that_showed_ours_is_an_edit_back() -> None:
    """Our PUT landed, a person reverted it; the row shows the old value, the events tell the rest."""
    memory = note_event(TABLE, to_vms(), event(3, status=2, manager_comment="a"))
    memory = note_event(TABLE, memory, event(40, status=1, manager_comment="a"))

    result = looked(memory, vms(96, row=40, events=40, status=1, manager_comment="a"),
                    keycrm(96, status=4, manager_comment="a"))  # fmt: skip

    assert result.decision.to_keycrm["status"].value == 1
    assert result.decision.to_vms == {}


def test_rule_09_the_value_sent_with_a_later_change_time_is_a_persons() -> None:
    """Somebody set it himself after our request could land: VMS, which has moved on, does not just overwrite it."""
    late = at_keycrm(status_on_its_way(), 40, 4, status_at=30, vms_status=1)
    ours = at_keycrm(status_on_its_way(), 40, 4, status_at=3, vms_status=1)

    assert late.memory.bases.keycrm["status"] != 4 or late.asked
    assert late.decision.to_keycrm == {}
    assert ours.decision.to_keycrm["status"].value == 1


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


def test_a_read_that_lags_behind_the_answer_is_no_revert() -> None:
    """The answer showed the new value, a read soon after the old one: it is unknown, then seen."""
    memory = answered(TABLE, commented(), keycrm(2, manager_comment="new"), ["manager_comment"])

    lagging = looked(memory, vms(5, manager_comment="new"), keycrm(5, manager_comment="old"))
    reverted = looked(lagging.memory, vms(20, manager_comment="new"), keycrm(20, manager_comment="old"))

    assert lagging.decision.is_nothing
    assert lagging.due_at == at(12.1)
    assert reverted.decision.to_vms["manager_comment"].value == "old"


def test_a_lagging_read_does_not_hide_a_revert_that_has_its_own_time() -> None:
    """KeyCRM's status says when it changed."""
    look = keycrm(0, status=1, status_at=-60)
    begun = writing(agreed(status=(1, 1)), Side.KEYCRM, look, status=(4, 2))
    memory = answered(TABLE, begun, keycrm(2, status=4, status_at=2), ["status"])

    assert at_keycrm(memory, 6, 1, status_at=5).decision.to_vms["status"].value == 1


def test_due_at_tells_when_the_first_write_can_be_judged() -> None:
    """The accepted one after its settle time, the lost one when it can no longer land."""
    assert due_at(agreed(), TIMES) is None
    assert due_at(status_on_its_way(), TIMES) == at(12.1)
    assert due_at(status_on_its_way("lost"), TIMES) == at(95)


def test_a_vms_write_answered_by_the_row_is_settled_at_once() -> None:
    """VMS is synchronous: its answer is the row."""
    shown: Look = vms(2, row=2, status=2, manager_comment="a")

    memory = answered(TABLE, to_vms("called"), shown, ["status"])

    assert memory.pending == ()
    assert (memory.bases.vms["status"], memory.bases.keycrm["status"]) == (2, 4)
