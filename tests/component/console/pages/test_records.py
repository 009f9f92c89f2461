"""Records in a real browser: found while one types, seen on both sides, synced and followed."""

from __future__ import annotations

from datetime import UTC, datetime

from playwright.async_api import expect

from libs.contracts.types import Side
from libs.runtime.database import Connection, Database
from libs.runtime.work import Failure
from libs.state import conflicts
from tests.chromium import faults, picture
from tests.component.console.pages import day
from tests.component.console.pages import shop as shops
from tests.component.console.pages.visit import House
from tests.component.console.world import audited, fail, work


async def test_a_record_is_found_while_one_types(house: House, conn: Connection) -> None:
    """No reload: the box keeps the text and the place in it; a phone's end finds the customer with the orders."""
    await shops.opened(conn)
    page = await house.visitor("olena")
    await page.goto("/conflicts")
    await page.keyboard.press("/")
    await page.wait_for_url("**/records")
    await expect(page.locator("#q")).to_be_focused()
    await page.keyboard.type("2233", delay=20)

    await expect(page.locator("#found h2")).to_have_text("Знайдено")
    await expect(page.locator("#found > .rows > li > [data-row]")).to_have_count(3)
    assert await page.locator(".sub-rows [data-row]").count() == 4
    assert page.url.endswith("/records?q=2233&kind=")
    await page.get_by_text("Замовлення", exact=True).first.click()
    await expect(page.locator(".empty-title")).to_have_text("Нічого такого не знайдено")
    await page.locator("#q").fill("V-417")
    await expect(page.locator("#found [data-row]")).to_have_count(1)
    await page.keyboard.press("Escape")
    await page.keyboard.press("j")
    await page.keyboard.press("Enter")
    await expect(page.locator("h1")).to_have_text("Замовлення V-000417")


async def test_a_record_shows_both_sides_and_its_story(house: House, conn: Connection) -> None:
    """Field by field with how each stands; each chain from the event to the write; the comment's markup is text."""
    shop = await shops.opened(conn)
    page = await house.visitor("olena", "en")
    await page.goto(f"/records/orders/{shop.order.id}")

    await expect(page.locator("tr.asked")).to_contain_text("a question is open")
    assert await page.locator("tr.asked mark").all_inner_texts() == ["після", "18:00", "домофон", "12"]
    script = page.locator("tr", has_text="Buyer's comment")
    await expect(script).to_contain_text("<script>document.title='broken'</script>передзвоніть")
    assert await page.locator("tr.in_step").count() == 7
    paid = page.locator("tr", has=page.get_by_role("rowheader", name="Paid amount"))
    assert await paid.get_by_text("1,011.00", exact=True).count() == 2
    chains = await page.locator(".chain").all_inner_texts()
    assert "VMS told that the order had changed" in chains[2]
    assert "Paid amount written to KeyCRM" in chains[2]
    assert "500.00 → 1,011.00" in chains[2].replace("\n", " ")
    await page.get_by_role("link", name="Олена Тестова").click()
    await expect(page.locator("h1")).to_have_text("Customer Олена Тестова")
    await expect(page.locator(".record-standing")).to_contain_text("Both sides are in step")


async def test_sync_now_is_followed_to_its_end_on_the_page(house: House, conn: Connection, database: Database) -> None:
    """Pressed by its key; it runs, it ends, and what the page shows is drawn anew by itself."""
    shop = await shops.opened(conn)
    page = await house.visitor("olena")
    await page.goto(f"/records/customers/{shop.customer.id}")
    await page.keyboard.press("s")
    await expect(page.locator("#operation")).to_contain_text("Читаємо обидві сторони")
    await expect(page.locator(".chain").first).to_contain_text("Олена: запит на синхронізацію")
    await picture(page, "record-syncing-uk")
    assert await faults(page) == []
    for side in Side:
        await work(database, side)

    await expect(page.locator("#operation")).to_contain_text("Синхронізовано")
    assert ("Олена", "sync.asked", "") in await audited(conn)


async def test_a_sync_that_fails_says_why(house: House, conn: Connection, database: Database) -> None:
    """The reason stands where it was asked for."""
    shop = await shops.opened(conn)
    page = await house.visitor("olena", "en")
    await page.goto(f"/records/customers/{shop.customer.id}")
    await page.get_by_role("button", name="Sync now").click()
    await expect(page.locator("#operation .notice")).to_be_visible()
    failure = Failure("permanent", "status 77 has no pair: add it to the pairs file", 1, code="no-pair")
    await fail(database, Side.VMS, failure)

    await expect(page.locator("#operation .failure")).to_contain_text("status 77 has no pair")


async def test_a_link_with_a_sides_own_number_leads_to_the_record(house: House, conn: Connection) -> None:
    """As messages and other programs have it."""
    shop = await shops.opened(conn)
    page = await house.visitor("viewer", "en")
    for path in ("/records/orders/417?side=keycrm", f"/records/orders/{shops.guid(1).upper()}?side=vms"):
        await page.goto(path)
        assert page.url.endswith(f"/records/orders/{shop.order.id}")


async def test_a_record_follows_what_happens_to_it(house: House, conn: Connection, database: Database) -> None:
    """Answered elsewhere, it says so within seconds, and keeps the focus; nobody is told to decide what is decided."""
    shop = await shops.opened(conn)
    page = await house.visitor("olena", "en")
    await page.goto(f"/records/orders/{shop.order.id}")
    await expect(page.locator(".record-standing")).to_contain_text("Waits for your decision")
    link = page.get_by_role("link", name="Олена Тестова")
    await link.focus()
    await conflicts.answer(conn, shop.comment, 1, {"choice": "vms"}, "Марія", datetime.now(UTC))
    await day.told(database)

    await expect(page.locator(".record-standing")).to_contain_text("An answer is being carried out")
    await expect(page.locator("tr.asked")).to_contain_text("the answer is being carried out")
    await expect(link).to_be_focused()
    assert await faults(page) == []


async def test_a_record_tells_times_money_and_failures_in_the_readers_words(house: House, conn: Connection) -> None:
    """Whose time it is; amounts with their cents; what was set aside by its sentence, not by what a program said."""
    shop = await shops.opened(conn)
    await conn.execute(
        """INSERT INTO payment (binding_id, origin, vms_payment_id, amount, created_at, updated_at)
           VALUES ($1, 'vms', 'p-1', 1011.5, now(), now())""",
        shop.order.id,
    )
    page = await house.visitor("viewer", "uk")
    await page.goto(f"/records/orders/{shop.order.id}")

    await expect(page.locator("section", has=page.locator("#payments-title"))).to_contain_text("1\u00a0011,50")
    await expect(page.locator(".story .hint")).to_contain_text("Час: Київ.")
    await expect(page.locator(".record-standing")).to_contain_text("Чекає на рішення")
    told = await page.locator(".notice.failure").inner_text()
    assert "KeyCRM answered 500" not in told
