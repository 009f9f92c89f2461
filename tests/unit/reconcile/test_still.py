"""When a look at VMS alone is enough, and when two looks have joined nothing."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from libs.contracts.types import Side
from libs.reconcile import creates, still
from libs.reconcile.ledger import Copy, Ledger
from libs.reconcile.memory import Memory
from libs.reconcile.values import Question
from tests.unit.reconcile.builders import TABLE, TIMES, agreed, at, keycrm, looked, vms, writing
from tests.unit.reconcile.paid import agreed_on, known, of_keycrm, of_vms

AT_REST: dict[str, Any] = {"status": 2, "manager_comment": "a"}
MEMORY = agreed(status=(2, 4), manager_comment=("a", "a"))


def rests(memory: Memory, ledger: Ledger | None = None, **image: Any) -> bool:
    """Whether KeyCRM need not be looked at."""
    return still.rest(TABLE, memory, vms(9, row=0, events=0, **image), TIMES, ledger) is not None


def test_an_echo_of_our_own_write_rests() -> None:
    """VMS shows what the two last agreed on: there is nothing to tell KeyCRM, whatever it shows."""
    assert rests(MEMORY, **AT_REST)
    assert rests(MEMORY, **AT_REST, tracking_code=None, lines=[])


@pytest.mark.parametrize("image", [{"status": 3}, {"manager_comment": "b"}, {"tracking_code": "T1"}])
def test_what_vms_has_changed_or_never_told_does_not_rest(image: dict[str, Any]) -> None:
    """Also a field that the two have not met in."""
    assert not rests(MEMORY, **{**AT_REST, **image})


def test_a_base_on_one_side_only_does_not_rest() -> None:
    """An order just made in KeyCRM still has its status to be told."""
    assert not rests(replace(MEMORY, bases=replace(MEMORY.bases, keycrm={"manager_comment": "a"})), **AT_REST)


def test_what_is_on_its_way_asked_or_being_made_does_not_rest() -> None:
    """Each of them needs both sides."""
    pending = writing(MEMORY, Side.KEYCRM, keycrm(0, status=1), status=(4, 2))
    asked = MEMORY.with_questions([Question("status", "both_changed", 2, 8)])
    made = creates.begin_create(MEMORY, Side.KEYCRM, "ref", {}, at(0), at(90))

    assert not any(rests(memory, **AT_REST) for memory in (pending, asked, made))


def test_an_order_rests_only_when_its_payments_do() -> None:
    """The amount agreed on is shown and is the sum, and KeyCRM has each payment of VMS's."""
    paid, other = of_vms("P-1", "100.00"), of_keycrm("7", "50.00")
    memory = agreed_on("150.00", "P-1")

    assert rests(memory, known(paid, other), deposited_amount="150.00")
    assert not rests(memory, known(paid, other), deposited_amount="120.00")
    assert not rests(memory, known(paid), deposited_amount="150.00")
    assert not rests(memory, known(replace(paid, copy=Copy.NONE), other), deposited_amount="150.00")
    assert not rests(memory, known(replace(paid, is_cancelled=True), other), deposited_amount="150.00")
    assert not rests(agreed(), known(), deposited_amount="0.00")


def test_a_review_that_wrote_asked_agreed_or_waits_concludes_something() -> None:
    """Only then the two looks must belong together."""
    quiet = looked(MEMORY, vms(9, **AT_REST), keycrm(9, status=4, manager_comment="a"))
    writes = looked(MEMORY, vms(9, status=3, manager_comment="b"), keycrm(9, status=4, manager_comment="a"))
    agrees = looked(MEMORY, vms(9, status=2, manager_comment="b"), keycrm(9, status=4, manager_comment="b"))

    assert still.concludes_nothing(MEMORY, quiet)
    assert not still.concludes_nothing(MEMORY, writes)
    assert not still.concludes_nothing(MEMORY, agrees)


def test_a_create_that_left_nothing_over_needs_no_second_look() -> None:
    """Its answer means what it was made from; a status that must follow it does not."""
    source = keycrm(0, status=4, manager_comment="a", buyer_comment=None)
    writes, _, _ = creates.carry_all(TABLE, Side.VMS, source.image)
    answer = vms(1, row=1, status=2, manager_comment="a", buyer_comment=None)
    memory = creates.begin_create(Memory(), Side.VMS, "KC-1", writes, at(0), at(90))
    memory = creates.bound(TABLE, memory, answer, source=source.image)

    made = still.made(TABLE, memory, source, answer, TIMES)
    later = still.made(
        TABLE, memory, source, replace(answer, image={**answer.image, "status": 3, "buyer_comment": "x"}), TIMES
    )

    assert made is not None
    assert made.bases.vms["status"] == 2
    assert later is None
