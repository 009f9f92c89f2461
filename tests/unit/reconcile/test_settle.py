"""Writes on their way: when they are judged, and what they then prove to be (rules 3, 7 to 9)."""

from __future__ import annotations

import pytest

from libs.contracts.types import Side
from libs.reconcile.fields import Field
from libs.reconcile.kinds import Text
from libs.reconcile.memory import Memory
from libs.reconcile.review import note_event
from libs.reconcile.values import Look
from libs.reconcile.writing import answered, due_at, is_unchanged, withdraw
from tests.unit.reconcile.builders import TABLE, TIMES, agreed, at, event, keycrm, looked, vms, writing
from tests.unit.reconcile.sent import at_keycrm, commented, status_on_its_way, to_vms

CUTTING = {"manager_comment": Field("manager_comment", Text(vms_limit=1000, keycrm_limit=5))}


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
