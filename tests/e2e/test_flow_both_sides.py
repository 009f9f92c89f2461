"""Both sides edited at once: different fields both cross; one field goes by its policy, or a person decides."""

from __future__ import annotations

import asyncio
from typing import Any

from tests.agreement import orders_agree
from tests.world import World

APART = 4.0
"""Seconds between two edits that are surely one after the other.

The two systems' clocks may be two apart, and KeyCRM tells whole seconds: its edit may have come one later than told.
"""


async def test_different_fields_edited_at_once_both_cross(world: World) -> None:
    """A comment in VMS and a status in KeyCRM: each is written once, on the other side."""
    order, made = await world.order_on_both()

    await asyncio.gather(
        world.vms.admin("PATCH", f"orders/{made['orderId']}", {"descriptions": "На рампі"}),
        world.keycrm.admin("PATCH", f"orders/{order['id']}", {"status_id": 4}),
    )

    await world.until(lambda: world.of_vms("orders", orderId=made["orderId"], orderStatus=2), "the status in VMS")
    await world.until(
        lambda: world.of_keycrm("orders", id=order["id"], manager_comment="На рампі"), "the comment in KeyCRM"
    )
    await world.quiet()
    orders_agree(*await world.born_rows(order))
    assert await world.keycrm.writes() == ["updateOrder"]
    assert await world.vms.writes() == ["updateOrder"]
    assert await _questions(world, order) == []
    assert sorted((await world.audit("orders", order["id"]))[1:]) == [
        ("inbound-apply", "updated", "status", "changed"),
        ("outbound-sync", "updated", "manager_comment", "changed"),
    ]


async def test_the_same_value_on_both_sides_is_no_change_for_either(world: World) -> None:
    """Cancelled here and there: nothing is written and nobody is asked."""
    order, made = await world.order_on_both()

    await asyncio.gather(
        world.vms.admin("PATCH", f"orders/{made['orderId']}", {"orderStatus": 9}),
        world.keycrm.admin("PATCH", f"orders/{order['id']}", {"status_id": 19}),
    )

    await world.quiet(4)
    orders_agree(*await world.born_rows(order))
    assert await world.keycrm.writes() == await world.vms.writes() == []
    assert await _questions(world, order) == []


async def test_one_person_made_on_both_sides_at_once_is_one_pair(world: World) -> None:
    """A customer in VMS and an order of the same phone in KeyCRM: nobody is made from the other's record."""
    phone, name = world.phone(), f"Оксана Двобічна {world.name()}"
    customer, order = await asyncio.gather(
        world.vms_customer(phone=phone, contactName=name, eMail=None),
        world.keycrm_order(buyer={"full_name": name, "phone": phone}),
    )

    made = await _made(world, order)
    await world.quiet(4)
    assert made["customerId"] == customer["customerId"]
    assert [row["id"] for row in (await world.keycrm.state())["buyers"] if phone in row["phone"]] == [
        order["buyer"]["id"]
    ]
    assert [row["customerId"] for row in (await world.vms.state())["customers"] if row["phone"] == phone] == [
        customer["customerId"]
    ]
    assert "createBuyer" not in await world.keycrm.writes()
    assert "createCustomer" not in await world.vms.writes()


async def test_two_orders_of_a_new_buyer_at_once_are_two_orders_of_one_customer(world: World) -> None:
    """Both sleep on the buyer, who is made once."""
    body = {"full_name": f"Оксана Спішна {world.name()}", "phone": [world.phone()]}
    buyer = await world.keycrm.admin("POST", "buyers", body)
    await world.mark()

    orders = await asyncio.gather(*(world.keycrm_order(buyer={"id": buyer["id"]}) for _ in range(3)))

    rows = [await _made(world, order) for order in orders]
    await world.quiet(4)
    assert len({row["customerId"] for row in rows}) == 1
    writes = await world.vms.writes()
    assert sorted(writes) == ["createCustomer", "createOrder", "createOrder", "createOrder"]


async def test_the_later_of_two_edits_of_one_field_wins_when_that_is_sure(world: World) -> None:
    """KeyCRM tells when a status changed: VMS's was earlier, so KeyCRM's goes across."""
    order, made = await world.order_on_both()
    await world.vms.knobs(emit=False)
    await world.vms.admin("PATCH", f"orders/{made['orderId']}", {"orderStatus": 2})
    await asyncio.sleep(APART)

    await world.keycrm.admin("PATCH", f"orders/{order['id']}", {"status_id": 8})

    await world.until(lambda: world.of_vms("orders", orderId=made["orderId"], orderStatus=4), "KeyCRM's in VMS")
    await world.vms.knobs(emit=True)
    await world.quiet(4)
    orders_agree(*await world.born_rows(order))
    assert await world.keycrm.writes() == []
    assert await world.vms.writes() == ["updateOrder"]
    assert (await world.audit("orders", order["id"]))[-1] == ("inbound-apply", "updated", "status", "newer")


async def test_the_same_field_edited_at_once_is_a_question_and_keycrms_value_may_be_chosen(world: World) -> None:
    """Nobody can tell which was later: nothing is written until a person says so, then both sides agree."""
    order, made = await world.order_on_both()
    question = await _disagree(world, order, made)
    assert (question["reason"], question["shown"]) == ("both_changed", {"vms": "Від складу", "keycrm": "Від менеджера"})

    done = await world.resolve(question, "keycrm")

    assert (done["status"], done["askedBy"].split(":")[0]) == ("done", "operator")
    await world.until(lambda: world.of_vms("orders", orderId=made["orderId"], descriptions="Від менеджера"), "in VMS")
    await world.quiet()
    orders_agree(*await world.born_rows(order))
    assert await world.keycrm.writes() == []
    assert await world.vms.writes() == ["updateOrder"]
    assert await _questions(world, order) == []
    assert (await world.audit("orders", order["id"]))[-2:] == [
        ("operator", "conflict.answered", "manager_comment", "keycrm"),
        ("inbound-apply", "updated", "manager_comment", "answered"),
    ]


async def test_a_typed_answer_is_written_on_both_sides(world: World) -> None:
    """Once each; the question closes when both show it."""
    order, made = await world.order_on_both()
    question = await _disagree(world, order, made)

    await world.resolve(question, "value", value="Домовилися: у п'ятницю")

    await world.until(
        lambda: world.of_vms("orders", orderId=made["orderId"], descriptions="Домовилися: у п'ятницю"), "in VMS"
    )
    await world.until(
        lambda: world.of_keycrm("orders", id=order["id"], manager_comment="Домовилися: у п'ятницю"), "in KeyCRM"
    )
    await world.quiet(4)
    orders_agree(*await world.born_rows(order))
    assert await world.keycrm.writes() == ["updateOrder"]
    assert await world.vms.writes() == ["updateOrder"]
    assert await _questions(world, order) == []


async def test_an_answer_lapses_when_a_side_shows_something_else_by_then(world: World) -> None:
    """The answer was about other values: nothing is overwritten, and the question is asked anew."""
    order, made = await world.order_on_both()
    question = await _disagree(world, order, made)
    await world.vms.knobs(emit=False)
    await world.vms.admin("PATCH", f"orders/{made['orderId']}", {"descriptions": "Ще новіше від складу"})

    await world.resolve(question, "keycrm")

    anew = await world.question("orders", order["id"], "manager_comment")
    await world.vms.knobs(emit=True)
    assert anew["shown"] == {"vms": "Ще новіше від складу", "keycrm": "Від менеджера"}
    assert anew["asked"] == question["asked"] + 1
    assert await world.vms.writes() == await world.keycrm.writes() == []
    late = await world.operator(
        "POST", f"conflicts/{question['id']}/resolve", json={"choice": "keycrm", "asked": question["asked"]}
    )
    assert late.status_code == 409

    await world.resolve(anew, "vms")

    await world.until(
        lambda: world.of_keycrm("orders", id=order["id"], manager_comment="Ще новіше від складу"), "in KeyCRM"
    )
    await world.quiet(4)
    orders_agree(*await world.born_rows(order))
    assert await _questions(world, order) == []


async def test_a_question_closes_by_itself_when_people_settle_it(world: World) -> None:
    """Somebody writes the other side's value by hand: nobody needs to answer any more."""
    order, made = await world.order_on_both()
    await _disagree(world, order, made)

    await world.keycrm.admin("PATCH", f"orders/{order['id']}", {"manager_comment": "Від складу"})

    async def is_closed() -> bool:
        return await _questions(world, order) == []

    await world.until(is_closed, "the question is closed")
    await world.quiet(3)
    orders_agree(*await world.born_rows(order))
    assert await world.vms.writes() == await world.keycrm.writes() == []


async def test_the_rest_flows_while_one_field_is_a_question(world: World) -> None:
    """A question holds one field."""
    order, made = await world.order_on_both()
    await _disagree(world, order, made)

    await world.keycrm.admin("PATCH", f"orders/{order['id']}", {"status_id": 4})

    await world.until(lambda: world.of_vms("orders", orderId=made["orderId"], orderStatus=2), "the status in VMS")
    await world.idle()
    shown = await world.of_vms("orders", orderId=made["orderId"])
    assert shown is not None
    assert shown["descriptions"] == "Від складу"
    assert len(await _questions(world, order)) == 1


async def _made(world: World, order: dict[str, Any]) -> dict[str, Any]:
    """VMS's order of one of KeyCRM's, once it is there."""
    number = f"KC-{order['id']}"
    made: dict[str, Any] = await world.until(lambda: world.of_vms("orders", numberOrder=number), f"{number} in VMS")
    return made


async def _disagree(world: World, order: dict[str, Any], made: dict[str, Any]) -> dict[str, Any]:
    """Both write the order's comment before the sync sees either; answers the question, calls are counted from here."""
    await world.vms.knobs(emit=False)
    await asyncio.gather(
        world.vms.admin("PATCH", f"orders/{made['orderId']}", {"descriptions": "Від складу"}),
        world.keycrm.admin("PATCH", f"orders/{order['id']}", {"manager_comment": "Від менеджера"}),
    )
    question = await world.question("orders", order["id"], "manager_comment")
    await world.vms.knobs(emit=True)
    await world.steady()
    assert await world.keycrm.writes() == await world.vms.writes() == []
    return question


async def _questions(world: World, order: dict[str, Any]) -> list[dict[str, Any]]:
    """The questions about an order that are not closed."""
    asked = (await world.binding("orders", order["id"]))["questions"]
    return [question for question in asked if question["status"] != "closed"]
