"""Payments of an order: what they add up to, what can be changed of them, and what their answers hold back."""

from __future__ import annotations

import pytest

from tests.sandbox_keycrm import KeyCrmSide


@pytest.mark.parametrize(
    ("amounts", "status"), [([], "not_paid"), ([100], "part_paid"), ([100, 261], "paid"), ([400], "overpaid")]
)
async def test_the_payment_status_follows_what_was_paid(keycrm: KeyCrmSide, amounts: list[float], status: str) -> None:
    """An order of 361: the sum of its paid payments decides."""
    order_id = (await keycrm.create_order())["id"]
    for amount in amounts:
        await keycrm.post(f"/order/{order_id}/payment", {"payment_method_id": 1, "amount": amount})

    order = await keycrm.order(order_id)
    assert (order["payment_status"], order["payments_total"]) == (status, sum(amounts))


async def test_a_payment_is_paid_on_its_route_and_awaited_in_an_order(keycrm: KeyCrmSide) -> None:
    """The documented default of the route, and none inside an order body."""
    order_id = (await keycrm.create_order(payments=[{"payment_method_id": 2, "amount": 50}]))["id"]
    body = {"payment_method": "Cash", "amount": 60.5, "description": "P-1", "payment_date": "2026-01-15 10:00:00"}
    await keycrm.post(f"/order/{order_id}/payment", body)

    awaited, paid = (await keycrm.order(order_id))["payments"]
    assert (awaited["status"], paid["status"]) == ("not_paid", "paid")
    assert (paid["payment_method_id"], paid["amount"], paid["actual_amount"]) == (1, 60.5, "60.50")
    assert (paid["description"], paid["payment_date"]) == ("P-1", "2026-01-15 10:00:00")
    assert (await keycrm.order(order_id))["payment_status"] == "part_paid"


async def test_the_answer_names_the_payment_only_by_knob(keycrm: KeyCrmSide) -> None:
    """The documented answer has no id; a GET of the order has it."""
    order_id = (await keycrm.create_order())["id"]
    payment = {"payment_method_id": 1, "amount": 5}
    assert "id" not in (await keycrm.post(f"/order/{order_id}/payment", payment)).json()

    await keycrm.turn(payment_answer_has_id=True)
    assert (await keycrm.post(f"/order/{order_id}/payment", payment)).json()["id"] == 7002


async def test_only_status_and_note_can_be_changed(keycrm: KeyCrmSide) -> None:
    """A cancelled payment counts nothing; an amount sent with it is overlooked, and a breach."""
    order_id = (await keycrm.create_order())["id"]
    await keycrm.post(f"/order/{order_id}/payment", {"payment_method_id": 1, "amount": 361})

    response = await keycrm.put(f"/order/{order_id}/payment/7001", {"status": "canceled", "amount": 1})

    order = await keycrm.order(order_id)
    assert (response.status_code, order["payment_status"], order["payments_total"]) == (202, "not_paid", 0)
    assert (order["payments"][0]["status"], order["payments"][0]["amount"]) == ("canceled", 361)
    assert await keycrm.breaches() == ["updateOrderPayment: body amount: not a field of this call"]
    assert (await keycrm.put(f"/order/{order_id}/payment/77", {"status": "canceled"})).status_code == 404


async def test_cancelling_an_order_can_touch_its_payments(keycrm: KeyCrmSide) -> None:
    """By default they stay; the knob plays an account whose cancellation cancels them."""
    paid = [{"payment_method_id": 1, "amount": 361, "status": "paid"}]
    kept = (await keycrm.create_order(payments=paid))["id"]
    await keycrm.put(f"/order/{kept}", {"status_id": 19})
    assert (await keycrm.order(kept))["payments"][0]["status"] == "paid"

    await keycrm.turn(cancel_cancels_payments=True)
    touched = (await keycrm.create_order(payments=paid))["id"]
    await keycrm.put(f"/order/{touched}", {"status_id": 19})
    assert (await keycrm.order(touched))["payments"][0]["status"] == "canceled"


async def test_expenses_lower_the_margin_until_they_are_cancelled(keycrm: KeyCrmSide) -> None:
    """An expense is added by type and can only be cancelled."""
    order_id = (await keycrm.create_order())["id"]
    await keycrm.post(f"/order/{order_id}/expense", {"expense_type_id": 1, "amount": 40})
    assert (await keycrm.order(order_id))["expenses_sum"] == 40

    await keycrm.put(f"/order/{order_id}/expense/8001", {"status": "canceled"})
    order = await keycrm.order(order_id)
    assert (order["expenses_sum"], order["margin_sum"]) == (0, 361)
    assert (await keycrm.post(f"/order/{order_id}/expense", {"expense_type_id": 7, "amount": 1})).status_code == 422
