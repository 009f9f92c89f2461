"""The page Now in a real browser: the sentence, the figures, and that all of it is live."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest
from playwright.async_api import expect

from console.handlers.desk import Desk
from console.handlers.live import Live
from libs.runtime.database import Connection, Database
from tests.chromium import faults, picture
from tests.component.console.pages import day
from tests.component.console.pages import shop as shops
from tests.component.console.pages.forgiving import forgive
from tests.component.console.pages.visit import EVERYBODY, LANGUAGES, PHONE, House


@pytest.mark.parametrize("language", LANGUAGES)
async def test_a_quiet_day_is_one_sentence(house: House, database: Database, language: str) -> None:
    """Both sides are the same, and nothing else has to be read."""
    await day.quiet(database)
    page = await house.visitor("viewer", language)
    await page.goto("/")

    said = {"uk": "Обидві сторони однакові.", "en": "Both sides are the same."}[language]
    assert await page.locator(".verdict-sentence").inner_text() == said
    assert await faults(page) == []
    await picture(page, f"now-quiet-{language}")


@pytest.mark.parametrize("language", LANGUAGES)
async def test_what_is_late_is_told_with_its_reason(house: House, database: Database, language: str) -> None:
    """VMS is away and a flow is stopped: since when, how much waits, and how long it will take."""
    await day.busy(database)
    page = await house.visitor("olena", language, theme="dark")
    await page.goto("/")

    told = await page.locator(".verdict").inner_text()
    assert {"uk": "VMS не відповідає вже 7", "en": "VMS has not answered for 7"}[language] in told
    flows = await page.locator(".flows").inner_text()
    assert "27" in flows
    assert {"uk": "за квотою", "en": "reckoned from the quota"}[language] in flows
    assert await faults(page) == []
    await picture(page, f"now-busy-{language}-dark")


@pytest.mark.parametrize(
    ("language", "told", "flow"),
    [
        ("uk", "VMS не приймає наш ключ, тож усе, що туди йде, чекає: виправте VMS_API_TOKEN.", "після рішення людини"),
        ("en", "VMS refuses our key, so what is meant for it waits: correct VMS_API_TOKEN.", "after a person"),
    ],
)
async def test_a_refused_key_leads_to_the_set_up(
    house: House, database: Database, language: str, told: str, flow: str
) -> None:
    """It is a person's to correct, not to be waited for."""
    await day.busy(database)
    async with database.connection() as conn:
        reason = "VMS refused our key (401 to health): check VMS_API_TOKEN"
        await conn.execute("UPDATE partner SET reason = $1 WHERE NOT is_reachable", reason)
    page = await house.visitor("olena", language)
    await page.goto("/")

    line = page.locator(".verdict p", has_text=told)
    assert flow in await page.locator(".flows tr", has_text="27").inner_text()
    partner = await page.locator(".states li", has_text="VMS").inner_text()
    assert {"uk": "не приймає наш ключ", "en": "refuses our key"}[language] in partner
    assert await faults(page) == []
    await line.get_by_role("link").click()
    await page.wait_for_url("**/setup")
    shown = {"uk": "чекає: VMS не приймає наш ключ", "en": "waits: VMS refuses our key"}[language]
    assert shown in await page.locator("main").inner_text()


@pytest.mark.parametrize(("service", "called"), [("outbound-sync", "writing to KeyCRM"), ("ingress", "webhook intake")])
async def test_a_service_that_died_is_told_though_nothing_waits(
    house: House, database: Database, service: str, called: str
) -> None:
    """Nothing is due because nobody marks it, or nobody hears of it: that is not “the same”."""
    await day.quiet(database)
    async with database.connection() as conn:
        await conn.execute("DELETE FROM process WHERE service = $1", service)
    page = await house.visitor("olena", "en")
    await page.goto("/")

    assert await page.locator(".verdict-sentence").inner_text() == "Not everything can be carried over now."
    assert f"“{called}” gives no sign of life" in await page.locator(".verdict").inner_text()


async def test_on_a_phone_nothing_is_cut_off(house: House, database: Database) -> None:
    """The page is as wide as the screen."""
    await day.busy(database)
    page = await house.visitor("olena", "uk", PHONE)
    await page.goto("/")

    assert await page.evaluate("document.documentElement.scrollWidth") == PHONE["width"]
    assert await faults(page) == []
    await picture(page, "now-busy-uk-phone")


async def test_what_happens_shows_without_reloading(house: House, database: Database) -> None:
    """An event, and a system that stops answering, in two tabs of two languages at once."""
    await day.quiet(database)
    tabs = [await house.visitor("olena", language) for language in LANGUAGES]
    for tab in tabs:
        await tab.goto("/")

    await day.told(database, details={"number": "ЖИВЕ-1"})
    for tab in tabs:
        await expect(tab.locator(".event").first).to_contain_text("ЖИВЕ-1")
    await day.busy(database)

    await expect(tabs[0].locator(".verdict")).to_contain_text("VMS не відповідає")
    await expect(tabs[1].locator(".verdict")).to_contain_text("VMS has not answered")


async def test_a_lost_connection_is_told_and_made_again(house: House, database: Database) -> None:
    """What is shown may be out of date: the page says so, and goes on by itself when the console is there again."""
    forgive(house, "ERR_INTERNET_DISCONNECTED")  # the browser tells of each try
    await day.quiet(database)
    page = await house.visitor("olena", "uk")
    await page.goto("/")
    await expect(page.locator("#lost")).to_be_hidden()

    await page.context.set_offline(True)
    await expect(page.locator("#lost")).to_be_visible(timeout=15_000)
    await picture(page, "lost-connection-uk", full=False)
    await page.context.set_offline(False)
    await day.told(database, details={"number": "ЗНОВУ-1"})

    await expect(page.locator("#lost")).to_be_hidden(timeout=15_000)
    await expect(page.locator(".event").first).to_contain_text("ЗНОВУ-1")


async def test_a_session_that_ends_leads_to_the_door(house: House) -> None:
    """Signed out in one tab, the others cannot go on looking; signed in again one is where one was."""
    forgive(house, "401", "ERR_INCOMPLETE_CHUNKED_ENCODING")  # what was live has ended, or asks once more in between
    one = await house.visitor("olena", "uk")
    await one.goto("/")
    other = await one.context.new_page()
    await other.goto("/?lang=uk")
    await expect(other.locator(".live-mark")).to_be_visible()

    await one.get_by_role("button", name="Вийти").click()

    await other.wait_for_url("**/sign-in?over=1&next=%2F%3Flang%3Duk")
    assert "Ваш сеанс завершився" in await other.inner_text("main")


async def test_time_left_is_measured_while_somebody_looks(desk: Desk, database: Database, conn: Connection) -> None:
    """At first it is reckoned; as work gets done it follows what is really done."""
    await day.busy(database)
    at = [day.now()]
    live = Live(replace(desk, clock=lambda: at[0]))
    first = (await live.overview()).flows
    await conn.execute(
        """UPDATE work_item SET due_keycrm = NULL WHERE binding_id IN (
               SELECT binding_id FROM work_item WHERE due_keycrm IS NOT NULL LIMIT 70)"""
    )
    at[0] += timedelta(seconds=30)
    second = (await live.overview()).flows

    assert [one.pace for one in first if one.name == "customer.to_keycrm"] == ["reckoned"]
    found = next(one for one in second if one.name == "customer.to_keycrm")
    assert (found.waiting, found.left, found.pace) == (70, timedelta(seconds=30), "measured")


async def test_what_is_live_takes_no_focus_away(house: House, database: Database) -> None:
    """Whoever goes through the table by keyboard stays there while it is drawn anew."""
    await day.busy(database)
    page = await house.visitor("olena", "uk")
    await page.goto("/")
    await page.focus("#flows")
    async with database.connection() as conn:
        await conn.execute("UPDATE work_item SET due_vms = NULL WHERE due_vms IS NOT NULL")

    await expect(page.locator(".flows")).not_to_contain_text("27")
    assert await page.evaluate("document.activeElement.id") == "flows"


async def test_a_session_that_ends_takes_nothing_typed_along(house: House, conn: Connection) -> None:
    """The page stays until the text is safe, says so, and the link leads to the door and back here."""
    forgive(house, "401", "ERR_INCOMPLETE_CHUNKED_ENCODING")
    shop = await shops.opened(conn)
    page = await house.visitor("olena", "uk")
    await page.goto(f"/conflicts/{shop.comment}")
    await page.fill("#value", "дуже довгий коментар")
    other = await page.context.new_page()
    await other.goto("/records?lang=uk")
    await other.get_by_role("button", name="Вийти").click()

    await expect(page.locator("#over")).to_contain_text("Ваш сеанс завершився. Введене збережено")
    await page.wait_for_timeout(5_000)  # also after the question has asked how it stands
    assert await page.locator("#value").input_value() == "дуже довгий коментар"
    assert await faults(page) == []
    await page.locator("#over a").click()
    await page.wait_for_url(f"**/sign-in?over=1&next=%2Fconflicts%2F{shop.comment}")
    await page.fill("#token", EVERYBODY["olena"])
    await page.keyboard.press("Enter")

    await page.wait_for_url(f"**/conflicts/{shop.comment}")
    await expect(page.locator("#value")).to_have_value("дуже довгий коментар")
