"""VMS → KeyCRM where it goes wrong elsewhere: lossy values, late answers, old events, lost memory, unknown goods."""

from __future__ import annotations

from typing import Any

import asyncpg

from tests.agreement import orders_agree
from tests.world import World

LATE_SECONDS = 1.2
"""Less than the settle time of these tests (2 s)."""


async def test_a_long_text_that_keycrm_cuts_is_written_once(world: World) -> None:
    """What came back is what KeyCRM makes of it: VMS keeps the whole text, nobody writes again."""
    made, order = await world.order_from_vms()
    await world.keycrm.knobs(text_cut=20)
    text = "Дуже довгий коментар, якого тут ніхто не вмістить"

    await world.vms.admin("PATCH", f"orders/{made['orderId']}", {"descriptions": text})
    await world.order_in_keycrm(made, manager_comment=text[:20])
    await world.quiet(5)

    vms, keycrm = await world.order_rows(made)
    assert (vms["descriptions"], keycrm["manager_comment"]) == (text, text[:20])
    assert await world.keycrm.count() == {"getOrder": 1, "updateOrder": 1}
    assert await world.vms.writes() == []

    await world.mark()
    await world.vms.admin("PATCH", f"orders/{made['orderId']}", {"descriptions": f"{text} ніколи"})
    await world.until(lambda: _is_written(world), "the longer text written")
    await world.quiet(5)
    assert await world.keycrm.count() == {"getOrder": 1, "updateOrder": 1}
    assert (await world.binding("orders", order["id"]))["questions"] == []


async def test_a_phone_that_keycrm_reformats_is_written_once(world: World) -> None:
    """Digits alone are the same number."""
    customer, buyer = await world.customer_from_vms()
    await world.keycrm.knobs(phone_format="digits")
    phone = world.phone()

    await world.vms.admin("PATCH", f"customers/{customer['customerId']}", {"phone": phone})
    await world.until(lambda: world.of_keycrm("buyers", id=buyer["id"], phone=[phone[1:]]), "the digits in KeyCRM")
    await world.quiet(5)

    assert await world.of_vms("customers", customerId=customer["customerId"], phone=phone)
    assert await world.keycrm.count() == {"getBuyer": 1, "updateBuyer": 1}
    assert await world.vms.writes() == []


async def test_a_price_that_keycrm_rounds_is_written_once(world: World) -> None:
    """VMS keeps its four places; KeyCRM's two are no drift."""
    name = world.name()
    await world.keycrm.knobs(price_decimals=2)

    await world.vms.admin(
        "POST", "articles", {"name": f"Виріб {name}", "sku": f"R-{name}", "price": 10, "stock": {"main": 1}}
    )
    article = await world.until(lambda: world.of_vms("articles", sku=f"R-{name}"), "the article")
    await world.bound("articles", article["articleId"], "vms")
    await world.steady()
    await world.vms.admin("PUT", f"articles/{article['articleId']}/price", {"price": 12.345})
    await world.until(lambda: world.of_keycrm("products", sku=f"R-{name}", price=12.35), "the price in KeyCRM")
    await world.quiet(5)

    assert await world.keycrm.count() == {"updateOffers": 1}
    assert await world.vms.count() == {}


async def test_decimals_written_as_texts_change_nothing(world: World) -> None:
    """`180.50` is 180.5, wherever it is shown."""
    await world.keycrm.knobs(decimals="texts")
    customer, _ = await world.customer_from_vms()

    made = await world.vms_order(customer)
    await world.order_in_keycrm(made)
    await world.quiet(5)

    orders_agree(*await world.order_rows(made))
    assert await world.keycrm.count() == {"listOrders": 1, "createOrder": 1, "getOrder": 1}


async def test_an_accepted_write_that_shows_late_is_no_persons_revert(world: World) -> None:
    """KeyCRM answers 202 with the old row and takes effect later: one write, no write back, no question."""
    made, order = await world.order_from_vms()
    await world.keycrm.knobs(update_delay_seconds=LATE_SECONDS)

    await world.vms.admin("PATCH", f"orders/{made['orderId']}", {"orderStatus": 2, "descriptions": "Пізно"})
    await world.order_in_keycrm(made, status_id=4)
    await world.quiet(5)

    orders_agree(*await world.order_rows(made))
    assert await world.keycrm.writes() == ["updateOrder"]  # how often it was looked for depends on when it showed
    assert await world.vms.writes() == []
    assert (await world.binding("orders", order["id"]))["questions"] == []


async def test_a_write_that_never_shows_is_asked_about_after_three(world: World) -> None:
    """KeyCRM says 202 and does nothing: we do not write for ever."""
    made, order = await world.order_from_vms()
    await world.keycrm.knobs(update_delay_seconds=None)

    await world.vms.admin("PATCH", f"orders/{made['orderId']}", {"orderStatus": 2})
    question = await world.question("orders", order["id"], "status")
    await world.quiet(5)

    assert question["reason"] == "not_shown"
    assert await world.keycrm.writes() == ["updateOrder"] * 3
    assert await world.vms.writes() == []


async def test_replayed_old_events_change_nothing(world: World) -> None:
    """VMS restores a backup and tells its past again: not a single call."""
    made, _ = await world.order_from_vms()
    for status, code in ((2, None), (4, "20450000000077")):
        changes = {"orderStatus": status, "trackingCode": code}
        await world.vms.admin("PATCH", f"orders/{made['orderId']}", changes)
        await world.order_in_keycrm(made, status_id={2: 4, 4: 8}[status])
    await world.until(lambda: _is_read_back(world), "the tracking code read back")
    await world.steady()

    told = await world.vms.admin("GET", "events?after=0")
    numbers = [row["n"] for row in told if row["key"] == made["orderId"]]
    await world.vms.admin("POST", "events/replay", {"n": numbers})
    await world.quiet(5)

    orders_agree(*await world.order_rows(made))
    assert await world.keycrm.count() == {}
    assert await world.vms.count() == {}


async def test_what_an_event_leaves_out_is_not_blanked(world: World) -> None:
    """A tracking code, lines or payments that an event does not name are unknown, not gone."""
    made, order = await world.order_from_vms()
    shipped = {"trackingCode": "20450000000078", "deliveryMethodId": 1}
    await world.vms.admin("PATCH", f"orders/{made['orderId']}", shipped)
    await world.vms.admin("POST", f"orders/{made['orderId']}/payments", {"amount": 361, "paymentType": 1})
    await world.order_in_keycrm(made, payments_total=361)
    await world.until(lambda: _is_read_back(world), "the tracking code read back")
    await world.steady()
    await world.vms.knobs(omit_event_fields=["trackingCode", "lines", "payments", "deliveryMethodId"])

    await world.vms.admin("PATCH", f"orders/{made['orderId']}", {"orderStatus": 2})
    await world.order_in_keycrm(made, status_id=4)
    await world.quiet(5)

    orders_agree(*await world.order_rows(made))
    assert await world.keycrm.writes() == ["updateOrder"]
    assert await world.vms.writes() == []
    assert (await world.binding("orders", order["id"]))["questions"] == []


async def test_a_state_rebuilt_without_events_blanks_nothing(world: World) -> None:
    """Our memory of an order is lost: what VMS tells by events alone is unknown now, and neither side loses any."""
    made, order = await world.order_from_vms()
    shipped = {"trackingCode": "20450000000079", "deliveryMethodId": 1, "dateOfShipment": "2026-07-02T10:00:00"}
    await world.vms.admin("PATCH", f"orders/{made['orderId']}", shipped)
    await world.vms.admin("POST", f"orders/{made['orderId']}/payments", {"amount": 361, "paymentType": 1})
    await world.order_in_keycrm(made, payments_total=361)
    await world.until(lambda: _is_read_back(world), "the tracking code read back")
    await world.idle()
    before = await world.order_rows(made)
    await forget(world, order["id"])
    await world.mark()

    await world.keycrm.admin("PATCH", f"orders/{order['id']}", {"manager_comment": "Нове"})
    await world.until(lambda: world.of_vms("orders", orderId=made["orderId"], descriptions="Нове"), "it in VMS")
    await world.quiet(5)

    vms, keycrm = await world.order_rows(made)
    orders_agree(vms, keycrm)
    for name in ("trackingCode", "depositedAmount", "payments", "dateOfShipment"):
        assert vms[name] == before[0][name]
    for name in ("shipping", "payments"):
        assert keycrm[name] == before[1][name]
    assert await world.keycrm.writes() == []
    assert await world.vms.writes() == ["updateOrder"]


async def test_an_order_of_goods_that_keycrm_does_not_know_waits_and_then_goes(world: World) -> None:
    """A one-off line would skip stock: the order is a question until the article has arrived, then it is made."""
    customer, _ = await world.customer_from_vms()
    sku = f"LATE-{world.name()}"
    lines = [{"sku": "DEMO-MUG", "quantity": 1, "price": 180.5}, {"sku": sku, "quantity": 2, "price": 12.5}]

    made = await world.vms_order(customer, lines=lines)
    question = await world.question("orders", made["orderId"], "lines", side="vms")
    await world.quiet(5)
    assert question["reason"] == "unknown_sku"
    assert sku in question["sentence"]
    assert await world.keycrm.count() == {"listOffers": 1}

    await world.vms.admin("POST", "articles", {"name": f"Виріб {sku}", "sku": sku, "price": 12.5, "stock": {"main": 5}})
    await world.order_in_keycrm(made)
    await world.quiet(5)

    orders_agree(*await world.order_rows(made))
    assert sorted(await world.keycrm.writes()) == ["createOrder", "createProduct", "setStocks"]
    assert all(
        one["status"] == "closed" for one in (await world.binding("orders", made["orderId"], "vms"))["questions"]
    )


async def test_an_order_goes_when_a_person_has_entered_its_goods_in_keycrm(world: World) -> None:
    """The poll of products finds them; nobody need answer the question."""
    customer, _ = await world.customer_from_vms()
    sku = f"HAND-{world.name()}"
    made = await world.vms_order(customer, lines=[{"sku": sku, "quantity": 2, "price": 12.5}])
    await world.question("orders", made["orderId"], "lines", side="vms")

    await world.keycrm.admin("POST", "products", {"name": f"Виріб {sku}", "sku": sku, "price": 12.5})
    await world.order_in_keycrm(made)
    await world.quiet(5)

    orders_agree(*await world.order_rows(made))
    assert await world.keycrm.writes() == ["createOrder"]


async def test_a_person_may_let_unknown_goods_pass_as_one_off_lines(world: World) -> None:
    """The answer to the question makes the order; the line stands behind no stock."""
    customer, _ = await world.customer_from_vms()
    sku = f"ONCE-{world.name()}"
    made = await world.vms_order(customer, lines=[{"sku": sku, "quantity": 2, "price": 12.5}])
    question = await world.question("orders", made["orderId"], "lines", side="vms")

    await world.resolve(question, "keep")
    order = await world.order_in_keycrm(made)
    await world.quiet(5)

    orders_agree(*await world.order_rows(made))
    assert [(line["sku"], line["offer"]) for line in order["products"]] == [(sku, None)]
    assert await world.keycrm.writes() == ["createOrder"]
    assert all(one["status"] == "closed" for one in (await world.binding("orders", order["id"]))["questions"])


async def _is_written(world: World) -> bool:
    return bool(await world.keycrm.writes())


async def _is_read_back(world: World) -> bool:
    """Whether KeyCRM has been read since it was last written to."""
    operations = [row["operation"] for row in await world.keycrm.calls()]
    return "updateOrder" in operations and "getOrder" in operations[operations.index("updateOrder") :]


async def forget(world: World, number: int) -> None:
    """Lose all that is remembered of an order, as a database restored from before it would."""
    connection: Any = await asyncpg.connect(world.system.database_owner_url)
    try:
        binding = await connection.fetchval("SELECT id FROM binding WHERE entity = 'order' AND keycrm_id = $1", number)
        for table in ("payment", "conflict", "work_item"):
            await connection.execute(f"DELETE FROM {table} WHERE binding_id = $1", binding)
        await connection.execute("UPDATE webhook_event SET binding_id = NULL WHERE binding_id = $1", binding)
        await connection.execute("DELETE FROM binding WHERE id = $1", binding)
    finally:
        await connection.close()
