"""An order born in VMS goes both ways: its status is set in KeyCRM, then in VMS, then in KeyCRM again."""

from __future__ import annotations

from tests.agreement import orders_agree
from tests.world import World


async def test_a_status_goes_there_and_back_and_there(world: World) -> None:
    """Each change is one write on the other side; a person's edit that repeats an earlier value is not swallowed."""
    made, order = await world.order_from_vms()

    await world.keycrm.admin("PATCH", f"orders/{order['id']}", {"status_id": 4})
    await world.until(lambda: world.of_vms("orders", orderId=made["orderId"], orderStatus=2), "reserved in VMS")
    await world.idle()
    await world.vms.admin("PATCH", f"orders/{made['orderId']}", {"orderStatus": 1})
    await world.order_in_keycrm(made, status_id=1)
    await world.idle()
    await world.keycrm.admin("PATCH", f"orders/{order['id']}", {"status_id": 4})
    await world.until(lambda: world.of_vms("orders", orderId=made["orderId"], orderStatus=2), "reserved again in VMS")
    await world.quiet()

    orders_agree(*await world.order_rows(made))
    assert await world.keycrm.writes() == ["updateOrder"]
    assert await world.vms.writes() == ["updateOrder", "updateOrder"]
    assert (await world.audit("orders", order["id"]))[1:] == [
        ("inbound-apply", "updated", "status", "changed"),
        ("outbound-sync", "updated", "status", "changed"),
        ("inbound-apply", "updated", "status", "changed"),
    ]
