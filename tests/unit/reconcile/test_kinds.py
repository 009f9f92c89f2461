"""The kinds of value: when two sides mean the same, what is carried, what a side makes of it."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from libs.contracts.types import Side
from libs.reconcile import normalise
from libs.reconcile.kinds import (
    Amount,
    Asked,
    DeliveryService,
    FirstOf,
    Kind,
    Refused,
    Same,
    Sent,
    Status,
    Text,
    Tracking,
    is_answer,
)
from libs.reconcile.lines import Lines, changes
from libs.reconcile.values import Choice, Value
from tests.unit.reconcile.builders import SHOP, line

LINES = Lines(SHOP)


def test_a_text_means_the_same_when_one_is_the_other_cut() -> None:
    """VMS holds a thousand characters, KeyCRM more."""
    kind = Text(1000, 65_535)
    long = "x" * 1500

    assert kind.means("x" * 1000, long)
    assert not kind.means("x" * 999, long)
    assert not kind.means("y", "yz")
    assert kind.carry(long, Side.VMS, {}) == Sent("x" * 1000)


def test_money_means_the_same_to_the_cent() -> None:
    """And a side makes of it the amount, or the amount rounded, nothing else."""
    kind = Amount()

    assert kind.means("2.504", "2.50")
    assert not kind.means("2.504", "2.51")
    assert kind.is_made_of(Side.KEYCRM, "2.50", "2.504")
    assert not kind.is_made_of(Side.KEYCRM, "2.504", "2.50")
    assert not kind.means("1.00", None)


def test_a_status_is_carried_by_its_default_and_refused_without_a_pair() -> None:
    """Whatever is unpaired means nothing on the other side."""
    kind = Status(SHOP)

    assert kind.carry(4, Side.KEYCRM, {}) == Sent(8)
    assert kind.carry(11, Side.VMS, {}) == Sent(4)
    assert isinstance(kind.carry(77, Side.VMS, {}), Refused)
    assert not kind.means(77, 77)


def test_a_delivery_method_without_a_service_says_nothing() -> None:
    """VMS fills in 7 where nobody has chosen: that neither blanks nor questions KeyCRM's choice."""
    kind = DeliveryService(SHOP)

    assert kind.means(7, 2)
    assert kind.means(None, None)
    assert not kind.means(1, 2)
    assert kind.carry(1, Side.KEYCRM, {}) == Sent(1)
    assert kind.carry(7, Side.KEYCRM, {}) == Sent(None)
    assert isinstance(kind.carry(9, Side.KEYCRM, {}), Refused)


def test_a_second_tracking_code_is_asked_about() -> None:
    """KeyCRM calls a repeated write an error."""
    kind = Tracking()

    assert kind.carry("T1", Side.KEYCRM, {"tracking_code": None}) == Sent("T1")
    assert isinstance(kind.carry("T2", Side.KEYCRM, {"tracking_code": "T1"}), Asked)
    cleared = kind.carry(None, Side.VMS, {"tracking_code": "T1"})
    assert isinstance(cleared, Asked)
    assert cleared.choices == (Choice.VMS, Choice.KEEP)


def test_clearing_the_first_phone_lets_the_next_one_move_up() -> None:
    """A write keeps the rest of KeyCRM's list, so the next number is what it then shows first."""
    kind = FirstOf("phones")

    assert kind.carry(None, Side.KEYCRM, {"phones": ["+1", "+2"]}) == Sent("+2")
    assert kind.carry(None, Side.KEYCRM, {"phones": ["+1"]}) == Sent(None)
    assert kind.carry(None, Side.VMS, {"phones": ["+1", "+2"]}) == Sent(None)


def test_lines_are_the_same_in_any_order_and_by_what_is_paid() -> None:
    """A percentage here and an amount there make one price; units and ids do not matter."""
    ours = [line("A", "2.50", "10.00", "33.3333"), line("B")]
    theirs = [line("B", id=2), line("A", "2.5", "10.00", "33.33", id=1)]

    assert LINES.means(ours, theirs)
    assert not LINES.means(ours, [line("B"), line("A", "2.5", "10.00", "33")])
    assert not LINES.means(ours, [*theirs, line("C")])


def test_vmss_changes_of_lines_that_keycrm_has_are_carried() -> None:
    """Price, quantity and discount by SKU; KeyCRM's own ids, names and order stay."""
    held: list[Value] = [line("B", id=2), {**line("A", id=1), "name": "as KeyCRM calls it"}]

    carried = LINES.carry([line("A", "3", "11.00", "5"), line("B")], Side.KEYCRM, {"lines": held})

    assert isinstance(carried, Sent)
    [(new, old)] = changes(carried.value, held)
    assert (new["id"], new["quantity"], new["price"], new["discount"]) == (1, "3", "11.00", "5")
    assert (new["name"], old["quantity"]) == ("as KeyCRM calls it", "1")


@pytest.mark.parametrize(
    ("ours", "theirs", "params"),
    [
        (["A", "B"], ["A"], {"added": ["B"], "removed": [], "changed": []}),
        (["A"], ["A", "B"], {"added": [], "removed": ["B"], "changed": []}),
        (["A", "A"], ["A"], {"added": ["A"], "removed": [], "changed": ["A"]}),
    ],
)
def test_a_line_cannot_be_added_or_removed_by_update(
    ours: list[str], theirs: list[str], params: dict[str, Value]
) -> None:
    """A conflict with a sentence that names the SKUs."""
    carried = LINES.carry([line(sku) for sku in ours], Side.KEYCRM, {"lines": [line(sku) for sku in theirs]})

    assert carried == Asked("lines_differ", params, (Choice.KEEP,))


def test_a_change_of_one_of_two_lines_with_one_sku_is_asked_about() -> None:
    """Which of the two is meant is not guessed."""
    held = [line("A", "1"), line("A", "2")]

    assert isinstance(LINES.carry([line("A", "1"), line("A", "3")], Side.KEYCRM, {"lines": held}), Asked)
    assert LINES.means([line("A", "2"), line("A", "1")], held)


def test_keycrms_lines_cannot_be_carried_to_an_existing_vms_order() -> None:
    """Its API has no way to change a line; a new order takes them in VMS's units."""
    theirs: list[Value] = [{**line(None, id=1), "unit": "", "name": "Послуга"}]

    new = LINES.carry(theirs, Side.VMS, {})
    assert isinstance(LINES.carry(theirs, Side.VMS, {"lines": []}), Asked)
    assert isinstance(new, Sent)
    assert isinstance(new.value, list)
    assert (new.value[0]["unit"], "id" in new.value[0]) == ("шт", False)


@pytest.mark.parametrize(
    ("shown", "was", "is_shown"),
    [
        ("дуже довгий", None, True),
        ("дуже", None, True),
        ("дуже", "дуже", False),
        ("інше", None, False),
        ("", None, False),
        (None, None, False),
    ],
)
def test_an_answer_may_show_a_text_cut_at_a_limit_that_we_do_not_know(shown: Value, was: Value, is_shown: bool) -> None:
    """But not the value from before the write, which may be its beginning by chance: that only lags."""
    assert is_answer(Text(), Side.KEYCRM, shown, "дуже довгий", was) is is_shown
    assert is_answer(Same(), Side.KEYCRM, shown, "дуже довгий", was) is (shown == "дуже довгий")
    if shown == was == "дуже":
        assert is_answer(Text(), Side.KEYCRM, shown, "дуже довгий", was, is_cutting=True)


texts = st.one_of(st.none(), st.text(min_size=1, max_size=40).map(normalise.text))
money = st.decimals(-1000, 1000, places=4).map(normalise.money)
phones = st.one_of(st.none(), st.sampled_from(["+380501112233", "+380671112233"]))
CASES: list[tuple[Kind, st.SearchStrategy[Value]]] = [
    (Text(10, 7), texts),
    (Same(), texts),
    (Amount(), money),
    (FirstOf("phones"), phones),
    (Tracking(), texts),
]


@given(st.sampled_from(CASES), st.data(), st.sampled_from(list(Side)))
def test_what_was_sent_is_made_of_itself_and_means_what_it_was_made_from(
    case: tuple[Kind, st.SearchStrategy[Value]], data: st.DataObject, to: Side
) -> None:
    """Carrying makes agreement: right after a write nothing is left to write."""
    kind, values = case
    value = data.draw(values)
    carried = kind.carry(value, to, {})
    if not isinstance(carried, Sent):
        return
    vms, keycrm = (carried.value, value) if to is Side.VMS else (value, carried.value)

    assert kind.is_made_of(to, carried.value, carried.value)
    assert kind.means(vms, keycrm)


@given(st.sampled_from([1, 2, 3, 4, 5, 9]), st.sampled_from([1, 4, 8, 11, 12, 19]))
def test_carrying_a_paired_status_makes_agreement(vms: int, keycrm: int) -> None:
    """Both ways."""
    kind = Status(SHOP)
    there, back = kind.carry(vms, Side.KEYCRM, {}), kind.carry(keycrm, Side.VMS, {})

    assert isinstance(there, Sent)
    assert isinstance(back, Sent)
    assert kind.means(vms, there.value)
    assert kind.means(back.value, keycrm)
