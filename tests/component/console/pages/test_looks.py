"""The pages where people decide, looked at: in both languages, on a phone, in the dark, by who may see little."""

from __future__ import annotations

import pytest
from playwright.async_api import Page

from libs.runtime.database import Connection
from tests.chromium import faults, picture
from tests.component.console.pages import shop as shops
from tests.component.console.pages.forgiving import forgive
from tests.component.console.pages.shop import Shop
from tests.component.console.pages.visit import LANGUAGES, PHONE, House


def places(shop: Shop) -> dict[str, str]:
    """Every page of ours, by the name of its picture."""
    return {
        "conflicts": "/conflicts",
        "conflict-comment": f"/conflicts/{shop.comment}",
        "conflict-script": f"/conflicts/{shop.script}",
        "conflict-status": f"/conflicts/{shop.status}",
        "conflict-amount": f"/conflicts/{shop.amount}",
        "conflict-alike": f"/conflicts/{shop.alike}",
        "conflict-by-hand": f"/conflicts/{shop.by_hand}",
        "records": "/records",
        "records-found": "/records?q=олена",
        "records-nobody": "/records?q=нікого",
        "record-order": f"/records/orders/{shop.order.id}",
        "record-customer": f"/records/customers/{shop.customer.id}",
        "letters": "/dead-letters",
        "letter": f"/dead-letters/{shop.malformed}",
        "letter-item": f"/dead-letters/{shop.exhausted}",
    }


@pytest.mark.parametrize("language", LANGUAGES)
async def test_every_page_is_usable_by_everybody(house: House, conn: Connection, language: str) -> None:
    """axe finds nothing, nothing is left untranslated, and what a KeyCRM comment holds stays text."""
    shop = await shops.opened(conn)
    await shops.crowd(conn, 12)
    page = await house.visitor("olena", language)
    for name, path in places(shop).items():
        await page.goto(path)
        assert await faults(page) == [], name
        assert await page.locator("html").get_attribute("lang") == language
        assert "broken" not in await page.title(), name
        assert await page.locator("main img").count() == 0, name
        await picture(page, f"{name}-{language}")


async def test_nothing_is_wider_than_a_phone(house: House, conn: Connection) -> None:
    """360 points: nothing is cut off and nothing scrolls sideways; in the dark, and axe finds nothing either."""
    shop = await shops.opened(conn)
    page = await house.visitor("olena", "uk", PHONE, "dark")
    for name, path in places(shop).items():
        await page.goto(path)
        width = await page.evaluate("document.documentElement.scrollWidth")
        assert width <= PHONE["width"], f"{name} is {width} wide"
        assert await faults(page) == [], name
        await picture(page, f"phone-{name}")


async def test_who_sees_nothing_personal_sees_that_sides_differ(house: House, conn: Connection) -> None:
    """Neither name, phone nor comment is anywhere in the page; no button decides anything."""
    shop = await shops.opened(conn)
    page = await house.visitor("viewer", "uk")
    for name, path in places(shop).items():
        if name.startswith("records-"):
            continue
        await page.goto(path)
        text = await page.content()
        for personal in ("Олена", "501112233", "111 22 33", "example.com", "передзвоніть", "домофон"):
            assert personal not in text.replace("olena@example.com.", ""), (name, personal)
        forms = page.locator("main form[method=post]")
        assert await forms.count() == 0, name
    await page.goto("/records?q=олена")
    assert await found(page) == 0


async def test_empty_pages_say_what_that_means(house: House) -> None:
    """A new console, before anything came: each list says that nothing waits, and axe finds nothing."""
    page = await house.visitor("olena", "uk")
    for path, said in (
        ("/conflicts", "На вас нічого не чекає"),
        ("/records", "Записів ще немає"),
        ("/dead-letters", "Нічого не відкладено"),
    ):
        await page.goto(path)
        assert await page.locator(".empty-title").inner_text() == said
        assert await faults(page) == []


async def test_what_is_not_there_is_said_so(house: House) -> None:
    """404 with a way on; a number that no database takes is just as absent."""
    page = await house.visitor("olena", "uk")
    for path in (
        "/conflicts/12", "/conflicts/abc", f"/conflicts/{10**18}", "/records/orders/5", "/records/houses/5",
        "/dead-letters/77", "/records/orders/x?side=keycrm", "/many/7c31bfec-f512-4e44-ab77-1622f126cb4e",
    ):  # fmt: skip
        answer = await page.goto(path)
        assert answer is not None
        assert answer.status == 404, path
    forgive(house, "404")


async def found(page: Page) -> int:
    """How many records the page lists."""
    return await page.locator("#found [data-row]").count()
