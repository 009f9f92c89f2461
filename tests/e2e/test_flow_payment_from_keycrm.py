"""KeyCRM → VMS: payments of an order, told by webhook or found by poll, paid and taken back."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from tests.agreement import orders_agree
from tests.world import World

ONCE = {"getOrder": 4, "updateOrder": 1}
"""VMS's calls for one change: twice read with KeyCRM in between, read before the write, once for the write's echo."""


async def test_a_payment_made_in_keycrm_reaches_vms(world: World) -> None:
    """Its sum, when and how it was paid; KeyCRM's payment status webhook told of it."""
    order, made = await world.order_on_both()

    await _pay(world, order, 100, 2, payment_date="2026-02-03 21:59:58")

    paid = await world.until(
        lambda: world.of_vms("orders", orderId=made["orderId"], depositedAmount=100), "the payment in VMS"
    )
    await world.quiet()
    assert (paid["paymentType"], paid["dateOfPayment"]) == (2, "2026-02-03T23:59:58")  # Kyiv's wall clock
    orders_agree(*await world.born_rows(order))
    assert await world.keycrm.count() == {"getOrder": 1}
    assert await world.vms.count() == ONCE
    assert (await world.audit("orders", order["id"]))[1:] == [
        ("inbound-apply", "updated", "deposited_amount", "payments")
    ]


async def test_a_second_part_payment_which_no_webhook_tells_of_is_found_by_poll(world: World) -> None:
    """The payment status stays part_paid, so KeyCRM tells nothing; the polled row shows the payment."""
    order, made = await world.order_on_both()
    await _pay(world, order, 100, 1)
    await world.until(lambda: world.of_vms("orders", orderId=made["orderId"], depositedAmount=100), "the first")
    await world.steady()
    told = len(await world.keycrm.admin("GET", "deliveries"))

    await _pay(world, order, 150.5, 2)

    paid = await world.until(
        lambda: world.of_vms("orders", orderId=made["orderId"], depositedAmount=250.5), "the second payment in VMS"
    )
    await world.quiet(3)
    assert paid["paymentType"] == 2
    orders_agree(*await world.born_rows(order))
    assert len(await world.keycrm.admin("GET", "deliveries")) == told
    assert await world.keycrm.count() == {"getOrder": 1}
    assert await world.vms.count() == ONCE


async def test_a_payment_cancelled_in_keycrm_is_taken_back_in_vms(world: World) -> None:
    """What remains counts; when nothing does, VMS shows no day of payment either."""
    order, made = await world.order_on_both(
        payments=[
            {"amount": 200, "payment_method_id": 1, "payment_date": "2026-02-01 10:00:00", "status": "paid"},
            {"amount": 250, "payment_method_id": 2, "payment_date": "2026-02-02 10:00:00", "status": "paid"},
        ]
    )
    assert (made["depositedAmount"], made["paymentType"]) == (450, 2)
    first, second = [p["id"] for p in await _payments(world, order)]

    await world.keycrm.admin("PATCH", f"orders/{order['id']}/payments/{second}", {"status": "canceled"})

    left = await world.until(
        lambda: world.of_vms("orders", orderId=made["orderId"], depositedAmount=200), "what remains in VMS"
    )
    assert (left["paymentType"], left["dateOfPayment"]) == (1, "2026-02-01T12:00:00")
    await world.quiet(4)
    assert await world.keycrm.count() == {"getOrder": 1}
    assert await world.vms.count() == ONCE

    await world.keycrm.admin("PATCH", f"orders/{order['id']}/payments/{first}", {"status": "canceled"})

    none = await world.until(
        lambda: world.of_vms("orders", orderId=made["orderId"], depositedAmount=0), "nothing paid in VMS"
    )
    assert none["dateOfPayment"] is None
    await world.idle()
    orders_agree(*await world.born_rows(order))
    assert await world.vms.writes() == ["updateOrder"] * 2
    assert await world.keycrm.writes() == []


async def test_payments_on_both_sides_at_once_are_both_kept(world: World) -> None:
    """VMS +100 and KeyCRM +50: both sides show both, each once."""
    order, made = await world.order_on_both()
    await world.vms.knobs(emit=False)
    await world.vms.admin("POST", f"orders/{made['orderId']}/payments", {"amount": 100, "paymentType": 1})
    await _pay(world, order, 50, 2)
    await world.vms.knobs(emit=True)

    async def both() -> bool:
        amounts = sorted(p["amount"] for p in await _payments(world, order))
        return amounts == [50, 100] and await _deposited(world, made) == 150

    await world.until(both, "both payments on both sides")
    await world.quiet(4)
    orders_agree(*await world.born_rows(order))
    assert await world.keycrm.writes() == ["addOrderPayment"]
    assert await world.vms.writes() == ["updateOrder"]
    assert (await world.binding("orders", order["id"]))["questions"] == []


async def _pay(world: World, order: dict[str, Any], amount: float, method: int, **more: Any) -> None:
    when = datetime.now(UTC).strftime("%Y-%m-%d %H:%M:%S")
    body = {"amount": amount, "payment_method_id": method, "payment_date": when, **more}
    await world.keycrm.admin("POST", f"orders/{order['id']}/payments", body)


async def _payments(world: World, order: dict[str, Any]) -> list[dict[str, Any]]:
    shown = await world.of_keycrm("orders", id=order["id"])
    assert shown is not None
    return [p for p in shown["payments"] if p["status"] == "paid"]


async def _deposited(world: World, made: dict[str, Any]) -> float:
    shown = await world.of_vms("orders", orderId=made["orderId"])
    assert shown is not None
    return float(shown["depositedAmount"])
