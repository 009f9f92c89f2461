"""The door: signing in and out in a real browser, and who is not let in."""

from __future__ import annotations

import pytest

from tests.chromium import faults, picture
from tests.component.console.pages.visit import EVERYBODY, LANGUAGES, House


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
