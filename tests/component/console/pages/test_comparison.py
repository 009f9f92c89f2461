"""Comparison in a real browser: whether both sides are the same, what differs and why, in every state."""

from __future__ import annotations

from datetime import timedelta

import pytest
from playwright.async_api import Page, expect

from libs.contracts.types import Entity
from libs.runtime.database import Connection, Database
from libs.state import comparisons
from libs.state.comparisons import Found
from tests.chromium import faults, picture
from tests.component.console.differing import different, differs, passed, same, suspected
from tests.component.console.pages import day
from tests.component.console.pages.forgiving import forgive
from tests.component.console.pages.shop import LINES
from tests.component.console.pages.unlike import AN_HOUR_AGO, NOW, differing, numbered
from tests.component.console.pages.visit import LANGUAGES, PHONE, House
from tests.component.console.world import CANARY_NAME, bound


async def row(page: Page, name: str) -> str:
    """What the list says of one record."""
    return " ".join((await page.locator(".unlike", has_text=name).inner_text()).split())


@pytest.mark.parametrize("language", LANGUAGES)
async def test_what_differs_is_shown_with_the_reason(house: House, conn: Connection, language: str) -> None:
    """The sentence, each subject, each record field by field with what explains it, stock and prices."""
    shop = await differing(conn)
    page = await house.visitor("olena", language)
    await page.goto("/comparison")

    said = {"uk": "10 розбіжностей; без пояснення: 2.", "en": "10 differences; unexplained: 2."}[language]
    assert await page.locator(".verdict-sentence").inner_text() == said
    assert await page.locator(".subjects tbody tr").count() == 5
    for name, href in (
        ("V-000417", f"/conflicts/{shop.comment}"), ("передзвоніть", f"/conflicts/{shop.script}"),
        ("V-000501", "/dead-letters/"), ("V-000502", "/"),
    ):  # fmt: skip
        link = page.locator(".unlike", has_text=name).locator(".unlike-why a")
        assert (await link.get_attribute("href") or "").startswith(href), name
    assert {"uk": "скажіть інженерам", "en": "tell the engineers"}[language] in await row(page, "V-000504")
    assert {"uk": "1 011,00", "en": "1,011.00"}[language] in (await row(page, "V-000504")).replace("\u00a0", " ")
    assert "+380 67 111 22 33" in await row(page, "Олена Тестова")
    assert "12" in await page.locator("section", has=page.locator("#stock-title")).last.inner_text()
    assert await faults(page) == []
    assert "broken" not in await page.title()
    assert await page.locator("main img").count() == 0
    await picture(page, f"comparison-whole-{language}")
    await picture(page, f"comparison-{language}", full=False)


async def test_on_a_phone_and_in_the_dark_nothing_is_cut_off(house: House, conn: Connection) -> None:
    """As wide as the screen; axe finds nothing there either."""
    await differing(conn)
    page = await house.visitor("olena", "uk", PHONE, "dark")
    await page.goto("/comparison")

    assert await page.evaluate("document.documentElement.scrollWidth") == PHONE["width"]
    assert await faults(page) == []
    await picture(page, "phone-comparison")


@pytest.mark.parametrize("language", LANGUAGES)
async def test_all_the_same_is_one_sentence(house: House, conn: Connection, database: Database, language: str) -> None:
    """As of when; nothing is listed; the page Now says it in a line of its own."""
    await day.quiet(database)
    rows = await conn.fetch("SELECT id, entity FROM binding")
    await comparisons.note(conn, [Found(row["id"], Entity(row["entity"])) for row in rows], AN_HOUR_AGO, is_close=False)
    await passed(conn, AN_HOUR_AGO, NOW)
    page = await house.visitor("olena", language)
    await page.goto("/comparison")

    said = {"uk": "Обидві сторони однакові станом на ", "en": "Both sides are the same, as of "}[language]
    assert (await page.locator(".verdict-sentence").inner_text()).startswith(said)
    assert await page.locator(".verdict-text p").count() == 0
    assert await page.locator(".unlike-list").count() == 0
    assert await page.get_by_role("button", name="CSV").count() == 0
    assert await faults(page) == []
    await picture(page, f"comparison-same-{language}")
    await page.goto("/")
    quiet = page.locator(".verdict-quiet")
    await expect(quiet).to_contain_text({"uk": "обидві сторони однакові", "en": "both sides are the same"}[language])
    assert await faults(page) == []


@pytest.mark.parametrize("language", LANGUAGES)
async def test_before_the_first_comparison_the_page_says_so(
    house: House, conn: Connection, database: Database, language: str
) -> None:
    """When it will begin, or that it is switched off; the page Now says nothing of it."""
    await day.quiet(database)
    page = await house.visitor("olena", language)
    await page.goto("/comparison")
    title = page.locator(".empty-title")
    await expect(title).to_have_text(
        {"uk": "Сторони ще не звірено", "en": "The two sides have not been compared yet"}[language]
    )
    assert await faults(page) == []
    await picture(page, f"comparison-never-{language}", full=False)

    await conn.execute(
        """UPDATE process SET settings = settings || '{"sync_compare_seconds": 0}' WHERE service = 'inbound-apply'"""
    )
    await page.reload()
    await expect(title).to_have_text({"uk": "Звірку вимкнено", "en": "The comparison is switched off"}[language])
    assert await faults(page) == []
    await page.goto("/")
    assert await page.locator(".verdict-quiet").count() == 0


async def test_the_first_comparison_tells_how_far_it_is(house: House, conn: Connection) -> None:
    """What was not gone over to the end is not told as the same."""
    await same(conn, await numbered(conn, 501), NOW)
    await numbered(conn, 502)
    await passed(conn, AN_HOUR_AGO, None)
    page = await house.visitor("viewer", "uk")
    await page.goto("/comparison")

    assert await page.locator(".verdict-sentence").inner_text() == "Поки що жодної розбіжності."
    await expect(page.locator(".verdict-text")).to_contain_text("Поки що звірено: 1 з 2.")
    assert await faults(page) == []
    await passed(conn, AN_HOUR_AGO, NOW)
    await page.reload()
    await expect(page.locator(".verdict-text")).to_contain_text("1 ще не звірено")


async def test_a_viewer_sees_that_not_how_and_asks_for_nothing(house: House, conn: Connection) -> None:
    """Neither name nor phone nor comment; no button; and a form sent anyway is refused."""
    forgive(house, "403")
    shop = await differing(conn)
    person = (await bound(conn, Entity.CUSTOMER, "77", 977)).id
    await differs(conn, person, AN_HOUR_AGO, different("name", CANARY_NAME, None))
    page = await house.visitor("viewer", "uk")
    for path in ("/comparison", f"/records/customers/{shop.customer.id}"):
        await page.goto(path)
        text = await page.content()
        for personal in (CANARY_NAME, "Олена", "501112233", "671112233", "67 111", "домофон", "передзвоніть"):
            assert personal not in text, (path, personal)
        assert await page.locator("main form[method=post]").count() == 0
    await page.goto("/comparison")
    assert await page.locator(".hidden-value").count() > 3
    assert await faults(page) == []
    await picture(page, "comparison-viewer-uk")

    for action in ("/comparison", "/comparison/export"):
        await page.goto("/comparison")
        await page.evaluate(
            """(action) => { const form = document.querySelector("form[action='/sign-out']");
                form.action = action; form.submit(); }""", action,
        )  # fmt: skip
        await expect(page.locator("main")).to_contain_text("потрібна роль «оператор»")
    assert await conn.fetchval("SELECT count(*) FROM operation") == 0


async def test_a_record_says_when_it_was_last_compared(house: House, conn: Connection) -> None:
    """Never, the same, once again, and the fields in which it differs."""
    number = await numbered(conn, 501)
    page = await house.visitor("olena", "uk")
    line = page.locator("#compared")
    await page.goto(f"/records/orders/{number}")
    await expect(line).to_have_text("Обидві сторони ще не звірено між собою.")
    for act, told in (
        (same(conn, number, AN_HOUR_AGO), "збігається"),
        (suspected(conn, number, NOW - timedelta(minutes=5), different("status", 2, 8)), "переглядається ще раз"),
    ):
        await act
        await page.reload()
        await expect(line).to_contain_text(told)
    await differs(conn, number, NOW - timedelta(minutes=4), different("status", 2, 8), different("lines", LINES, []))
    await page.reload()
    await expect(line.locator("a")).to_have_text("різниться: статус, позиції замовлення")
    assert await faults(page) == []


async def test_what_differs_is_told_on_the_page_now(house: House, conn: Connection, database: Database) -> None:
    """One quiet line that leads here; live."""
    await day.quiet(database)
    page = await house.visitor("olena", "en")
    await page.goto("/")
    await expect(page.locator(".live-mark")).to_be_visible()
    number = await conn.fetchval("SELECT min(id) FROM binding WHERE entity = 'order'")
    await differs(conn, number, AN_HOUR_AGO, different("status", 2, 8))

    quiet = page.locator("#to-comparison")
    await expect(quiet).to_have_text("1 difference found so far.")
    await passed(conn, AN_HOUR_AGO, NOW)
    await expect(quiet).to_contain_text("Compared as of")
    await quiet.click()
    await page.wait_for_url("**/comparison")
    await page.keyboard.press("g")
    await page.keyboard.press("n")
    await page.wait_for_url("**/")
    await page.keyboard.press("g")
    await page.keyboard.press("p")
    await page.wait_for_url("**/comparison")
