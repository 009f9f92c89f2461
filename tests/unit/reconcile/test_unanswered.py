"""What gets no answer and has no effect, again and again, is for a person (rules 11, 18)."""

from __future__ import annotations

from libs.contracts.types import Side
from libs.reconcile import creates
from libs.reconcile.creates import Step
from libs.reconcile.memory import Memory
from libs.reconcile.values import Write
from libs.reconcile.writing import UNANSWERED_LIMIT, counted_anew, given_up, lost
from tests.unit.reconcile.builders import TIMES, at, keycrm, writing
from tests.unit.reconcile.sent import at_keycrm, status_on_its_way


def test_rule_11_writes_in_a_row_without_answer_and_effect_are_counted_until_the_sides_agree() -> None:
    """Five are enough for a person to be told; the counts survive the database, and agreement ends them."""
    memory = status_on_its_way("lost")
    for tries in range(1, UNANSWERED_LIMIT + 1):
        assert given_up(memory, Side.KEYCRM, ["status"]) == ()
        memory = Memory.from_json(at_keycrm(memory, 106, 1, status_at=-60).memory.to_json())
        assert memory.unanswered == {(Side.KEYCRM, "status"): tries}
        if tries < UNANSWERED_LIMIT:
            begun = writing(memory, Side.KEYCRM, keycrm(0, status=1, status_at=-60), status=(4, 2))
            memory = lost(begun, Side.KEYCRM, ["status"], at(95))

    assert given_up(memory, Side.KEYCRM, ["status", "manager_comment"]) == ("status",)
    assert given_up(memory, Side.VMS, ["status"]) == ()
    assert counted_anew(memory, Side.KEYCRM, ["status"]).unanswered == {}
    agreed_now = at_keycrm(memory, 200, 4, status_at=150)
    assert agreed_now.memory.unanswered == {}


def test_rule_18_creates_that_came_to_nothing_are_counted_and_begin_anew_with_the_letter() -> None:
    """Five calls without answer and effect are enough; what a person was told of is made anew by the next look."""
    memory = Memory()
    for tries in range(1, 6):
        assert not creates.is_given_up(memory)
        memory = Memory.from_json(_called(memory, tries * 1000).to_json())

    assert creates.is_given_up(memory)
    told = creates.refused(memory)
    assert not creates.is_given_up(told)
    assert creates.next_step(told, Side.VMS, (), at(9000), TIMES, "KC-7").step is Step.CREATE


def _called(memory: Memory, began: float) -> Memory:
    """A create was called; its outcome is unknown."""
    write = Write("status", 2, None, 4, "created")
    begun = creates.begin_create(memory, Side.VMS, "KC-7", {"status": write}, at(began), at(began + 150))
    return creates.lost(begun, at(began + 90))
