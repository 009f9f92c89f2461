"""KeyCRM → VMS: an order's status, told by webhook; an order cancelled before and after its goods have left."""

from __future__ import annotations

from tests.agreement import orders_agree
from tests.world import World

WRITTEN = {"getOrder": 4, "updateOrder": 1}
"""VMS's calls for one change: twice read with KeyCRM in between, read before the write, once for the write's echo."""


async def test_a_status_set_in_keycrm_reaches_vms(world: World) -> None:
    """One webhook, one read of KeyCRM, one write of VMS; the audit says who did it and why."""
    order, made = await world.order_on_both()

    await world.keycrm.admin("PATCH", f"orders/{order['id']}", {"status_id": 4})

    await world.until(lambda: world.of_vms("orders", orderId=made["orderId"], orderStatus=2), "reserved in VMS")
    await world.quiet()
    orders_agree(*await world.born_rows(order))
    assert await world.keycrm.count() == {"getOrder": 1}
    assert await world.vms.count() == WRITTEN
    assert await world.audit("orders", order["id"]) == [
        ("inbound-apply", "created", None, f"reference KC-{order['id']}"),
        ("inbound-apply", "updated", "status", "changed"),
    ]


async def test_cancelling_an_unshipped_order_in_keycrm_cancels_it_in_vms(world: World) -> None:
    """KeyCRM wins while the goods are in the warehouse, though VMS has moved on meanwhile."""
    order, made = await world.order_on_both()
    await world.vms.knobs(emit=False)
    await world.vms.admin("PATCH", f"orders/{made['orderId']}", {"orderStatus": 3})

    await world.keycrm.admin("PATCH", f"orders/{order['id']}", {"status_id": 19})

    await world.until(lambda: world.of_vms("orders", orderId=made["orderId"], orderStatus=9), "cancelled in VMS")
    await world.vms.knobs(emit=True)
    await world.quiet()
    orders_agree(*await world.born_rows(order))
    assert await world.keycrm.writes() == []
    assert await world.vms.writes() == ["updateOrder"]
    assert (await world.binding("orders", order["id"]))["questions"] == []


async def test_cancelling_a_shipped_order_in_keycrm_is_asked_about(world: World) -> None:
    """Nothing is written until a person decides; then both sides agree."""
    order, made = await world.order_on_both()
    await world.keycrm.admin("PATCH", f"orders/{order['id']}", {"status_id": 8})
    await world.until(lambda: world.of_vms("orders", orderId=made["orderId"], orderStatus=4), "shipped in VMS")
    await world.steady()

    await world.keycrm.admin("PATCH", f"orders/{order['id']}", {"status_id": 19})
    question = await world.question("orders", order["id"], "status")

    assert question["reason"] == "cancelled_after_shipping"
    assert question["shown"] == {"vms": 4, "keycrm": 19}
    await world.idle()
    assert await world.keycrm.writes() == await world.vms.writes() == []

    await world.resolve(question, "vms")

    await world.until(lambda: world.of_keycrm("orders", id=order["id"], status_id=8), "shipped again in KeyCRM")
    await world.quiet(4)
    orders_agree(*await world.born_rows(order))
    assert await world.keycrm.writes() == ["updateOrder"]
    assert await world.vms.writes() == []
    assert (await world.audit("orders", order["id"]))[-2:] == [
        ("operator", "conflict.answered", "status", "vms"),
        ("outbound-sync", "updated", "status", "answered"),
    ]
    assert all(one["status"] == "closed" for one in (await world.binding("orders", order["id"]))["questions"])
