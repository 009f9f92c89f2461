"""What a KeyCRM record will show once our write has landed, told apart from what a person changed."""

from __future__ import annotations

from typing import Any

import pytest

from libs.contracts import keycrm
from libs.reconcile import contents
from libs.reconcile.contents import Content
from libs.reconcile.values import Value, Write


def order(**more: Any) -> Content:
    """An order read with everything that is included."""
    row = {
        "id": 1001, "status_id": 1, "client_id": 5001, "payments_total": 50, "manager_comment": "перша",
        "buyer_comment": None, "updated_at": "2026-07-01T10:00:00.000000Z",
        "products": [{"id": 7, "sku": "DEMO-MUG", "name": "Чашка", "price": 180.5, "quantity": 2}],
        "payments": [{"id": 1, "amount": 50, "status": "paid", "payment_method_id": 2}],
        "shipping": {"tracking_code": None, "delivery_service_id": None},
    }  # fmt: skip
    return contents.of_order(keycrm.Order.model_validate({**row, **more}))


def buyer(**more: Any) -> Content:
    """A buyer read with his addresses."""
    row = {"id": 5001, "full_name": "Олена", "phone": ["+380671112233", "+380441112233"], "email": [], "shipping": []}
    return contents.of_buyer(keycrm.Buyer.model_validate({**row, **more}))


def writes(**values: Value) -> dict[str, Write]:
    """Writes of these values."""
    return {name: Write(name, value, None, value, "changed") for name, value in values.items()}


def same(one: Content, other: Content) -> bool:
    """Whether the two would be taken for one."""
    return one.facts().content == other.facts().content


def test_what_we_write_is_what_the_next_read_shows() -> None:
    """Status, comment and shipping in one write."""
    foreseen = order().written(writes(status=4, manager_comment="друга", tracking_code="T1"))

    read = order(status_id=4, manager_comment="друга", shipping={"tracking_code": "T1", "delivery_service_id": None})
    assert same(foreseen, read)
    assert foreseen.facts().status_id == 4
    assert foreseen.facts().updated_at is None


def test_what_the_answer_makes_of_it_counts() -> None:
    """A text that was cut."""
    foreseen = order().written(writes(manager_comment="дуже довгий")).answered({"manager_comment": "дуже"})

    assert same(foreseen, order(manager_comment="дуже"))


def test_a_payment_of_ours_is_foreseen_and_taken_back() -> None:
    """KeyCRM's id of it is not known before a read, our reference is."""
    paid = {"id": 2, "amount": "100.00", "status": "paid", "payment_method_id": 1, "description": "VMS payment P-1"}
    first = order().paid_in("100.00", 1, "P-1")
    rows = [{"id": 1, "amount": 50, "status": "paid", "payment_method_id": 2}, paid]

    assert same(first, order(payments=rows))
    assert first.facts().payments_total == "150.00"
    gone = first.taken_back("P-1")
    assert same(gone, order(payments=[rows[0], {**paid, "status": "canceled"}]))
    assert gone.facts().payments_total == "50.00"


def test_the_first_phone_stands_before_the_rest_of_the_list() -> None:
    """As the body of our write has it; an equal one does not come twice."""
    assert same(buyer().written(writes(phone="+380501112233")), buyer(phone=["+380501112233", "+380441112233"]))
    assert same(buyer().written(writes(phone="+380441112233")), buyer(phone=["+380441112233"]))


def test_a_new_record_is_what_its_create_carried() -> None:
    """What was left empty is empty there; the initial status is KeyCRM's own."""
    carried = writes(name="Олена", phone="+380671112233", email=None, city=None, address=None, postal_code=None)

    assert same(contents.begun(carried, {}), buyer(phone=["380671112233"]))


@pytest.mark.parametrize(
    "change",
    [
        {"status_id": 4},
        {"manager_comment": "друга"},
        {"client_id": 5002},
        {"payments": []},
        {"payments": [{"id": 1, "amount": 50, "status": "canceled", "payment_method_id": 2}]},
        {"products": [{"id": 7, "sku": "DEMO-MUG", "name": "Чашка", "price": 180.5, "quantity": 3}]},
        {"shipping": {"tracking_code": "T1", "delivery_service_id": None}},
    ],
)
def test_a_persons_change_of_anything_kept_the_same_shows(change: dict[str, Any]) -> None:
    """Also within the second of an earlier read."""
    assert not same(order(), order(**change))


def test_another_spelling_is_no_change() -> None:
    """Numbers as texts, trailing zeros, a payment's id, a line's id, the stock of its offer."""
    spelled = order(
        payments=[{"id": 9, "amount": "50.00", "status": "paid", "payment_method_id": 2}],
        products=[
            {"id": 8, "sku": "DEMO-MUG", "name": "Чашка", "price": "180.50", "quantity": "2.0",
             "offer": {"id": 303, "quantity": 1}},
        ],
    )  # fmt: skip

    assert same(order(), spelled)
