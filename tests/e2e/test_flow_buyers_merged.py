"""Buyers merged in KeyCRM: the vanished id becomes an alias; later edits and orders go to the right customer."""

from __future__ import annotations

from typing import Any

from tests.agreement import customers_agree
from tests.world import World


async def test_a_buyer_merged_into_a_new_one_keeps_his_customer(world: World) -> None:
    """The pair gets the new id, the old one becomes an alias, and nobody is made anew."""
    order, made = await world.order_on_both()
    old = order["buyer"]
    new = await world.keycrm.admin("POST", "buyers", {"full_name": old["full_name"], "phone": [old["phone"]]})
    await world.keycrm.admin("POST", "buyers/merge", {"from": old["id"], "into": new["id"]})

    await world.until(lambda: _is_pair(world, new["id"], made["customerId"]), "the pair of the new buyer")
    await world.quiet(4)
    binding = await world.binding("customers", new["id"])
    assert binding["aliases"] == [{"side": "keycrm", "id": str(old["id"])}]
    assert "createCustomer" not in await world.vms.writes()
    assert await world.keycrm.writes() == []

    await world.keycrm.admin("PATCH", f"buyers/{new['id']}", {"full_name": f"Тарас Злитий {world.name()}"})
    again = await world.keycrm_order(buyer={"id": new["id"]})

    second = await world.until(lambda: world.of_vms("orders", numberOrder=f"KC-{again['id']}"), "the next order")
    assert second["customerId"] == made["customerId"]
    await _agreed(world, made["customerId"], new["id"])


async def test_two_known_buyers_merged_are_one_pair(world: World) -> None:
    """VMS keeps both rows, and what is known of the first leads to the second from now on."""
    (first, made), (second, kept) = await world.order_on_both(), await world.order_on_both()
    gone, stays = first["buyer"]["id"], second["buyer"]["id"]
    assert made["customerId"] != kept["customerId"]
    await world.mark()

    await world.keycrm.admin("POST", "buyers/merge", {"from": gone, "into": stays})

    await world.until(lambda: _aliases(world, stays), "the aliases")
    await world.quiet()
    assert await _aliases(world, stays) == [
        {"side": "keycrm", "id": str(gone)}, {"side": "vms", "id": str(made["customerId"])},
    ]  # fmt: skip
    assert await world.vms.writes() == await world.keycrm.writes() == []
    assert ("inbound-apply", "attached", None, f"buyer {gone} is now buyer {stays}") in await world.audit(
        "customers", stays
    )

    await world.keycrm.admin("PATCH", f"buyers/{stays}", {"full_name": f"Тарас Злитий {world.name()}"})
    await _agreed(world, kept["customerId"], stays)
    again = await world.keycrm_order(buyer={"id": stays})
    made_again = await world.until(lambda: world.of_vms("orders", numberOrder=f"KC-{again['id']}"), "the next order")
    assert made_again["customerId"] == kept["customerId"]
    await world.idle()
    assert "createCustomer" not in await world.vms.writes()


async def test_an_old_order_of_a_merged_buyer_goes_on_syncing(world: World) -> None:
    """Its own pair is untouched by what became of its buyer."""
    (first, made), (second, _) = await world.order_on_both(), await world.order_on_both()
    await world.keycrm.admin("POST", "buyers/merge", {"from": first["buyer"]["id"], "into": second["buyer"]["id"]})

    await world.keycrm.admin("PATCH", f"orders/{first['id']}", {"status_id": 4})

    await world.until(lambda: world.of_vms("orders", orderId=made["orderId"], orderStatus=2), "reserved in VMS")
    await world.idle()
    assert (await world.binding("orders", first["id"]))["questions"] == []


async def test_a_buyer_thrown_away_is_a_question_and_nobody_is_made_anew(world: World) -> None:
    """His orders show nobody else: VMS's change is not carried, and a person is asked."""
    order, made = await world.order_on_both()
    await world.keycrm.admin("DELETE", f"buyers/{order['buyer']['id']}")

    await world.vms.admin("PATCH", f"customers/{made['customerId']}", {"city": "Львів"})

    question = await world.question("customers", order["buyer"]["id"], "identity")
    await world.quiet(3)
    assert question["reason"] == "gone"
    assert await world.keycrm.writes() == []


async def _aliases(world: World, buyer_id: int) -> list[dict[str, Any]]:
    aliases: list[dict[str, Any]] = (await world.binding("customers", buyer_id))["aliases"]
    return aliases


async def _is_pair(world: World, buyer_id: int, customer_id: int) -> bool:
    if not await world.is_known("customers", buyer_id):
        return False
    binding = await world.binding("customers", buyer_id)
    return (binding["keycrmId"], binding["vmsId"]) == (buyer_id, str(customer_id))


async def _agreed(world: World, customer_id: int, buyer_id: int) -> None:
    async def agree() -> bool:
        customer = await world.of_vms("customers", customerId=customer_id)
        buyer = await world.of_keycrm("buyers", id=buyer_id)
        assert customer is not None
        assert buyer is not None
        return bool(customer["contactName"] == buyer["full_name"])

    await world.until(agree, "the buyer's new name in VMS")
    await world.idle()
    customer, buyer = (
        await world.of_vms("customers", customerId=customer_id),
        await world.of_keycrm("buyers", id=buyer_id),
    )
    assert customer is not None
    assert buyer is not None
    customers_agree(customer, buyer)
