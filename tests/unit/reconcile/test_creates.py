"""Making the other side's record once, and whose record is it (rules 18 to 20)."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from libs.contracts.keycrm import Order
from libs.contracts.types import Side
from libs.reconcile import creates
from libs.reconcile.creates import Step
from libs.reconcile.fields import customer_fields
from libs.reconcile.identities import claims, keycrm_order_is_of, match_customers, vms_number, vms_order_is_of
from libs.reconcile.memory import Memory
from libs.reconcile.values import Image, Value, Write
from tests.unit.reconcile.builders import TABLE, TIMES, agreed, at, keycrm, looked, vms

GUID = "0f8fad5b-d9cb-469f-a165-70867728950e"
APART = (TIMES.request_life + TIMES.search_lag).total_seconds()
LINE: dict[str, Value] = {"sku": "A", "name": "a", "quantity": "1", "unit": "шт", "price": "9.00", "discount": "0"}


def step(memory: Memory, began: float, *found: str) -> creates.NextStep:
    """A look at our reference in VMS."""
    return creates.next_step(memory, Side.VMS, found, at(began), TIMES, "KC-7")


def called(memory: Memory, began: float, customer: str = "5") -> Memory:
    """A create was called; its outcome is unknown."""
    write = Write("status", 2, None, 4, "created")
    begun = creates.begin_create(memory, Side.VMS, "KC-7", {"status": write}, at(began), at(began + 150),
                                 called_with=customer)  # fmt: skip
    return creates.lost(begun, at(began + 90))


def test_rule_18_before_any_create_the_reference_is_searched() -> None:
    """Found: attached. Not found: created. The look itself is the flow's."""
    assert step(Memory(), 0).step is Step.CREATE
    assert step(Memory(), 0, "guid").step is Step.ATTACH
    assert step(Memory(), 0, "guid").found == "guid"


def test_rule_18_several_with_our_reference_are_a_question() -> None:
    """Which is the right one is never guessed."""
    several = step(Memory(), 0, "b", "a")

    assert several.step is Step.ASK
    assert several.memory.questions["identity"].params == {"side": "vms", "reference": "KC-7", "found": ["a", "b"]}


def test_rule_18_an_unknown_outcome_needs_two_empty_looks_far_enough_apart() -> None:
    """A stalled search, or one that lags, does not make a second order."""
    memory = called(Memory(), 0)

    first = step(memory, 20)
    early = step(first.memory, 20 + APART)
    late = step(first.memory, 21 + APART)

    assert (first.step, first.wait_until) == (Step.WAIT, at(20 + APART))
    assert early.step is Step.WAIT
    assert late.step is Step.CREATE


def test_rule_18_each_further_create_needs_two_empty_looks_of_its_own() -> None:
    """The looks before it tell nothing about it."""
    memory = called(step(called(Memory(), 0), 20).memory, 300)

    assert step(memory, 999).step is Step.WAIT


def test_rule_18_a_row_found_after_the_first_empty_look_is_attached() -> None:
    """A search that lags ten seconds, a lost answer: one order."""
    memory = step(called(Memory(), 0), 1).memory

    assert step(memory, 12, "guid").found == "guid"


def test_rule_18_a_refused_create_may_be_repeated_at_once() -> None:
    """It never happened."""
    assert step(creates.refused(called(Memory(), 0)), 5).step is Step.CREATE


def test_rule_18_every_customer_that_a_create_was_called_with_is_remembered() -> None:
    """The buyer was merged between two creates: the order is looked up under both, also after a restart."""
    memory = called(called(called(Memory(), 0, "5"), 300, "8"), 600, "5")
    memory = Memory.from_json(memory.to_json())

    assert memory.creation is not None
    assert memory.creation.called_with == ("5", "8")
    assert Memory.from_json(creates.refused(memory).to_json()).creation is not None


def test_rule_19_what_a_create_carried_becomes_both_bases() -> None:
    """The answer shows it: nobody is asked about it, and nothing is written after it."""
    source: dict[str, Any] = {"status": 4, "manager_comment": "x" * 1500, "buyer_comment": None}
    writes, refusals, questions = creates.carry_all(TABLE, Side.VMS, source)
    assert not refusals
    assert not questions
    memory = creates.begin_create(Memory(), Side.VMS, "KC-7", writes, at(0), at(150))

    made = vms(1, row=1, status=2, manager_comment="x" * 1000, buyer_comment=None)
    memory = creates.bound(TABLE, memory, made)
    result = looked(memory, replace(made, began_at=at(5), ended_at=at(5)), keycrm(5, **source))

    assert memory.creation is None
    assert memory.pending == ()
    assert (memory.bases.vms["manager_comment"], memory.bases.keycrm["manager_comment"]) == ("x" * 1000, "x" * 1500)
    assert result.decision.is_nothing


def test_rule_19_an_edit_of_the_source_during_the_create_is_carried_after_it() -> None:
    """The base is what the create carried, not what the source shows now."""
    writes, _, _ = creates.carry_all(TABLE, Side.VMS, {"manager_comment": "first"})
    memory = creates.begin_create(Memory(), Side.VMS, "KC-7", writes, at(0), at(150))

    memory = creates.bound(TABLE, memory, vms(1, row=1, manager_comment="first"))
    result = looked(memory, vms(5, row=1, manager_comment="first"), keycrm(5, manager_comment="second"))

    assert result.decision.to_vms["manager_comment"].value == "second"
    assert result.asked == ()


def test_rule_19_a_person_who_changed_the_found_record_has_moved_it() -> None:
    """Our reference is found minutes later, with another comment: that is his edit."""
    writes, _, _ = creates.carry_all(TABLE, Side.VMS, {"manager_comment": "ours"})
    memory = creates.lost(creates.begin_create(Memory(), Side.VMS, "KC-7", writes, at(0), at(150)), at(90))

    memory = creates.bound(TABLE, memory, vms(100, row=60, manager_comment="his"))
    result = looked(memory, vms(101, row=60, manager_comment="his"), keycrm(101, manager_comment="ours"))

    assert result.decision.to_keycrm["manager_comment"].value == "his"


def test_rule_19_the_status_has_keycrms_initial_value_and_no_base_in_vms() -> None:
    """No order born in VMS asks about its status: it is carried right after the create."""
    writes, _, _ = creates.carry_all(TABLE, Side.KEYCRM, {"status": 3, "manager_comment": "a"})
    assert "status" not in writes
    memory = creates.begin_create(Memory(), Side.KEYCRM, GUID, writes, at(0), at(150), initial={"status": 1})

    memory = creates.bound(TABLE, memory, keycrm(1, status=1, manager_comment="a"))
    result = looked(memory, vms(5, status=3, manager_comment="a"), keycrm(5, status=1, manager_comment="a"))

    assert memory.bases.keycrm["status"] == 1
    assert "status" not in memory.bases.vms
    assert result.decision.to_keycrm["status"].value == 4
    assert result.asked == ()


def test_rule_19_a_status_that_a_person_set_before_the_first_look_is_not_taken_for_the_initial_one() -> None:
    """The initial value is the configured one; a later read would make his edit disappear."""
    memory = creates.begin_create(Memory(), Side.KEYCRM, GUID, {}, at(0), at(150), initial={"status": 1})
    memory = creates.bound(TABLE, creates.lost(memory, at(90)), keycrm(50, status=8, status_at=30))

    result = looked(memory, vms(51, status=3), keycrm(51, status=8, status_at=30))

    assert result.decision.to_keycrm == {}
    assert result.decision.to_vms or result.asked


def test_rule_19_what_keycrms_answer_does_not_carry_is_settled_by_the_next_read() -> None:
    """Lines and shipping come with includes only: until then they wait, then they are ours."""
    writes, _, _ = creates.carry_all(TABLE, Side.KEYCRM, {"lines": [LINE], "shipping_date": "2026-01-20"})
    memory = creates.begin_create(Memory(), Side.KEYCRM, GUID, writes, at(0), at(150))
    memory = creates.bound(TABLE, memory, keycrm(1, status=1))
    held: list[Value] = [{**LINE, "unit": "", "id": 77}]

    result = looked(memory, vms(5, lines=[LINE], shipping_date="2026-01-20"),
                    keycrm(5, lines=held, shipping_date="2026-01-20"))  # fmt: skip

    assert result.decision.is_nothing
    assert result.memory.pending == ()
    assert result.memory.bases.keycrm["lines"] == held


def test_a_create_is_refused_for_a_status_that_only_a_later_write_would_carry() -> None:
    """Better no order than one that can never follow."""
    _, refusals, _ = creates.carry_all(TABLE, Side.KEYCRM, {"status": 7})

    assert [(refusal.field, refusal.rule) for refusal in refusals] == [("status", "no_pair")]


def test_a_create_is_refused_by_the_business_rules() -> None:
    """An unknown unit, a negative price, a missing name."""
    bad = {**LINE, "price": "-1.00"}
    _, lines, _ = creates.carry_all(TABLE, Side.KEYCRM, {"lines": [bad]})
    _, unit, _ = creates.carry_all(TABLE, Side.VMS, {"lines": [{**LINE, "unit": "км"}]})
    _, name, _ = creates.carry_all(customer_fields(), Side.VMS, {"name": None})

    assert [refusal.rule for refusal in lines] == ["price_not_negative"]
    assert [refusal.rule for refusal in unit] == ["no_pair"]
    assert [refusal.rule for refusal in name] == ["name_present"]


def test_one_way_fields_are_not_carried_by_a_create_in_vms() -> None:
    """KeyCRM's delivery service, date and tracking code stay there."""
    source: Image = {"delivery_service": 1, "shipping_date": "2026-01-20", "tracking_code": "T1", "status": 1}

    writes, refusals, questions = creates.carry_all(TABLE, Side.VMS, source)

    assert set(writes) == {"status"}
    assert not refusals
    assert not questions


def test_rule_20_our_own_creates_are_recognised_on_both_sides() -> None:
    """An event about our own create is attached, not created back."""
    order = Order(id=9, source_id=3, source_uuid=GUID.upper(), status_id=1)

    assert keycrm_order_is_of(order, 3) == GUID
    assert vms_order_is_of(vms_number(9)) == 9


@pytest.mark.parametrize(
    "change",
    [{"parent_id": 4}, {"source_id": 1}, {"source_uuid": "№18766"}, {"source_uuid": None}],
)
def test_rule_20_a_copy_or_another_sources_order_is_a_new_order(change: dict[str, Value]) -> None:
    """A copy keeps its parent's numbers; channels fill source_uuid with anything."""
    order = Order(id=9, source_id=3, source_uuid=GUID, status_id=1).model_copy(update=change)

    assert keycrm_order_is_of(order, 3) is None


@pytest.mark.parametrize("number", ["KC-", "KC-0", "KC-12a", "XKC-12", "12", "kc-12", "KC--1"])
def test_rule_20_a_vms_number_that_only_looks_like_ours_is_not_ours(number: str) -> None:
    """Numbers can be edited by people."""
    assert vms_order_is_of(number) is None


def test_rule_20_a_customer_claims_phone_and_mail() -> None:
    """Normalised, possible ones only."""
    assert claims({"phone": "+380501112233", "email": "a@b.ua"}) == (("phone", "+380501112233"), ("email", "a@b.ua"))
    assert claims({"phone": "нема", "email": None}) == ()


def test_rule_20_a_buyer_claims_every_phone_and_mail_of_his_lists() -> None:
    """A merged buyer keeps the other's contacts behind his own; the first of each come first, each once."""
    image: Image = {
        "phone": "+380501112233", "phones": ["+380501112233", "нема", "+380671112233"],
        "email": None, "emails": ["b@b.ua", "a@b.ua"],
    }  # fmt: skip

    assert claims(image) == (
        ("phone", "+380501112233"), ("phone", "+380671112233"), ("email", "b@b.ua"), ("email", "a@b.ua"),
    )  # fmt: skip


def test_rule_20_customers_are_matched_by_phone_then_by_mail() -> None:
    """One is matched, not doubled; several are a question; an equal mail does not join two different phones."""
    me: Image = {"phone": "+380501112233", "email": "a@b.ua"}
    same: Image = {"phone": "+380440000000", "phones": ["+380440000000", "+380501112233"], "email": None}
    mail: Image = {"phone": None, "email": "a@b.ua"}
    other: Image = {"phone": "+380671112233", "email": "a@b.ua"}

    assert match_customers(me, {1: same, 2: other}).one == 1
    assert match_customers(me, {3: mail}).one == 3
    assert match_customers(me, {2: other}).one is None
    assert match_customers(me, {1: same, 3: mail}).several == (1, 3)
    assert match_customers({"phone": None, "email": None}, {3: mail}).one is None


@given(st.integers(1, 10**9))
def test_a_vms_number_reads_back(keycrm_id: int) -> None:
    """What we name is what we find."""
    assert vms_order_is_of(vms_number(keycrm_id)) == keycrm_id


@given(st.lists(st.tuples(st.sampled_from(["call", "look"]), st.integers(1, 400)), max_size=12))
def test_rule_18_no_schedule_of_calls_and_empty_looks_creates_too_early(steps: list[tuple[str, int]]) -> None:
    """Between a call and the next create there are always two empty looks further apart than request life and lag."""
    memory, now, looks = Memory(), 0, [0]
    for kind, seconds in steps:
        now += seconds
        if kind == "look":
            found = step(memory, now)
            memory = found.memory
            if memory.creation is not None and memory.creation.lands_by is not None and found.step is Step.CREATE:
                assert timedelta(seconds=now - looks[0]) > TIMES.request_life + TIMES.search_lag
            looks = looks or [now]
        elif step(memory, now).step is Step.CREATE:
            memory, looks = called(memory, now), []


def test_without_a_create_nothing_changes() -> None:
    """Answers that come when nothing is being made."""
    memory = agreed(status=(1, 1))

    assert (
        creates.bound(TABLE, memory, vms(status=2)) == creates.refused(memory) == creates.lost(memory, at(1)) == memory
    )
