"""The windows of our VMS writes: values that our full-replace PUT ate (rule 13)."""

from __future__ import annotations

from libs.contracts.types import Side
from libs.reconcile.fields import customer_fields
from libs.reconcile.memory import Memory
from libs.reconcile.review import Review, note_event, note_events
from libs.reconcile.values import Choice, EventLook, Value
from libs.reconcile.windows import MOST
from libs.reconcile.writing import answered, lost
from tests.unit.reconcile.builders import TABLE, agreed, answer, at, event, keycrm, looked, vms, writing

BASE: dict[str, tuple[Value, Value]] = {"status": (1, 1), "manager_comment": ("a", "a")}
OURS = event(2, status=2, manager_comment="a")


def written(row: float = -60) -> Memory:
    """KeyCRM's status 4 was written to VMS between `row` and 2; the PUT sent the comment as it had been read."""
    look = vms(0, row=row, events=row, status=1, manager_comment="a")
    memory = writing(agreed(**BASE), Side.VMS, look, status=(2, 4))
    return answered(TABLE, memory, vms(2, row=2, status=2, manager_comment="a"), ["status"])


def after(memory: Memory, began: float = 9, events: float = 2, comment: Value = "a") -> Review:
    """The first look after the window's end."""
    shown = vms(began, row=max(2, events), events=events, status=2, manager_comment=comment)
    return looked(memory, shown, keycrm(began, status=4, manager_comment="a"))


def test_rule_13_a_persons_value_that_our_put_ate_becomes_a_question() -> None:
    """Both events are consumed before a worker looks: the comment written in between is asked about."""
    memory = note_events(TABLE, written(), [event(1, status=1, manager_comment="by a person"), OURS])

    result = after(memory)

    [question] = result.asked
    assert (question.field, question.reason) == ("manager_comment", "overwritten_in_vms")
    assert (question.raced, question.has_raced) == ("by a person", True)
    assert (question.shown_vms, question.shown_keycrm) == ("a", "a")


def test_rule_13_also_a_value_of_the_field_that_we_wrote() -> None:
    """A status set in VMS at that moment is asked about too."""
    memory = note_events(TABLE, written(), [event(1, status=9, manager_comment="a"), OURS])

    assert [question.raced for question in after(memory).asked] == [9]


def test_rule_13_events_that_come_after_the_look_are_compared_as_well() -> None:
    """The look is remembered with the window until events have passed it."""
    seen = after(written(), events=-60)
    assert seen.asked == ()

    memory = note_events(TABLE, seen.memory, [event(1, status=1, manager_comment="by a person"), OURS])

    assert [question.raced for question in after(memory, 20).asked] == ["by a person"]


def test_rule_13_what_the_first_look_shows_was_not_eaten() -> None:
    """The person was later than our PUT: an ordinary edit, carried like any other."""
    memory = note_events(TABLE, written(), [OURS, event(3, status=2, manager_comment="by a person")])

    result = after(memory, events=3, comment="by a person")

    assert result.asked == ()
    assert result.decision.to_keycrm["manager_comment"].value == "by a person"


def test_rule_13_the_event_of_our_own_write_is_none() -> None:
    """Neither of this write nor of the one before it."""
    first = written()
    look = vms(4, row=2, events=2, status=2, manager_comment="a")
    memory = writing(first, Side.VMS, look, 5, status=(4, 8))
    memory = answered(TABLE, memory, vms(6, row=6, status=4, manager_comment="a"), ["status"])

    memory = note_events(TABLE, memory, [OURS, event(6, status=4, manager_comment="a")])
    result = looked(memory, vms(9, row=6, events=6, status=4, manager_comment="a"),
                    keycrm(9, status=8, manager_comment="a"))  # fmt: skip

    assert result.asked == ()
    assert result.memory.windows == ()


def test_rule_13_an_event_from_before_our_read_is_none() -> None:
    """The row that we read had it already."""
    memory = note_event(TABLE, written(row=-10), event(-30, status=1, manager_comment="older"))

    assert after(memory).asked == ()


def test_rule_13_a_window_is_kept_until_looks_and_events_have_passed_it() -> None:
    """Then it goes; events that fail cannot make it grow for ever."""
    looked_at = after(written(), events=-60)
    passed = after(note_event(TABLE, looked_at.memory, OURS), 20)
    many = written()
    for n in range(MOST + 5):
        look = vms(10 + n, row=2 + n, status=2, manager_comment="a")
        many = writing(many, Side.VMS, look, 10 + n, status=(2, 4))
        many = answered(TABLE, many, vms(10 + n, row=3 + n, status=2, manager_comment="a"), ["status"])

    assert len(looked_at.memory.windows) == 1
    assert passed.memory.windows == ()
    assert len(many.windows) == MOST


def test_rule_13_a_redelivered_event_does_not_ask_again_what_was_answered() -> None:
    """The window outlives the answer; the same value of the same time is known."""
    raced: EventLook = event(1, status=1, manager_comment="by a person")
    asked = after(note_event(TABLE, written(), raced), events=-60).memory
    memory = asked.with_questions([answer(asked.questions["manager_comment"], Choice.VMS)])
    closed = after(memory, 12, events=-60)
    assert closed.closed == ("manager_comment",)

    again = after(note_event(TABLE, closed.memory, raced), 15, events=-60)

    assert again.asked == ()


def test_rule_13_a_late_put_that_eats_an_edit_is_found_by_the_events() -> None:
    """The answer was lost; a person edited; then our PUT landed on top."""
    look = vms(0, row=-60, events=-60, status=1, manager_comment="a")
    memory = lost(writing(agreed(**BASE), Side.VMS, look, status=(2, 4)), Side.VMS, ["status"], at(95))
    memory = note_events(TABLE, memory, [event(20, status=1, manager_comment="by a person"),
                                         event(50, status=2, manager_comment="a")])  # fmt: skip

    result = looked(memory, vms(96, row=50, events=50, status=2, manager_comment="a"),
                    keycrm(96, status=4, manager_comment="a"))  # fmt: skip

    assert [question.raced for question in result.asked] == ["by a person"]


def test_rule_13_a_put_that_never_landed_ate_nothing() -> None:
    """Two edits of one field by people are no race with ours."""
    look = vms(0, row=-60, events=-60, status=1, manager_comment="a")
    memory = lost(writing(agreed(**BASE), Side.VMS, look, status=(2, 4)), Side.VMS, ["status"], at(95))
    memory = note_events(TABLE, memory, [event(20, status=1, manager_comment="first"),
                                         event(50, status=1, manager_comment="second")])  # fmt: skip

    result = looked(memory, vms(96, row=50, events=50, status=1, manager_comment="second"),
                    keycrm(96, status=4, manager_comment="a"))  # fmt: skip

    assert result.asked == ()
    assert result.decision.to_keycrm["manager_comment"].value == "second"
    assert result.decision.to_vms["status"].value == 2


def test_rule_13_a_payment_inside_the_window_is_the_ledgers_not_a_question() -> None:
    """depositedAmount moved because a payment came: the ledger has it."""
    paid = event(1, status=1, manager_comment="a", deposited_amount="100.00", payments_total="100.00")
    edited = event(1, status=1, manager_comment="a", deposited_amount="7.00", payments_total="0.00")
    look = vms(0, row=-60, events=-60, status=1, manager_comment="a", deposited_amount="0.00", payments_total="0.00")
    memory = writing(agreed(**BASE), Side.VMS, look, status=(2, 4))
    shown = vms(2, row=2, status=2, manager_comment="a", deposited_amount="0.00", payments_total="0.00")
    memory = answered(TABLE, memory, shown, ["status"])
    see = vms(9, row=2, events=2, status=2, manager_comment="a", deposited_amount="0.00", payments_total="0.00")

    by_payment = looked(note_event(TABLE, memory, paid), see, keycrm(9, status=4, manager_comment="a"))
    by_hand = looked(note_event(TABLE, memory, edited), see, keycrm(9, status=4, manager_comment="a"))

    assert by_payment.asked == ()
    assert [question.field for question in by_hand.asked] == ["deposited_amount"]


def test_rule_13_customers_have_windows_on_our_clock() -> None:
    """Their row tells no change time: the window is a little wider than our read and write."""
    table = customer_fields()
    memory = writing(
        agreed(name=("A", "A"), city=("K", "K")), Side.VMS, vms(10, name="A", city="K"), 10, name=("B", "B")
    )
    memory = answered(table, memory, vms(11, name="B", city="K"), ["name"])
    memory = note_event(table, memory, event(10.5, name="A", city="Lviv"))

    result = looked(memory, vms(15, name="B", city="K", events=12), keycrm(15, name="B", city="K"), table)

    assert [(question.field, question.raced) for question in result.asked] == [("city", "Lviv")]


def test_rule_13_what_a_person_wrote_and_took_back_himself_was_not_eaten_by_a_put_that_never_landed() -> None:
    """The row shows the old value again, by his own hand: the events say that no write of ours came between."""
    look = vms(0, row=-60, events=-60, status=1, manager_comment="a")
    memory = lost(writing(agreed(**BASE), Side.VMS, look, status=(2, 4)), Side.VMS, ["status"], at(95))
    tried, back = event(20, status=1, manager_comment="tried"), event(50, status=1, manager_comment="a")
    memory = note_events(TABLE, memory, [tried, back])

    result = looked(memory, vms(96, row=50, events=50, status=1, manager_comment="a"),
                    keycrm(96, status=4, manager_comment="a"))  # fmt: skip

    assert result.asked == ()


def test_rule_13_an_event_after_our_request_could_land_is_never_taken_for_ours() -> None:
    """A person makes the row just what our lost write would have made of it: his edit is later than KeyCRM's next."""
    look = vms(0, row=-60, events=-60, status=1, manager_comment="a")
    memory = lost(writing(agreed(**BASE), Side.VMS, look, status=(2, 4)), Side.VMS, ["status"], at(95))
    memory = note_event(TABLE, memory, event(150, status=2, manager_comment="a"))

    result = looked(memory, vms(160, row=150, events=150, status=2, manager_comment="a"),
                    keycrm(160, status=8, status_at=120, manager_comment="a"))  # fmt: skip

    assert result.decision.to_vms == {}
    assert result.asked or result.decision.to_keycrm
