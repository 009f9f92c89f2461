"""Conflicts in a real browser: decided by keyboard, by two people at once, live, and with nothing typed lost."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

from playwright.async_api import Page, expect

from libs.contracts.types import Entity
from libs.reconcile import wire
from libs.runtime.database import Connection
from libs.state import conflicts
from tests.chromium import faults, picture
from tests.component.console.pages import shop as shops
from tests.component.console.pages.forgiving import forgive
from tests.component.console.pages.visit import House
from tests.component.console.test_conflicts import STATUS
from tests.component.console.world import asked, audited


async def answer_of(conn: Connection, number: int) -> tuple[str, Any, str | None]:
    """Status, answer and whose it is."""
    known = await conflicts.get(conn, number)
    assert known is not None
    return known.status, known.question["answer"], known.answered_by


async def test_a_list_is_worked_through_by_keyboard(house: House, conn: Connection) -> None:
    """j to the second one, Enter, 2 takes KeyCRM's, and the next one is there; the audit has the person's name."""
    shop = await shops.opened(conn)
    page = await house.visitor("olena")
    await page.goto("/conflicts")
    await page.keyboard.press("j")
    await page.keyboard.press("j")
    await page.keyboard.press("Enter")
    await page.wait_for_url(f"**/conflicts/{shop.status}")
    await page.keyboard.press("2")
    await page.wait_for_url(f"**/conflicts/{shop.amount}")

    await expect(page.locator(".notice.success")).to_contain_text("V-000419, статус: вашу відповідь виконуємо")
    assert await answer_of(conn, shop.status) == ("resolved", {"choice": "keycrm"}, "Олена")
    assert ("Олена", "conflict.answered", "keycrm") in await audited(conn)
    await page.keyboard.press("k")
    await page.wait_for_url(f"**/conflicts/{shop.comment}")
    await page.keyboard.press("u")
    await page.wait_for_url("**/conflicts")


async def test_of_two_people_on_one_question_the_second_is_told_who_was_faster(house: House, conn: Connection) -> None:
    """Both look; one answers; the other's press changes nothing and says who chose what, and what to do now."""
    shop = await shops.opened(conn)
    first, second = await house.visitor("olena"), await house.visitor("admin")
    await second.route("**/standing**", lambda route: route.fulfill(status=204))  # this page has not noticed yet
    for page in (first, second):
        await page.goto(f"/conflicts/{shop.status}")
    await first.keyboard.press("1")
    await first.wait_for_url(f"**/conflicts/{shop.amount}")
    await second.keyboard.press("2")

    await expect(second.locator(".notice.warning")).to_contain_text("Вашу відповідь не прийнято.")
    await expect(second.locator(".notice.warning")).to_contain_text("Вас випередили. Олена")
    await expect(second.locator(".notice.warning")).to_contain_text("взято значення VMS")
    assert await second.locator("main form[method=post]").count() == 0
    assert await answer_of(conn, shop.status) == ("resolved", {"choice": "vms"}, "Олена")
    await picture(second, "conflict-two-people-uk")
    forgive(house, "409", "ERR_FAILED", "htmx:sendError", "htmx:afterRequest")  # the look that never came through


async def test_an_open_page_notices_by_itself_that_somebody_settled_it(house: House, conn: Connection) -> None:
    """Nobody touches the second page: within seconds its buttons are gone and it says who answered."""
    shop = await shops.opened(conn)
    first, second = await house.visitor("olena"), await house.visitor("admin")
    for page in (first, second):
        await page.goto(f"/conflicts/{shop.status}")
    await second.select_option("#value", "vms:3")
    await first.keyboard.press("1")

    await expect(second.locator("#question .notice.info")).to_contain_text("Олена")
    assert await second.locator("main form[method=post]").count() == 0


async def test_values_that_change_while_one_looks_are_told_and_nothing_typed_is_lost(
    house: House, conn: Connection
) -> None:
    """The question is asked anew: a line says so, the text stays; an answer to the old values is not taken."""
    shop = await shops.opened(conn)
    page = await house.visitor("olena")
    await page.goto(f"/conflicts/{shop.status}")
    await page.select_option("#value", "vms:3")
    known = await conflicts.get(conn, shop.status)
    assert known is not None
    anew = wire.dump(replace(STATUS, shown_vms=5, shown_keycrm=12))
    await conflicts.ask(conn, known.binding_id, Entity.ORDER, anew, datetime.now(UTC))

    await expect(page.locator("#standing")).to_contain_text("Відколи ви це відкрили, значення змінилися.")
    assert await page.locator("#value").input_value() == "vms:3"
    await page.get_by_role("button", name="Взяти це значення").click()
    await expect(page.locator(".notice.warning").first).to_contain_text("Вашу відповідь не прийнято.")
    await expect(page.locator(".side-card.vms .side-value")).to_contain_text("виконано")
    assert await page.locator("#value").input_value() == "vms:3"
    await page.keyboard.press("1")  # what the fingers meant for the old values
    assert (await answer_of(conn, shop.status))[0] == "open"
    forgive(house, "409")
    await page.get_by_role("button", name="Взяти це значення").click()
    await page.wait_for_url(f"**/conflicts/{shop.amount}")
    assert (await answer_of(conn, shop.status))[1] == {"choice": "value", "value": 3, "terms": "vms"}


async def test_what_was_typed_outlives_somebody_who_was_faster(house: House, conn: Connection) -> None:
    """The buttons go, the text stays to be copied: when the page notices by itself, and when one was about to send."""
    shop = await shops.opened(conn)
    first, noticing, sending = [await house.visitor(who) for who in ("olena", "admin", "admin")]
    await sending.route("**/standing**", lambda route: route.fulfill(status=204))
    for page in (first, noticing, sending):
        await page.goto(f"/conflicts/{shop.comment}")
    for page in (noticing, sending):
        await page.fill("#value", "після 18:00, домофон 12")
    await first.keyboard.press("1")

    await expect(noticing.locator("#typed")).to_have_text("Ви ввели: після 18:00, домофон 12")
    await sending.get_by_role("button", name="Взяти це значення").click()
    await expect(sending.locator("#typed")).to_have_text("Ви ввели: після 18:00, домофон 12")
    assert await faults(sending) == []
    forgive(house, "409", "ERR_FAILED", "htmx:sendError", "htmx:afterRequest")


async def test_the_list_follows_what_is_asked_and_settled(house: House, conn: Connection) -> None:
    """Without reloading, without taking the focus away, and not under an open choice for many."""
    shop = await shops.opened(conn)
    page = await house.visitor("olena")
    await page.goto("/conflicts")
    await expect(page.locator("#list-title")).to_have_text("6 питань")
    line = page.locator(f"[data-row][href='/conflicts/{shop.status}']")
    await line.focus()
    await conn.execute("UPDATE conflict SET status = 'closed', closed_at = now() WHERE id = $1", shop.comment)

    await expect(page.locator("#list-title")).to_have_text("5 питань")
    await expect(page.locator("#groups [aria-current] .group-count")).to_have_text("5")
    await expect(line).to_be_focused()
    await page.locator("details.many summary").click()
    await shops.crowd(conn, 2)
    await expect(page.locator("[data-badge=conflicts]")).to_have_text("7")
    await page.wait_for_timeout(1_000)
    await expect(page.locator("details.many")).to_have_attribute("open", "")


async def test_people_alike_are_told_apart_side_by_side(house: House, conn: Connection) -> None:
    """The candidate of our own books is chosen by its key; the answer is what the merge reads."""
    shop = await shops.opened(conn)
    page = await house.visitor("olena")
    await page.goto(f"/conflicts/{shop.alike}")
    assert await page.locator(".person h3").all_inner_texts() == ["Цей запис", "Олена Тестова", "Олена Т."]
    await page.keyboard.press("2")
    await page.wait_for_url(f"**/conflicts/{shop.by_hand}")

    chosen = (await answer_of(conn, shop.alike))[1]
    assert chosen["choice"] == "value"
    assert chosen["value"].startswith("binding ")


async def test_filters_narrow_the_list_without_reloading(house: House, conn: Connection) -> None:
    """By what is asked, by which side moved; the address says it, so that it can be passed on."""
    shop = await shops.opened(conn)
    await shops.crowd(conn, 45)
    page = await house.visitor("olena")
    await page.goto("/conflicts")
    await page.get_by_role("link", name="Замовлення: статус").click()
    await expect(page.locator("#list-title")).to_have_text("46 питань")
    await page.get_by_role("link", name="Новіші").click()
    assert await page.locator("[data-row]").count() == 6
    await page.select_option("#f-moved", "keycrm")
    await expect(page.locator(".empty-title")).to_have_text("Таких питань немає")
    assert "moved=keycrm" in page.url
    await page.goto("/conflicts?field=status&reason=both_changed&entity=order")
    await page.locator("[data-row]").first.click()
    await page.wait_for_url(f"**/conflicts/{shop.status}?entity=order&field=status&reason=both_changed")
    await settled(page, conn)


async def settled(page: Page, conn: Connection) -> None:
    """From a filtered question an answer leads to the next of that filter."""
    await page.keyboard.press("1")
    await expect(page.locator(".notice.success")).to_be_visible()
    assert page.url.endswith("?entity=order&field=status&reason=both_changed")
    open_ = await conn.fetchval("SELECT min(id) FROM conflict WHERE field = 'status' AND status = 'open'")
    assert f"/conflicts/{open_}?" in page.url


async def test_an_answer_that_is_not_carried_out_yet_is_shown_with_who_gave_it(house: House, conn: Connection) -> None:
    """Filtered by its status, and on its own page."""
    shop = await shops.opened(conn)
    number = await asked(conn, shop.customer, replace(STATUS, field="city"))
    await conflicts.answer(conn, number, 1, {"choice": "value", "value": "Одеса"}, "Марія", datetime.now(UTC))
    page = await house.visitor("olena")
    await page.goto("/conflicts?status=resolved")
    await page.locator("[data-row]").click()

    await expect(page.locator("#question .notice.info")).to_contain_text("введено інше значення: Одеса")
    assert await page.locator("main form[method=post]").count() == 0
