"""VMS → KeyCRM: a payment received in VMS is added to KeyCRM's order once; the sum paid is right on both sides."""

from __future__ import annotations

import asyncio
from decimal import Decimal
from typing import Any

from tests.agreement import orders_agree
from tests.world import World

PAID = {"getOrder": 1, "addOrderPayment": 1}
TOLD = {"getOrder": 2}


async def test_a_payment_received_in_vms_is_added_to_keycrm_once(world: World) -> None:
    """KeyCRM is read, the payment added; its hook about our own payment costs nothing."""
    made, order = await world.order_from_vms()

    payment = await pay(world, made, 361, paymentType=2)
    await world.order_in_keycrm(made, payments_total=361, payment_status="paid")
    await world.quiet()

    orders_agree(*await world.order_rows(made))
    assert await world.keycrm.count() == PAID
    assert await world.vms.count() == TOLD
    assert (await world.audit("orders", order["id"]))[1:] == [
        ("outbound-sync", "payment", None, f"VMS payment {payment['paymentId']}")
    ]


async def test_two_part_payments_at_once_are_two_payments(world: World) -> None:
    """Neither is lost and neither doubled, whether they are found by one look or by two."""
    made, _ = await world.order_from_vms()

    await asyncio.gather(pay(world, made, 100), pay(world, made, 61.5, paymentType=2))
    await world.order_in_keycrm(made, payments_total=161.5, payment_status="part_paid")
    await world.quiet()

    orders_agree(*await world.order_rows(made))
    assert await world.keycrm.writes() == ["addOrderPayment"] * 2
    assert (await world.keycrm.count())["getOrder"] in (1, 2)
    assert await world.vms.writes() == []


async def test_a_payment_cancelled_in_vms_is_cancelled_in_keycrm(world: World) -> None:
    """There is no delete: its copy is cancelled, and counts nothing on either side."""
    made, order = await world.order_from_vms()
    await pay(world, made, 100)
    gone = await pay(world, made, 50)
    await world.order_in_keycrm(made, payments_total=150)
    await world.steady()

    await world.vms.admin("PATCH", f"orders/{made['orderId']}/payments/{gone['paymentId']}", {"isCancelled": True})
    await world.order_in_keycrm(made, payments_total=100)
    await world.quiet()

    vms, keycrm = await world.order_rows(made)
    orders_agree(vms, keycrm)
    assert sorted(row["status"] for row in keycrm["payments"]) == ["canceled", "paid"]
    assert vms["depositedAmount"] == 100
    assert await world.keycrm.count() == {"getOrder": 1, "updateOrderPayment": 1}
    assert await world.vms.count() == TOLD
    assert (await world.audit("orders", order["id"]))[-1] == (
        "outbound-sync", "payment", None, f"VMS payment {gone['paymentId']} cancelled",
    )  # fmt: skip


async def test_a_payment_on_each_side_at_once_is_kept_on_both(world: World) -> None:
    """KeyCRM +50 and VMS +100: a number merged as a field would lose one of them."""
    made, order = await world.order_from_vms()

    await asyncio.gather(
        pay(world, made, 100),
        world.keycrm.admin("POST", f"orders/{order['id']}/payments", {"amount": 50, "payment_method_id": 2}),
    )
    await world.order_in_keycrm(made, payments_total=150)
    await world.until(lambda: world.of_vms("orders", orderId=made["orderId"], depositedAmount=150), "150 paid in VMS")
    await world.quiet()

    vms, keycrm = await world.order_rows(made)
    orders_agree(vms, keycrm)
    assert sorted(Decimal(str(row["amount"])) for row in keycrm["payments"]) == [50, 100]
    assert await world.keycrm.writes() == ["addOrderPayment"]
    assert await world.vms.writes() == ["updateOrder"]


async def test_an_order_paid_before_keycrm_has_it_is_made_and_then_paid(world: World) -> None:
    """The payment of an order that is new to KeyCRM is added once it has been read back."""
    customer, _ = await world.customer_from_vms()
    await world.vms.knobs(emit=False)
    made = await world.vms_order(customer)
    await pay(world, made, 361)
    await world.vms.knobs(emit=True)

    await world.order_in_keycrm(made, payments_total=361)
    await world.quiet()

    orders_agree(*await world.order_rows(made))
    calls = await world.keycrm.count()
    assert calls.pop("getOrder") in (1, 2), "the two events may come together or one after the other"
    assert calls == {"listOrders": 1, "createOrder": 1, "addOrderPayment": 1}
    assert await world.vms.writes() == []


async def pay(world: World, made: dict[str, Any], amount: float, **more: Any) -> dict[str, Any]:
    """A payment received in VMS; answers it with its id."""
    body = {"amount": amount, "paymentType": 1, **more}
    payment: dict[str, Any] = await world.vms.admin("POST", f"orders/{made['orderId']}/payments", body)
    return payment
