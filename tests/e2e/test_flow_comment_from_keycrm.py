"""KeyCRM → VMS: an order's comments. No webhook tells of them: the poll finds the row, and the row says it all."""

from __future__ import annotations

from tests.agreement import orders_agree
from tests.world import World


async def test_comments_changed_in_keycrm_reach_vms_by_poll(world: World) -> None:
    """Both comments, edited one after the other, are one write; the second poll of the same row costs nothing."""
    order, made = await world.order_on_both(manager_comment="Було")
    assert made["descriptions"] == "Було"
    told = len(await world.keycrm.admin("GET", "deliveries"))

    await world.keycrm.admin("PATCH", f"orders/{order['id']}", {"manager_comment": "Дзвонити після 18:00\nдвічі"})
    await world.keycrm.admin("PATCH", f"orders/{order['id']}", {"buyer_comment": "Без передзвону"})

    shown = await world.until(
        lambda: world.of_vms("orders", orderId=made["orderId"], externalComment="Без передзвону"), "comments in VMS"
    )
    assert shown["descriptions"] == "Дзвонити після 18:00\nдвічі"
    await world.quiet()
    orders_agree(*await world.born_rows(order))
    assert len(await world.keycrm.admin("GET", "deliveries")) == told
    assert await world.keycrm.count() == {"getOrder": 1}
    assert await world.vms.count() == {"getOrder": 4, "updateOrder": 1}
    assert sorted((await world.audit("orders", order["id"]))[1:]) == [
        ("inbound-apply", "updated", "buyer_comment", "changed"),
        ("inbound-apply", "updated", "manager_comment", "changed"),
    ]


async def test_a_comment_emptied_in_keycrm_is_emptied_in_vms(world: World) -> None:
    """Empty is a value; unknown is not."""
    order, made = await world.order_on_both(manager_comment="Зайве")

    await world.keycrm.admin("PATCH", f"orders/{order['id']}", {"manager_comment": ""})

    await world.until(lambda: world.of_vms("orders", orderId=made["orderId"], descriptions=None), "emptied in VMS")
    await world.quiet(3)
    orders_agree(*await world.born_rows(order))
    assert await world.vms.writes() == ["updateOrder"]
    assert await world.keycrm.writes() == []
