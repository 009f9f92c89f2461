"""KeyCRM → VMS: an order born in KeyCRM becomes `KC-<id>` in VMS, with its customer, lines and payments."""

from __future__ import annotations

from typing import Any

from tests.agreement import customers_agree, orders_agree
from tests.world import World

TILES = {"sku": "DEMO-TILE", "name": "Плитка світла", "price": 620, "quantity": 2.5, "unit_type": "м²"}
CABLE = {"sku": "DEMO-CABLE", "name": "Кабель мідний", "price": 35.75, "quantity": 12, "unit_type": "м"}
MUGS = {"sku": "DEMO-MUG", "name": "Чашка керамічна", "price": 180.5, "quantity": 4, "discount_percent": 10}


async def test_an_order_born_in_keycrm_is_made_in_vms_with_customer_and_lines(world: World) -> None:
    """The buyer becomes a customer first; every quantity lands in its unit's column; each record is made once."""
    order = await world.keycrm_order(products=[TILES, CABLE, MUGS], manager_comment="Подзвонити зранку")

    await world.until(lambda: world.of_vms("orders", numberOrder=f"KC-{order['id']}"), "the order in VMS")
    await world.quiet()
    made, shown = await world.born_rows(order)
    orders_agree(made, shown)
    assert (made["orderStatus"], made["descriptions"], made["depositedAmount"]) == (1, "Подзвонити зранку", 0)
    assert made["orderSum"] == 2.5 * 620 + 12 * 35.75 + 4 * 180.5 * 0.9
    buyer = await world.of_keycrm("buyers", id=order["buyer"]["id"])
    customer = await world.of_vms("customers", customerId=made["customerId"])
    assert buyer is not None
    assert customer is not None
    customers_agree(customer, buyer)
    assert customer["companyName"] == buyer["full_name"]
    assert _lines(made) == {
        "DEMO-TILE": ("Плитка світла", "м²", {"necessarySquareMeters": 2.5}, 620, 0),
        "DEMO-CABLE": ("Кабель мідний", "м", {"linearMeters": 12}, 35.75, 0),
        "DEMO-MUG": ("Чашка керамічна", "шт", {"numberOfOutputPallet": 4}, 180.5, 10),
    }
    assert await world.keycrm.count() == {"getOrder": 2, "getBuyer": 1}
    assert await world.vms.count() == {
        "searchCustomers": 3, "createCustomer": 1, "ordersByCustomer": 1, "createOrder": 1, "getCustomer": 1,
        "getOrder": 1,
    }  # fmt: skip
    assert await world.audit("orders", order["id"]) == [
        ("inbound-apply", "created", None, f"reference KC-{order['id']}")
    ]
    assert await world.audit("customers", buyer["id"]) == [
        ("inbound-apply", "created", None, f"reference buyer {buyer['id']}")
    ]


async def test_a_paid_order_is_made_with_what_has_been_paid(world: World) -> None:
    """No second write: the sum, the day and the kind of payment are in the create."""
    payments = [{"amount": 200, "payment_method_id": 2, "payment_date": "2026-01-15 22:30:00", "status": "paid"}]
    order, made = await world.order_on_both(payments=payments)

    await world.quiet(3)
    orders_agree(*await world.born_rows(order))
    assert (made["depositedAmount"], made["paymentType"]) == (200, 2)
    assert made["dateOfPayment"] == "2026-01-16T00:30:00"  # Kyiv's wall clock
    assert await world.vms.writes() == await world.keycrm.writes() == []


async def test_an_order_of_a_known_buyer_makes_no_second_customer(world: World) -> None:
    """The same buyer orders again: his customer is taken, nobody is looked for."""
    first, made = await world.order_on_both()

    second = await world.keycrm_order(buyer={"id": first["buyer"]["id"]})

    again = await world.until(lambda: world.of_vms("orders", numberOrder=f"KC-{second['id']}"), "the order in VMS")
    await world.quiet(3)
    assert again["customerId"] == made["customerId"]
    assert await world.keycrm.count() == {"getOrder": 1}
    assert await world.vms.count() == {"ordersByCustomer": 1, "createOrder": 1, "getOrder": 1}


async def test_a_customer_whom_vms_has_already_is_matched_by_his_phone(world: World) -> None:
    """However VMS spells the phone; KeyCRM's contact data win at the first meeting, and nobody is doubled."""
    phone = world.phone()
    typed = f"0{phone[4:6]} {phone[6:9]}-{phone[9:11]}-{phone[11:]}"
    await world.vms.knobs(emit=False)
    name = f"Катерина Давня {world.name()}"
    known = await world.vms_customer(phone=typed, contactName=name, eMail=None)
    await world.mark()

    order = await world.keycrm_order(buyer={"full_name": name, "phone": phone})

    made = await world.until(lambda: world.of_vms("orders", numberOrder=f"KC-{order['id']}"), "the order in VMS")
    await world.vms.knobs(emit=True)
    await world.quiet(3)
    assert made["customerId"] == known["customerId"]
    customers = [one for one in (await world.vms.state())["customers"] if one["contactName"] == name]
    assert [one["customerId"] for one in customers] == [known["customerId"]]
    assert "createCustomer" not in await world.vms.writes()
    assert await world.keycrm.writes() == []
    assert ("inbound-apply", "attached", None, "the same phone or e-mail") in await world.audit(
        "customers", order["buyer"]["id"]
    )


async def test_two_buyers_with_one_phone_are_one_customer(world: World) -> None:
    """KeyCRM makes a new buyer when the name is spelled otherwise; VMS keeps one customer for both."""
    first, made = await world.order_on_both()
    phone = first["buyer"]["phone"]

    second = await world.keycrm_order(buyer={"full_name": f"Т. Пробний {world.name()}", "phone": phone})
    assert second["buyer"]["id"] != first["buyer"]["id"]

    again = await world.until(lambda: world.of_vms("orders", numberOrder=f"KC-{second['id']}"), "the order in VMS")
    await world.quiet(3)
    assert again["customerId"] == made["customerId"]
    assert await world.keycrm.count() == {"getOrder": 2, "getBuyer": 2}
    assert await world.vms.writes() == ["createOrder"]
    aliases = (await world.binding("customers", first["buyer"]["id"]))["aliases"]
    assert aliases == [{"side": "keycrm", "id": str(second["buyer"]["id"])}]


async def test_a_line_without_an_article_reaches_vms_by_its_name_and_is_flagged(world: World) -> None:
    """The order is made whole; the audit names the goods that no article stands behind."""
    service = {"name": "Пакування в подарунок", "price": 50, "quantity": 1}
    order, made = await world.order_on_both(products=[MUGS, service])

    names = [line["breedName"] for position in made["positions"] for line in position["subPositions"]]
    assert sorted(names) == ["Пакування в подарунок", "Чашка керамічна"]
    assert (await world.audit("orders", order["id"]))[-1] == (
        "inbound-apply", "flagged", None, "lines without an article: Пакування в подарунок",
    )  # fmt: skip


async def test_a_line_changed_in_keycrm_later_is_asked_about(world: World) -> None:
    """VMS cannot change lines: the question says which, nothing is written, and the rest of the order flows."""
    order, made = await world.order_on_both()

    await world.keycrm.admin("PATCH", f"orders/{order['id']}", {"products": [MUGS], "status_id": 4})

    question = await world.question("orders", order["id"], "lines")
    assert question["reason"] == "lines_not_writable"
    assert "added DEMO-MUG" in question["sentence"]
    await world.until(lambda: world.of_vms("orders", orderId=made["orderId"], orderStatus=2), "the status in VMS")
    await world.quiet(4)
    assert await world.keycrm.writes() == []
    assert await world.vms.writes() == ["updateOrder"]


async def test_an_order_without_a_buyer_is_a_dead_letter_with_its_reason(world: World) -> None:
    """Nothing is made of it; the letter says what to do, and doing it makes the order flow."""
    order = await world.keycrm_order(buyer=None)

    letter = await world.until(lambda: world.letter("orders", order["id"]), "the dead letter")
    await world.idle()
    assert (letter["service"], letter["reason"], letter["code"]) == ("inbound-apply", "permanent", "no-buyer")
    assert letter["error"] == "the order has no buyer: add one in KeyCRM, then sync the order again"
    assert await world.of_vms("orders", numberOrder=f"KC-{order['id']}") is None
    assert await world.keycrm.count() == {"getOrder": 1}
    assert await world.vms.count() == {}

    # Doing what it says makes the order flow.
    buyer = await world.keycrm.admin("POST", "buyers", {"full_name": f"Ірина Нова {world.name()}"})
    await world.keycrm.admin("PATCH", f"orders/{order['id']}", {"buyer_id": buyer["id"], "manager_comment": "є"})
    await world.until(lambda: world.of_vms("orders", numberOrder=f"KC-{order['id']}"), "the order in VMS")


async def test_an_order_older_than_the_start_is_ignored(world: World) -> None:
    """It is read once, to see how old it is, and never again for the same content."""
    known, _ = await world.order_on_both()
    old = "2020-01-15 09:30:00"
    order = await world.keycrm_order(buyer={"id": known["buyer"]["id"]}, ordered_at=old, created_at=old)

    async def ignored() -> Any:
        return [row for row in await world.audit("orders", order["id"]) if row[1] == "ignored"]

    await world.until(lambda: world.is_known("orders", order["id"]), "the order is known")
    rows = await world.until(ignored, "ignored")
    await world.quiet(4)
    assert rows == [("inbound-apply", "ignored", None, "older than SYNC_START_AT")]
    assert await world.of_vms("orders", numberOrder=f"KC-{order['id']}") is None
    assert await world.keycrm.count() == {"getOrder": 1}
    assert await world.vms.count() == {}


async def test_only_orders_of_the_chosen_sources_go_to_vms(world: World) -> None:
    """KEYCRM_ORDER_SOURCES names them; another source's order is ignored with that reason."""
    world.system.terminate("inbound-apply")
    world.system.restart("inbound-apply", KEYCRM_ORDER_SOURCES="3")
    try:
        chosen = await world.keycrm_order(source_id=3)
        other = await world.keycrm_order(source_id=1)

        await world.until(lambda: world.of_vms("orders", numberOrder=f"KC-{chosen['id']}"), "the chosen one in VMS")
        await world.idle()
        assert await world.of_vms("orders", numberOrder=f"KC-{other['id']}") is None
        assert await world.audit("orders", other["id"]) == [
            ("inbound-apply", "ignored", None, "source 1 is not among KEYCRM_ORDER_SOURCES")
        ]
    finally:
        world.system.terminate("inbound-apply")
        world.system.restart("inbound-apply")


def _lines(order: dict[str, Any]) -> dict[str, Any]:
    """By SKU: name, unit, the quantity columns that are not empty, price, discount."""
    columns = ("necessarySquareMeters", "linearMeters", "numberOfOutputPallet")
    return {
        line["descriptionPos"]: (
            line["breedName"],
            line["unitsOfMeasurement"],
            {column: line[column] for column in columns if line[column]},
            line["price"],
            line["discount"],
        )
        for position in order["positions"]
        for line in position["subPositions"]
    }
