"""Dead letters in a real browser: readable, tried again, discarded with a reason, by one person of two."""

from __future__ import annotations

import dataclasses

from playwright.async_api import expect

from libs.contracts.types import Entity, Side
from libs.runtime.database import Connection
from tests.chromium import faults, picture
from tests.component.console.pages import shop as shops
from tests.component.console.pages.forgiving import forgive
from tests.component.console.pages.visit import House
from tests.component.console.world import audited, decision, kept, letter, told


async def test_a_letter_is_readable_and_says_what_a_replay_would_do(house: House, conn: Connection) -> None:
    """Error, origin, headers, the body line by line; one that would be refused again cannot be tried."""
    shop = await shops.opened(conn)
    page = await house.visitor("olena", "en")
    await page.goto("/dead-letters")
    await page.keyboard.press("j")
    await page.keyboard.press("Enter")
    await page.wait_for_url(f"**/dead-letters/{shop.malformed}")

    await expect(page.locator(".body-text")).to_contain_text('"contactName": "Олена Тестова"')
    await expect(page.locator(".decide")).to_contain_text("It would be refused again for the same reason.")
    await expect(page.get_by_role("button", name="Try it again")).to_be_disabled()
    await page.locator(".carried summary").click()
    await expect(page.locator(".headers")).to_contain_text("vms.order.updated")
    assert await faults(page) == []


async def test_a_letter_says_in_plain_words_what_to_do(house: House, conn: Connection) -> None:
    """In Ukrainian: what is wrong, the field, who mends it and where; the technical text beneath, marked as English."""
    shop = await shops.opened(conn)
    error = "phone: the value for KeyCRM is no possible phone number; correct it in VMS"
    item = told(kind="item", bindingId=shop.order.id, entity="order", side="keycrm", code="phone_possible")
    item = dataclasses.replace(item, reason="permanent", error=error)
    await kept(
        conn, item, binding_id=shop.order.id, entity=Entity.ORDER, side=Side.KEYCRM, code="phone_possible",
        field="phone",
    )  # fmt: skip
    page = await house.visitor("olena", "uk")
    await page.goto("/dead-letters")
    row = page.locator("[data-row]").last
    await expect(row).to_contain_text("Такого номера телефону не буває.")
    assert "no possible phone number" not in await page.inner_text("main")

    await row.click()
    await expect(page.locator(".sentence")).to_have_text("Такого номера телефону не буває.")
    await expect(page.locator(".next-step")).to_contain_text("Виправте значення у VMS і спробуйте ще раз.")
    await expect(page.locator("pre[lang=en]")).to_have_text(error)
    await expect(page.locator(".decide")).to_contain_text("Якщо причину не усунуто, його знову буде відкладено.")
    assert await faults(page) == []
    await picture(page, "letter-plain-words-uk")


async def test_letters_come_and_go_while_one_looks(house: House, conn: Connection) -> None:
    """The list and its groups follow without reloading; what is being typed about all of them stays."""
    first = await kept(conn, letter(body=b"{"))
    page = await house.visitor("olena", "en")
    await page.goto("/dead-letters")
    await expect(page.locator("[data-row]")).to_have_count(1)
    await kept(conn, letter(body=b"{"))
    await expect(page.locator("[data-row]")).to_have_count(2)
    await expect(page.locator(".groups [aria-current] .group-count")).to_have_text("2")

    await page.locator("details.many summary").click()
    await page.fill("#why", "a test of VMS's developers")
    await conn.execute("UPDATE dead_letter SET status = 'discarded', decided_by = 'Марія' WHERE id = $1", first)
    await expect(page.locator("[data-badge=letters]")).to_have_text("1")
    assert await page.locator("#why").input_value() == "a test of VMS's developers"


async def test_a_long_list_is_read_page_by_page(house: House, conn: Connection) -> None:
    """Forty a page, oldest first; forth and back, each letter once."""
    numbers = [await kept(conn, letter(body=b"{")) for _ in range(85)]
    page = await house.visitor("olena", "uk")
    await page.goto("/dead-letters")
    seen: list[int] = []
    for count in (40, 40, 5):
        rows = page.locator("[data-row]")
        await expect(rows).to_have_count(count)
        seen += [int(str(await row.get_attribute("href")).rpartition("/")[2]) for row in await rows.all()]
        if count == 40:
            await page.locator("a[rel=next]").click()
    assert seen == numbers

    await page.locator("a[rel=prev]").click()
    await expect(page.locator("[data-row]").first).to_have_attribute("href", f"/dead-letters/{numbers[40]}")
    await page.locator("a[rel=prev]").click()
    await expect(page.locator("[data-row]").first).to_have_attribute("href", f"/dead-letters/{numbers[0]}")
    assert await page.locator("a[rel=prev]").count() == 0


async def test_a_level_and_a_message_say_which(house: House, conn: Connection) -> None:
    """Nothing else names the SKU, its warehouse or the channel, and a viewer sees no content."""
    stock = await kept(conn, told(kind="stock", sku="DEMO-MUG", warehouse="main", code="negative"), code="negative")
    news = await kept(conn, told(kind="notification", eventId="e-1", channel="telegram-shift"), "notifier")
    page = await house.visitor("viewer", "en")

    await page.goto(f"/dead-letters/{stock}")
    assert "DEMO-MUG" in await page.inner_text(".facts")
    assert "main" in await page.inner_text(".facts")
    await page.goto(f"/dead-letters/{news}")
    assert "telegram-shift" in await page.inner_text(".facts")


async def test_a_letter_is_tried_again_by_its_key(house: House, conn: Connection) -> None:
    """It is due again, the page says so and who did it; the audit has the name."""
    shop = await shops.opened(conn)
    await conn.execute("UPDATE binding SET status = 'error' WHERE id = $1", shop.order.id)
    page = await house.visitor("olena")
    await page.goto(f"/dead-letters/{shop.exhausted}")
    await page.keyboard.press("r")

    await expect(page.locator(".notice.success")).to_have_text("Його знову взято в роботу.")
    await expect(page.locator(".notice.info")).to_contain_text("Олена: спробували ще раз")
    assert await page.locator(".next-step").count() == 0  # it is decided: nothing is left to do
    assert await decision(conn, shop.exhausted) == "replayed"
    assert ("Олена", "dead-letter.replayed") in [(actor, action) for actor, action, _ in await audited(conn)]


async def test_a_letter_is_discarded_with_a_reason_only(house: House, conn: Connection) -> None:
    """Without one it is asked for and nothing is lost; of two people the second is told."""
    shop = await shops.opened(conn)
    page, other = await house.visitor("olena"), await house.visitor("admin")
    for visitor in (page, other):
        await visitor.goto(f"/dead-letters/{shop.malformed}")
    await page.keyboard.press("d")
    await page.keyboard.type("   ")
    await page.keyboard.press("Enter")
    await expect(page.locator("#e-reason")).to_have_text(
        "Напишіть кількома словами, чому це більше нікому не потрібно."
    )
    assert await faults(page) == []
    forgive(house, "422")
    await page.fill("#reason", "перевірка розробників VMS")
    await page.keyboard.press("Enter")
    await expect(page.locator(".notice.success")).to_contain_text("відкинуто")

    await other.fill("#reason", "не треба")
    await other.keyboard.press("Enter")
    await expect(other.locator(".notice.warning")).to_contain_text("Вас випередили. Олена: відкинуто")
    await picture(other, "letter-two-people-uk")
    forgive(house, "409")
    assert await conn.fetchval("SELECT decision FROM dead_letter WHERE id = $1", shop.malformed) == (
        "перевірка розробників VMS"
    )
