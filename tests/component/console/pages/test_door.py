"""The door: signing in and out in a real browser, and who is not let in."""

from __future__ import annotations

import re
import secrets
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import timedelta
from functools import partial

import httpx
import pytest
from playwright.async_api import Page, expect

from console.handlers.desk import Desk
from console.handlers.sessions import Sessions
from console.pages import rendering
from libs.runtime.access import Access
from libs.runtime.database import Connection
from libs.state.sessions import Session
from tests.chromium import faults, picture
from tests.component.console.pages.forgiving import forgive
from tests.component.console.pages.visit import EVERYBODY, LANGUAGES, NAMED, House
from tests.component.console.world import ENTRIES


@asynccontextmanager
async def asking(house: House, cookie: str | None = None) -> AsyncIterator[httpx.AsyncClient]:
    """A program that asks as a browser would, without one."""
    cookies = {house.site.cookie: cookie} if cookie else {}
    async with httpx.AsyncClient(base_url=house.address, cookies=cookies, headers={"accept-language": "en"}) as client:
        yield client


async def door_secret(client: httpx.AsyncClient) -> str:
    """The secret of the form at the door."""
    found = re.search(r'name="csrf" value="([^"]+)"', (await client.get("/sign-in")).text)
    assert found is not None
    return found[1]


async def opened_session(house: House) -> tuple[str, Session]:
    """Cookie and session of somebody who signed in."""
    found = await house.site.sessions.sign_in(EVERYBODY["olena"], "127.0.0.1")
    assert found is not None
    return found


@pytest.mark.parametrize("language", LANGUAGES)
async def test_a_token_opens_the_console_and_leads_where_one_wanted_to_go(house: House, language: str) -> None:
    """From a link in a message to the door, and from there to the page; the cookie is out of a script's reach."""
    page = await house.visitor(None, language)
    await page.goto("/?x=1")
    assert page.url.endswith("/sign-in?next=/%3Fx%3D1")
    assert await page.locator("html").get_attribute("lang") == language
    assert await faults(page) == []
    await picture(page, f"sign-in-{language}")

    await page.fill("#token", EVERYBODY["olena"])
    await page.keyboard.press("Enter")
    await page.wait_for_url("**/?x=1")

    assert await page.locator(".who-name").inner_text() == "Олена"
    assert "session" not in await page.evaluate("document.cookie")
    assert await faults(page) == []


async def test_a_wrong_token_says_what_to_do(house: House) -> None:
    """One sentence at the field; what was typed is neither shown again nor told."""
    forgive(house, "422")
    page = await house.visitor(None, "uk")
    await page.goto("/sign-in")
    await page.fill("#token", "nobody-has-this-token")
    await page.keyboard.press("Enter")

    assert "Такого токена немає" in await page.locator("#token-problem").inner_text()
    assert "nobody-has-this-token" not in await page.content()
    assert await page.evaluate("document.activeElement.id") == "token"
    assert await faults(page) == []


async def test_whoever_guesses_tokens_is_slowed_down(house: House) -> None:
    """After five wrong ones in a minute a right one is refused too, from there alone."""
    async with asking(house) as client:
        secret = await door_secret(client)
        answers = [
            await client.post("/sign-in", data={"csrf": secret, "token": f"wrong-token-{n}-000000"}) for n in range(5)
        ]
        late = await client.post("/sign-in", data={"csrf": secret, "token": EVERYBODY["olena"]})

    assert [answer.status_code for answer in answers] == [422] * 5
    assert late.status_code == 429
    assert "set-cookie" in late.headers
    assert house.site.cookie not in late.cookies
    assert await house.site.sessions.sign_in(EVERYBODY["olena"], "127.0.0.9") is not None


async def test_the_door_leads_nowhere_but_into_the_console(house: House) -> None:
    """A link that somebody made cannot send a person on to another host."""
    for wanted in ("//evil.example", "/\\evil.example", "https://evil.example", "/sign-out", "/a\nb"):
        async with asking(house) as client:
            sent = {"csrf": await door_secret(client), "token": EVERYBODY["olena"]}
            answer = await client.post("/sign-in", params={"next": wanted}, data=sent)
        assert (answer.status_code, answer.headers["location"]) == (303, "/"), wanted


async def test_an_act_after_the_session_ended_leads_back_to_its_page(house: House) -> None:
    """Signed in again one is where the button was, not where it would have led to."""
    async with asking(house) as client:
        answer = await client.post("/conflicts/7", headers={"referer": f"{house.address}/conflicts/7?entity=order"})

    assert answer.headers["location"] == "/sign-in?next=/conflicts/7%3Fentity%3Dorder"


@pytest.mark.parametrize(
    ("headers", "field"),
    [
        ({}, None),
        ({}, "another"),
        ({"sec-fetch-site": "cross-site"}, "right"),
        ({"sec-fetch-site": "same-site"}, "right"),
        ({"origin": "https://evil.example"}, "right"),
    ],
)
async def test_a_form_of_another_page_is_refused(
    house: House, conn: Connection, headers: dict[str, str], field: str | None
) -> None:
    """At the door and inside, though the browser sends the session along; nothing is changed."""
    cookie, session = await opened_session(house)
    async with asking(house, cookie) as client:
        sent = {} if field is None else {"csrf": session.csrf if field == "right" else field}
        answer = await client.post("/setup/tests", data=sent, headers=headers)
        left = await client.post("/sign-out", data=sent, headers=headers)
        door = await client.post("/sign-in", data={"token": EVERYBODY["admin"]} | sent, headers=headers)

    assert [one.status_code for one in (answer, left, door)] == [403] * 3
    assert "too old" in answer.text
    assert await conn.fetchval("SELECT count(*) FROM channel_test") == 0
    assert await house.site.sessions.find(cookie) is not None


async def test_a_token_that_is_taken_away_ends_its_sessions(house: House, desk: Desk) -> None:
    """After a restart without it, or with another role, its session opens nothing."""
    cookie, session = await opened_session(house)
    kept = Sessions(desk, Access([NAMED]), lambda: "x")
    gone = Sessions(desk, Access(ENTRIES), lambda: "x")

    assert await kept.find(cookie) is not None
    assert await gone.find(cookie) is None
    assert not await gone.is_live(session)


async def test_a_session_ends_unused_or_after_a_day(house: House, desk: Desk) -> None:
    """Eight hours unused; a day at the latest; what has ended is deleted at the next sign-in."""
    cookie, session = await opened_session(house)
    begun = session.created_at

    def later(hours: float) -> Sessions:
        clock = partial(lambda at: at, begun + timedelta(hours=hours))
        return Sessions(replace(desk, clock=clock), Access([NAMED]), partial(secrets.token_urlsafe, 32))

    assert await later(7.9).find(cookie) is not None
    assert await later(15.8).find(cookie) is not None
    assert await later(23.7).find(cookie) is not None
    assert await later(24.1).find(cookie) is None
    await later(24.2).sign_in(EVERYBODY["olena"], "x")
    async with desk.database.connection() as conn:
        assert await conn.fetchval("SELECT count(*) FROM session") == 1


async def test_every_answer_forbids_what_is_not_ours(house: House) -> None:
    """No inline script, no other host, no frame, nothing kept; static files are kept for a year."""
    cookie, _ = await opened_session(house)
    async with asking(house, cookie) as client:
        for path in ("/", "/sign-in", "/nowhere", "/audit"):
            answer = await client.get(path)
            policy = answer.headers["content-security-policy"]
            assert "script-src 'self';" in policy
            assert "unsafe" not in policy
            assert "frame-ancestors 'none'" in policy
            assert answer.headers["cache-control"] == "no-store"
            assert "<script>" not in answer.text
            assert " style=" not in answer.text
        styles = await client.get(rendering.address("tokens.css"))

    assert styles.headers["cache-control"] == "public, max-age=31536000, immutable"


async def test_the_language_is_chosen_and_kept(house: House) -> None:
    """By the browser's wish, by the address, and from then on by what was chosen."""
    page = await house.visitor("olena", "uk")
    await page.goto("/operations")
    assert await page.locator("h1").inner_text() == "Операції"

    await page.get_by_role("link", name="EN: read in English").click()
    assert await page.locator("h1").inner_text() == "Operations"
    await page.goto("/audit")

    assert await page.locator("h1").inner_text() == "Audit"


async def test_the_keyboard_leads_everywhere(house: House) -> None:
    """`g` and a letter, `/` for the search, `?` for the list; nothing while one types."""
    page = await house.visitor("olena", "uk")
    await page.goto("/")
    await page.keyboard.press("?")
    await expect(page.locator("#help")).to_be_visible()
    assert await faults(page) == []
    await picture(page, "keys-uk", full=False)
    await page.keyboard.press("Escape")

    await page.keyboard.press("g")
    await page.keyboard.press("a")
    await page.wait_for_url("**/audit")
    await page.focus("#f-binding")
    await page.keyboard.type("g?")
    await expect(page.locator("#help")).to_be_hidden()
    assert page.url.endswith("/audit")
    await page.locator("h1").click()
    await page.keyboard.press("/")

    await page.wait_for_url("**/records")


async def test_light_and_dark_are_chosen_by_a_button(house: House) -> None:
    """At once, and kept; the page comes in its colours without a flash."""
    page = await house.visitor("olena", "uk", theme="light")
    await page.goto("/operations")
    ground = "getComputedStyle(document.body).backgroundColor"
    light = await page.evaluate(ground)
    await page.get_by_role("button", name="Світла чи темна").click()
    dark = await page.evaluate(ground)
    await page.reload()

    assert light != dark
    assert await page.evaluate(ground) == dark
    assert await page.locator("html").get_attribute("data-theme") == "dark"
    assert await faults(page) == []


async def test_keys_are_keys_on_a_ukrainian_layout_too(house: House) -> None:
    """There the places of g, a, / and ? say п, ф, a full stop and a comma; a held key acts once."""
    page = await house.visitor("olena", "uk")
    await page.goto("/")
    await struck(page, ",", "Slash")
    await expect(page.locator("#help")).to_be_visible()
    await page.keyboard.press("Escape")

    await struck(page, "п", "KeyG")
    await struck(page, "ф", "KeyA", is_held=True)
    assert page.url == f"{house.address}/"
    await struck(page, "п", "KeyG")
    await struck(page, "ф", "KeyA")
    await page.wait_for_url("**/audit")
    await page.locator("h1").click()
    await struck(page, ".", "Slash")

    await page.wait_for_url("**/records")


async def test_single_keys_can_be_turned_off(house: House) -> None:
    """For who speaks to the computer, or presses one by chance; it is kept, and the button opens the list again."""
    page = await house.visitor("olena", "uk")
    await page.goto("/operations")
    await page.keyboard.press("?")
    await page.get_by_role("checkbox", name="Клавіші працюють на сторінках").uncheck()
    assert await faults(page) == []
    await page.keyboard.press("Escape")
    await page.reload()
    await page.keyboard.press("g")
    await page.keyboard.press("a")
    await page.keyboard.press("?")

    await expect(page.locator("#help")).to_be_hidden()
    assert page.url.endswith("/operations")
    await page.get_by_role("button", name="Клавіші").click()
    await page.get_by_role("checkbox", name="Клавіші працюють на сторінках").check()
    await page.keyboard.press("Escape")
    await page.keyboard.press("g")
    await page.keyboard.press("a")
    await page.wait_for_url("**/audit")


async def struck(page: Page, key: str, code: str, *, is_held: bool = False) -> None:
    """A key of a keyboard with another layout, as the browser tells it."""
    told = await page.context.new_cdp_session(page)
    told_of = {"key": key, "code": code, "autoRepeat": is_held}
    await told.send("Input.dispatchKeyEvent", {"type": "rawKeyDown", **told_of})
    await told.send("Input.dispatchKeyEvent", {"type": "keyUp", **told_of})
    await told.detach()
