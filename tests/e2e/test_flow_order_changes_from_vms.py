"""VMS → KeyCRM: what changes in an order in VMS is written into KeyCRM's once, and comes back as no news."""

from __future__ import annotations

from tests.agreement import orders_agree
from tests.world import World

WRITTEN = {"getOrder": 1, "updateOrder": 1}
"""KeyCRM's calls for one change: read, then written; the answer shows it."""
TOLD = {"getOrder": 2}
"""VMS's calls: read before and after KeyCRM's read (rule 1)."""


async def test_a_status_set_in_vms_is_written_into_keycrm_once(world: World) -> None:
    """KeyCRM's trigger tells of our own write: it costs no call and changes nothing."""
    made, order = await world.order_from_vms()
    told = len(await world.keycrm.admin("GET", "deliveries"))

    await world.vms.admin("PATCH", f"orders/{made['orderId']}", {"orderStatus": 2})
    await world.order_in_keycrm(made, status_id=4)
    await world.quiet()

    orders_agree(*await world.order_rows(made))
    hooks = (await world.keycrm.admin("GET", "deliveries"))[told:]
    assert [row["subject"] for row in hooks if row["kind"] == "order-status"] == [f"order {order['id']}"]
    assert await world.keycrm.count() == WRITTEN
    assert await world.vms.count() == TOLD
    assert (await world.audit("orders", order["id"]))[1:] == [("outbound-sync", "updated", "status", "changed")]


async def test_both_comments_changed_in_vms_are_one_write(world: World) -> None:
    """Fields that changed together go together."""
    made, order = await world.order_from_vms()

    comments = {"descriptions": "Передзвонити\nпісля шостої", "externalComment": "Під'їзд 2"}
    await world.vms.admin("PATCH", f"orders/{made['orderId']}", comments)
    await world.order_in_keycrm(made, buyer_comment="Під'їзд 2")
    await world.quiet()

    orders_agree(*await world.order_rows(made))
    assert await world.keycrm.count() == WRITTEN
    assert await world.vms.count() == TOLD
    assert sorted((await world.audit("orders", order["id"]))[1:]) == [
        ("outbound-sync", "updated", "buyer_comment", "changed"),
        ("outbound-sync", "updated", "manager_comment", "changed"),
    ]


async def test_a_shipment_in_vms_writes_tracking_code_service_and_date_once(world: World) -> None:
    """KeyCRM's answer does not show shipping: it is read back when it has settled, and not written again."""
    made, order = await world.order_from_vms()

    shipped = {
        "trackingCode": "20450000000001", "deliveryMethodId": 1, "dateOfShipment": "2026-07-01T10:00:00",
        "orderStatus": 4,
    }  # fmt: skip
    await world.vms.admin("PATCH", f"orders/{made['orderId']}", shipped)
    await world.order_in_keycrm(made, status_id=8)
    await world.quiet()

    orders_agree(*await world.order_rows(made))
    assert await world.keycrm.count() == {"getOrder": 2, "updateOrder": 1}
    assert await world.vms.count() == {"getOrder": 4}
    assert sorted((await world.audit("orders", order["id"]))[1:]) == [
        ("outbound-sync", "updated", name, "changed")
        for name in ("delivery_service", "shipping_date", "status", "tracking_code")
    ]


async def test_a_changed_tracking_code_is_a_question_and_no_loop(world: World) -> None:
    """KeyCRM takes a code once: nobody tries a second time, and the question closes when a person has changed it."""
    made, order = await world.order_from_vms()
    await world.vms.admin("PATCH", f"orders/{made['orderId']}", {"trackingCode": "20450000000002"})
    await world.until(lambda: _has_code(world, made, "20450000000002"), "the first code in KeyCRM")
    await world.steady()

    await world.vms.admin("PATCH", f"orders/{made['orderId']}", {"trackingCode": "20450000000003"})
    question = await world.question("orders", order["id"], "tracking_code")
    await world.quiet()

    assert question["reason"] == "tracking_changed"
    assert question["shown"] == {"vms": "20450000000003", "keycrm": "20450000000002"}
    assert await world.keycrm.count() == {"getOrder": 1}
    assert await world.vms.count() == TOLD

    await world.keycrm.admin("PATCH", f"orders/{order['id']}", {"shipping": {"tracking_code": "20450000000003"}})
    await world.until(lambda: _is_closed(world, order["id"]), "the question closed")
    await world.quiet()

    orders_agree(*await world.order_rows(made))
    assert await world.keycrm.writes() == []
    assert await world.vms.writes() == []


async def _has_code(world: World, made: dict[str, object], code: str) -> bool:
    _, order = await world.order_rows(made)
    return bool(order["shipping"]["tracking_code"] == code)


async def _is_closed(world: World, number: int) -> bool:
    return all(one["status"] == "closed" for one in (await world.binding("orders", number))["questions"])
