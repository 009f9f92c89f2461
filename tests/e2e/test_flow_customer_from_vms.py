"""VMS → KeyCRM: a customer becomes a buyer, one who is known already is matched, and changes go across."""

from __future__ import annotations

from typing import Any

from tests.agreement import customers_agree
from tests.world import World

OLD = "2020-01-15T09:00:00Z"
"""Since when a buyer is known whom no poll shows: older than the sync."""


async def test_a_customer_made_in_vms_is_made_in_keycrm(world: World) -> None:
    """Searched by phone, then by e-mail, then made; the answer shows everything there is, so nothing is read again."""
    customer = await world.vms_customer()
    buyer = await world.until(lambda: world.buyer(customer["contactName"]), "the buyer")
    await world.quiet()

    await agree(world, customer)
    assert await world.keycrm.count() == {"listBuyers": 2, "createBuyer": 1}
    assert await world.vms.count() == {"getCustomer": 1}
    assert await world.audit("customers", buyer["id"]) == [
        ("outbound-sync", "created", None, f"reference customer {customer['customerId']}")
    ]


async def test_a_customers_address_goes_along_and_is_read_back(world: World) -> None:
    """KeyCRM's answer does not show addresses."""
    customer = await world.vms_customer(city="Львів", address="вул. Зразкова, 7", postalCode="79000")
    await world.until(lambda: world.buyer(customer["contactName"]), "the buyer")
    await world.quiet()

    await agree(world, customer)
    assert await world.keycrm.count() == {"listBuyers": 2, "createBuyer": 1, "getBuyer": 1}
    assert await world.vms.count() == {"getCustomer": 3}


async def test_a_buyer_with_the_same_phone_is_matched_and_not_doubled(world: World) -> None:
    """At the first meeting KeyCRM's contact data win, what only VMS has is filled in."""
    phone, name = world.phone(), world.name()
    known = {"full_name": f"Олена Відома {name}", "phone": [phone], "created_at": OLD}
    buyer = await world.keycrm.admin("POST", "buyers", known)

    customer = await world.vms_customer(phone=phone.removeprefix("+38"))
    await world.until(lambda: world.of_vms("customers", **_shown(customer, buyer)), "KeyCRM's name in VMS")
    await world.quiet()

    await agree(world, customer)
    buyers = (await world.keycrm.state())["buyers"]
    assert [row["id"] for row in buyers if phone in row["phone"]] == [buyer["id"]]
    assert await world.keycrm.count() == {"listBuyers": 1, "getBuyer": 2, "updateBuyer": 1}
    assert await world.vms.writes() == ["updateCustomer"]
    told = await world.audit("customers", buyer["id"])
    assert ("outbound-sync", "updated", "email", "first_meeting") in told
    assert ("inbound-apply", "updated", "name", "first_meeting") in told


async def test_a_customer_who_could_be_two_buyers_is_a_question(world: World) -> None:
    """Nobody is made and nobody chosen until a person says who he is."""
    phone = world.phone()
    twins = [
        await world.keycrm.admin(
            "POST", "buyers", {"full_name": f"Двійник {number} {phone}", "phone": [phone], "created_at": OLD}
        )
        for number in (1, 2)
    ]

    customer = await world.vms_customer(phone=phone)
    question = await world.question("customers", customer["customerId"], "identity", side="vms")
    await world.quiet()

    assert question["reason"] == "customers_alike"
    assert all(str(twin["id"]) in question["sentence"] for twin in twins)
    assert await world.keycrm.count() == {"listBuyers": 1}
    assert await world.keycrm.writes() == await world.vms.writes() == []

    await world.resolve(question, "value", value=str(twins[1]["id"]))
    await world.until(lambda: world.of_vms("customers", **_shown(customer, twins[1])), "the chosen one's name in VMS")
    await world.quiet()

    await agree(world, customer)
    assert "createBuyer" not in await world.keycrm.writes()


async def test_a_person_says_which_of_two_known_customers_a_third_is(world: World) -> None:
    """One has the phone, the other the e-mail: who is chosen among our own pairs gets the record as a further id."""
    first, _ = await world.customer_from_vms()
    mail = f"druhyi-{first['customerId']}@example.com"
    second = await world.vms_customer(phone=None, eMail=mail)
    await world.until(lambda: world.buyer(second["contactName"]), "the second one in KeyCRM")
    await world.quiet()

    third = await world.vms_customer(phone=first["phone"], eMail=mail)
    question = await world.question("customers", third["customerId"], "identity", side="vms")
    pair = await world.binding("customers", first["customerId"], "vms")
    await world.resolve(question, "value", value=f"binding {pair['id']}")
    await world.quiet()

    joined = await world.binding("customers", third["customerId"], "vms")
    assert joined["id"] == pair["id"]
    assert {"side": "vms", "id": str(third["customerId"])} in joined["aliases"]


async def test_a_customer_changed_in_vms_changes_the_buyer_and_keeps_the_rest_of_his_lists(world: World) -> None:
    """One read and one write; further phones and e-mails stay."""
    customer, buyer = await world.customer_from_vms()
    more = {"phone": [*buyer["phone"], "+380441234567"], "email": [*buyer["email"], "druha@example.com"]}
    await world.keycrm.admin("PATCH", f"buyers/{buyer['id']}", more)
    await world.until(lambda: _is_seen(world, buyer["id"]), "the poll's look")
    await world.steady()

    changes = {"contactName": f"Олена Нова {world.name()}", "phone": world.phone(), "city": "Одеса"}
    await world.vms.admin("PATCH", f"customers/{customer['customerId']}", changes)
    await world.until(lambda: world.buyer(changes["contactName"]), "the new name in KeyCRM")
    await world.quiet()

    shown = await agree(world, customer)
    assert shown["phone"] == [changes["phone"], "+380441234567"]
    assert shown["email"] == [*buyer["email"], "druha@example.com"]
    assert await world.keycrm.count() == {"getBuyer": 2, "updateBuyer": 1}
    assert await world.vms.count() == {"getCustomer": 4}
    assert sorted((await world.audit("customers", buyer["id"]))[1:]) == [
        ("outbound-sync", "updated", name, "changed") for name in ("city", "name", "phone")
    ]


async def agree(world: World, customer: dict[str, Any]) -> dict[str, Any]:
    """Both sides read back and compared; answers the buyer."""
    number = (await world.binding("customers", customer["customerId"], "vms"))["keycrmId"]
    shown = await world.of_vms("customers", customerId=customer["customerId"])
    buyer = await world.of_keycrm("buyers", id=number)
    assert shown is not None
    assert buyer is not None
    customers_agree(shown, buyer)
    return buyer


async def _is_seen(world: World, number: int) -> bool:
    return (await world.keycrm.count())["getBuyer"] > 0


def _shown(customer: dict[str, Any], buyer: dict[str, Any]) -> dict[str, Any]:
    return {"customerId": customer["customerId"], "contactName": buyer["full_name"]}
