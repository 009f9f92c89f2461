"""An order's status, both ways, through every real part: the first flow."""

from __future__ import annotations

from tests.world import World


async def test_a_status_set_in_keycrm_reaches_vms_by_webhook(world: World) -> None:
    """KeyCRM → VMS: one webhook, one write, then quiet."""
    made = await world.vms_order()
    order = await world.until(lambda: world.of_keycrm("orders", source_uuid=made["orderId"]), "the order in KeyCRM")
    await world.idle()
    await world.mark()

    await world.keycrm.admin("PATCH", f"orders/{order['id']}", {"status_id": 4})

    await world.until(lambda: world.of_vms("orders", orderId=made["orderId"], orderStatus=2), "reserved in VMS")
    await world.quiet()
    assert await world.vms.writes() == ["updateOrder"]
    assert await world.keycrm.writes() == []


async def test_a_status_set_in_vms_reaches_keycrm_by_event(world: World) -> None:
    """VMS → KeyCRM: one event, one write, then quiet."""
    made = await world.vms_order()
    order = await world.until(lambda: world.of_keycrm("orders", source_uuid=made["orderId"]), "the order in KeyCRM")
    await world.idle()
    await world.mark()

    await world.vms.admin("PATCH", f"orders/{made['orderId']}", {"orderStatus": 2})

    await world.until(lambda: world.of_keycrm("orders", id=order["id"], status_id=4), "reserved in KeyCRM")
    await world.quiet()
    assert await world.keycrm.writes() == ["updateOrder"]
    assert await world.vms.writes() == []
