"""When a change happened, and who was later (rule 14)."""

from __future__ import annotations

from typing import Literal

import pytest

from libs.contracts.types import Side
from libs.reconcile.memory import Memory
from libs.reconcile.review import note_event
from libs.reconcile.spans import observe
from libs.reconcile.values import Look, Seen, Value
from libs.reconcile.writing import answered
from tests.unit.reconcile.builders import TABLE, TIMES, agreed, at, event, keycrm, looked, vms, writing

COMMENT = "manager_comment"


def seen(memory: Memory, side: Side = Side.VMS, name: str = COMMENT) -> Seen:
    """What is known of a field."""
    return memory.spans[side, name]


def look(memory: Memory, at_second: float, value: Value, **kinds: float) -> Memory:
    """VMS was read and showed that comment."""
    return observe(TABLE, memory, vms(at_second, manager_comment=value, **kinds), TIMES)


def test_rule_14_a_span_lies_between_the_last_other_value_and_the_first_of_this_one() -> None:
    """A look counts from when it began; the span ends with the end of the first look that shows it."""
    memory = look(look(look(Memory(), 0, "a", row=-60), 10, "a", row=-60), 20, "b", row=15)

    span = seen(memory)

    assert (span.after, span.before) == (at(10), at(15))


def test_rule_14_an_event_of_another_field_does_not_move_a_comment_edited_earlier() -> None:
    """A comment edited at 5 must not look edited at 20, because another field's event came then."""
    memory = look(Memory(), 0, "a", row=-60)
    memory = note_event(TABLE, memory, event(5, manager_comment="b", status=1))
    memory = note_event(TABLE, memory, event(20, manager_comment="b", status=2))

    assert (seen(memory).after, seen(memory).before) == (at(0), at(5))


def test_rule_14_a_late_event_tightens_the_span() -> None:
    """The look at 30 saw the change; its own event says when it was."""
    memory = look(look(Memory(), 0, "a", row=-60), 30, "b", row=25, events=-60)
    later = note_event(TABLE, memory, event(12, manager_comment="b"))
    other = note_event(TABLE, later, event(8, manager_comment="a"))

    assert (seen(later).after, seen(later).before) == (at(0), at(12))
    assert (seen(other).after, seen(other).before) == (at(8), at(12))


def test_rule_14_an_earlier_appearance_of_the_same_value_tells_nothing() -> None:
    """`b` at 3, `a` at 10, `b` again at 30: it became so between 10 and 30, and a late event of 3 changes nothing."""
    memory = look(look(look(Memory(), 3, "b", row=1), 10, "a", row=8), 30, "b", row=28, events=-60)

    memory = note_event(TABLE, memory, event(2, manager_comment="b"))

    assert (seen(memory).after, seen(memory).before) == (at(10), at(28))


def test_rule_14_a_value_that_may_have_gone_and_come_back_unseen_has_a_wider_span() -> None:
    """The row changed again between two looks that show the same; events that have come say whether this field did."""
    base = look(look(Memory(), 0, "a", row=-60), 10, "b", row=9, events=-60)

    untouched = look(base, 20, "b", row=9, events=-60)
    changed = look(base, 20, "b", row=19, events=-60)
    told = look(note_event(TABLE, base, event(19, manager_comment="b")), 20, "b", row=19, events=19)

    assert seen(untouched).before == at(9)
    assert seen(changed).before == at(19)
    assert seen(told).before == at(9)


def test_rule_14_keycrms_row_time_says_whether_anything_changed() -> None:
    """Its whole seconds hide a second change for two of them."""

    def shown(began: float, value: str, row: float) -> Look:
        return keycrm(began, manager_comment=value, row=row)

    memory = observe(TABLE, Memory(), shown(0, "a", -60), TIMES)
    close = observe(TABLE, observe(TABLE, memory, shown(10, "b", 9), TIMES), shown(20, "b", 9), TIMES)
    calm = observe(TABLE, observe(TABLE, memory, shown(12, "b", 9), TIMES), shown(20, "b", 9), TIMES)

    assert seen(close, Side.KEYCRM).before == at(20.1)
    assert seen(calm, Side.KEYCRM).before == at(12.1)


def test_rule_14_keycrms_status_has_an_exact_time() -> None:
    """Whole seconds: it changed within that one."""
    memory = observe(TABLE, Memory(), keycrm(50, status=4, status_at=7), TIMES)

    assert (seen(memory, Side.KEYCRM, "status").after, seen(memory, Side.KEYCRM, "status").before) == (at(7), at(8))


def test_rule_14_our_own_write_counts_as_seen() -> None:
    """A person's change of what we wrote came after our write began, not after the last look before it."""
    memory = observe(TABLE, agreed(manager_comment=("a", "a")), keycrm(0, manager_comment="a"), TIMES)
    memory = writing(memory, Side.KEYCRM, keycrm(0, manager_comment="a"), 5, manager_comment=("ours", "ours"))
    memory = answered(TABLE, memory, keycrm(6, manager_comment="ours"), [COMMENT])

    result = looked(memory, vms(60, manager_comment="ours"), keycrm(60, manager_comment="a", row=55))

    assert (seen(result.memory, Side.KEYCRM).after, seen(result.memory, Side.KEYCRM).before) == (at(5), at(60.1))


def at_both(vms_changed: float, status_at: float, *, has_events: bool = True) -> Memory:
    """Both statuses have changed since a look at 0: VMS's at the one second, KeyCRM's at the other."""
    memory = looked(agreed(status=(1, 1)), vms(0, row=-60, status=1), keycrm(0, status=1, status_at=-60)).memory
    if has_events:
        memory = note_event(TABLE, memory, event(vms_changed, status=2))
    row, events = vms_changed, vms_changed if has_events else -60
    shown = vms(100, row=row, events=events, status=2), keycrm(100, status=8, status_at=status_at)
    return looked(memory, *shown).memory


@pytest.mark.parametrize("has_events", [True, False])
def test_rule_14_newest_lets_keycrms_later_change_win(has_events: bool) -> None:
    """VMS's span ends before KeyCRM's exact time; the row's own change time is as good as the event."""
    memory = at_both(20, 40, has_events=has_events)
    result = looked(memory, vms(101, row=20, events=20, status=2), keycrm(101, status=8, status_at=40))

    assert result.decision.to_vms["status"].value == 4
    assert result.decision.to_vms["status"].reason == "newer"


def test_rule_14_newest_lets_vmss_later_change_win() -> None:
    """An event of another value after KeyCRM's time proves that VMS changed later."""
    memory = agreed(status=(1, 1))
    memory = note_event(TABLE, memory, event(30, status=1))
    memory = note_event(TABLE, memory, event(50, status=2))

    result = looked(memory, vms(100, row=50, events=50, status=2), keycrm(100, status=8, status_at=10))

    assert result.decision.to_keycrm["status"].value == 4


@pytest.mark.parametrize("status_at", [20, 19, 21, 5])
def test_rule_14_spans_that_are_not_apart_are_asked_about(status_at: float) -> None:
    """The same second, a second beside it (clocks differ), or a time inside VMS's span: a conflict, never a guess."""
    memory = at_both(20, status_at)

    assert memory.questions["status"].reason == "both_changed"


def test_rule_14_an_unknown_time_is_asked_about() -> None:
    """KeyCRM's comments tell no time of their own."""
    memory = looked(agreed(manager_comment=("a", "a")), vms(0, row=-60, manager_comment="a"),
                    keycrm(0, manager_comment="a")).memory  # fmt: skip

    result = looked(memory, vms(50, row=20, events=-60, manager_comment="b"), keycrm(50, manager_comment="c"))

    assert [question.reason for question in result.asked] == ["both_changed"]


Order = Literal["event first", "look first"]


@pytest.mark.parametrize("order", ["event first", "look first"])
def test_rule_14_a_look_and_its_event_tell_the_same_in_either_order(order: Order) -> None:
    """The span does not depend on which came first."""
    memory = look(Memory(), 0, "a", row=-60)
    told = event(12, manager_comment="b")
    if order == "event first":
        memory = look(note_event(TABLE, memory, told), 30, "b", row=12, events=12)
    else:
        memory = note_event(TABLE, look(memory, 30, "b", row=12, events=-60), told)

    assert (seen(memory).after, seen(memory).before) == (at(0), at(12))
