"""KeyCRM → VMS: a new buyer becomes a customer, his changes follow. No webhook tells of buyers: the poll finds them."""

from __future__ import annotations

from typing import Any

from tests.agreement import customers_agree
from tests.world import World

FOUND = {"searchCustomers": 3, "createCustomer": 1, "getCustomer": 1}
"""VMS's calls for a new customer: looked for by phone, mail and name, made, looked at once for the create's echo."""
WRITTEN = {"getCustomer": 4, "updateCustomer": 1}


async def test_a_new_buyer_becomes_a_customer(world: World) -> None:
    """Name, phone, mail and first address; one read of KeyCRM, found by poll."""
    name = world.name()
    address = {"city": "Львів", "address": "вул. Зелена, 5", "zip_code": "79005"}
    buyer = await world.keycrm.admin(
        "POST",
        "buyers",
        {
            "full_name": f"Ірина Нова {name}", "phone": [world.phone()], "email": [f"iryna.{name}@example.com"],
            "shipping": [address],
        },
    )  # fmt: skip

    customer = await _customer(world, buyer)
    await world.quiet()
    customers_agree(*await _rows(world, buyer))
    assert customer["companyName"] == buyer["full_name"]
    assert await world.keycrm.count() == {"getBuyer": 1}
    assert await world.vms.count() == FOUND
    assert await world.audit("customers", buyer["id"]) == [
        ("inbound-apply", "created", None, f"reference buyer {buyer['id']}")
    ]


async def test_a_buyer_edited_in_keycrm_is_edited_in_vms(world: World) -> None:
    """All that was changed together is one write; what VMS keeps of its own stays."""
    buyer, customer = await _both(world)
    phones = [world.phone(), *buyer["phone"]]
    changes = {
        "full_name": f"Ірина Заміжня {world.name()}", "phone": phones,
        "shipping": [{"city": "Одеса", "address": "вул. Морська, 1", "zip_code": "65000"}],
    }  # fmt: skip

    await world.keycrm.admin("PATCH", f"buyers/{buyer['id']}", changes)

    await world.until(
        lambda: world.of_vms("customers", customerId=customer["customerId"], city="Одеса"), "the change in VMS"
    )
    await world.quiet()
    shown, known = await _rows(world, buyer)
    customers_agree(shown, known)
    assert shown["companyName"] == customer["companyName"]
    assert known["phone"] == phones
    assert await world.keycrm.count() == {"getBuyer": 1}
    assert await world.vms.count() == WRITTEN
    told = await world.audit("customers", buyer["id"])
    assert {row[2] for row in told[1:]} == {"name", "phone", "city", "address", "postal_code"}
    assert {(row[0], row[1], row[3]) for row in told[1:]} == {("inbound-apply", "updated", "changed")}


async def test_a_second_phone_of_a_buyer_is_nothing_to_vms(world: World) -> None:
    """VMS keeps one phone, the first of KeyCRM's list; the rest of the list makes no write."""
    buyer, _ = await _both(world)

    await world.keycrm.admin("PATCH", f"buyers/{buyer['id']}", {"phone": [*buyer["phone"], world.phone()]})

    await world.until(lambda: _read(world), "the buyer is read")
    await world.quiet(3)
    customers_agree(*await _rows(world, buyer))
    assert await world.keycrm.count() == {"getBuyer": 1}
    assert await world.vms.count() == {"getCustomer": 1}


async def _read(world: World) -> bool:
    return (await world.keycrm.count())["getBuyer"] > 0


async def _both(world: World) -> tuple[dict[str, Any], dict[str, Any]]:
    """A buyer and the customer that was made of him; calls are counted from here."""
    name = world.name()
    body = {"full_name": f"Ірина Нова {name}", "phone": [world.phone()], "email": [f"iryna.{name}@example.com"]}
    buyer = await world.keycrm.admin("POST", "buyers", body)
    customer = await _customer(world, buyer)
    await world.steady()
    return buyer, customer


async def _customer(world: World, buyer: dict[str, Any]) -> dict[str, Any]:
    found: dict[str, Any] = await world.until(
        lambda: world.of_vms("customers", contactName=buyer["full_name"]), "the customer in VMS"
    )
    return found


async def _rows(world: World, buyer: dict[str, Any]) -> tuple[dict[str, Any], dict[str, Any]]:
    """VMS's customer and KeyCRM's buyer as they are now."""
    number = (await world.binding("customers", buyer["id"]))["vmsId"]
    customer = await world.of_vms("customers", customerId=int(number))
    shown = await world.of_keycrm("buyers", id=buyer["id"])
    assert customer is not None
    assert shown is not None
    return customer, shown
