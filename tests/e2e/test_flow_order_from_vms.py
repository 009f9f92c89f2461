"""VMS → KeyCRM: an order created in VMS becomes one in KeyCRM, with its buyer, its lines by SKU, then its status."""

from __future__ import annotations

import asyncio

from tests.agreement import customers_agree, orders_agree
from tests.world import World

MADE = {"listOrders": 1, "createOrder": 1, "getOrder": 1}
"""Looked for by its reference, created, read back once: KeyCRM's answer shows no lines."""
READ = {"getOrder": 3}
"""VMS's calls: once before the create, then twice with KeyCRM's read between."""


async def test_an_order_made_in_vms_is_made_in_keycrm(world: World) -> None:
    """Three calls of KeyCRM; what it tells us of our own create costs none."""
    customer, buyer = await world.customer_from_vms()
    lines = [
        {"sku": "DEMO-MUG", "quantity": 2, "price": 180.5},
        {"sku": "DEMO-TILE", "quantity": 3.5, "price": 620},
        {"sku": "DEMO-CABLE", "quantity": 12.25, "price": 35.75},
    ]

    made = await world.vms_order(customer, lines=lines, descriptions="Обережно, скло", externalComment="Дзвоніть")
    await world.order_in_keycrm(made)
    await world.quiet()

    shown, order = await world.order_rows(made)
    orders_agree(shown, order)
    assert (order["source_id"], order["buyer"]["id"]) == (3, buyer["id"])
    assert all(line["offer"] is not None for line in order["products"])
    assert await world.keycrm.count() == MADE
    assert await world.vms.count() == READ
    assert await world.audit("orders", made["orderId"], "vms") == [
        ("outbound-sync", "created", None, f"reference {made['orderId']}")
    ]


async def test_an_order_made_with_a_later_status_gets_its_status_after(world: World) -> None:
    """KeyCRM takes no status with a create; it is written once, when the order has been read back."""
    customer, _ = await world.customer_from_vms()

    made = await world.vms_order(customer, orderStatus=2)
    await world.order_in_keycrm(made, status_id=4)
    await world.quiet()

    orders_agree(*await world.order_rows(made))
    assert await world.keycrm.count() == {**MADE, "updateOrder": 1}
    assert await world.vms.count() == READ
    assert await world.audit("orders", made["orderId"], "vms") == [
        ("outbound-sync", "created", None, f"reference {made['orderId']}"),
        ("outbound-sync", "updated", "status", "changed"),
    ]


async def test_two_orders_of_a_new_customer_are_two_orders_of_one_buyer(world: World) -> None:
    """Both wait for the customer, who is made once, in their own lane."""
    customer = await world.vms_customer()

    both = await asyncio.gather(world.vms_order(customer), world.vms_order(customer))
    for made in both:
        await world.order_in_keycrm(made)
    await world.quiet()

    buyer = await world.buyer(customer["contactName"])
    assert buyer is not None
    customers_agree(customer, buyer)
    for made in both:
        shown, order = await world.order_rows(made)
        orders_agree(shown, order)
        assert order["buyer"]["id"] == buyer["id"]
    assert await world.keycrm.count() == {
        "listBuyers": 2, "createBuyer": 1, "listOrders": 2, "createOrder": 2, "getOrder": 2,
    }  # fmt: skip
    assert await world.vms.writes() == []
    assert await world.audit("customers", customer["customerId"], "vms") == [
        ("outbound-sync", "created", None, f"reference customer {customer['customerId']}")
    ]


async def test_an_order_of_a_customer_whose_buyer_was_merged_goes_to_the_buyer_that_stays(world: World) -> None:
    """KeyCRM refuses the vanished id, the customer is looked at, his successor gets the order; nobody is made anew."""
    customer, old = await world.customer_from_vms()
    new = await world.keycrm.admin("POST", "buyers", {"full_name": old["full_name"], "phone": old["phone"]})
    await world.keycrm.admin("POST", "buyers/merge", {"from": old["id"], "into": new["id"]})

    made = await world.vms_order(customer)
    order = await world.order_in_keycrm(made)
    await world.quiet()

    orders_agree(*await world.order_rows(made))
    assert order["buyer"]["id"] == new["id"]
    assert "createBuyer" not in await world.keycrm.writes()
    tried = [row["status"] for row in await world.keycrm.calls() if row["operation"] == "createOrder"]
    assert tried == [422, 201], "refused for the buyer that vanished, made for the one that stays"
