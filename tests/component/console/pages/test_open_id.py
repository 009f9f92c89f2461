"""Signing in by a real OpenID Connect issuer, and what is not believed."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest_asyncio
from playwright.async_api import Browser, expect

from console.handlers.desk import Desk
from libs.runtime.database import Connection
from tests.chromium import faults, picture
from tests.component.console.pages import shop as shops
from tests.component.console.pages.forgiving import forgive
from tests.component.console.pages.issuing import open_id, sign_in_there
from tests.component.console.pages.visit import House, opened


@pytest_asyncio.fixture
async def house(desk: Desk, browser: Browser) -> AsyncIterator[House]:
    """The console with an issuer's door."""
    async with opened(desk, browser, open_id) as found:
        forgive(found, "Failed to load resource", "favicon")  # the issuer's own pages
        yield found


async def test_an_account_of_the_organisation_opens_the_console(house: House, conn: Connection) -> None:
    """Away, signed in there, back where one wanted to go; name and role are the issuer's, also in the audit."""
    page = await house.visitor(None, "uk")
    await page.goto("/audit?action=updated")
    assert await faults(page) == []
    await picture(page, "sign-in-open-id-uk")

    await page.get_by_role("link", name="Увійти з обліковим записом організації").click()
    await sign_in_there(page, "staff-olena")
    await page.wait_for_url("**/audit?action=updated")

    assert await page.locator(".who-name").inner_text() == "Олена Тестова (staff-olena)"
    assert await page.locator(".who-role").inner_text() == "оператор"
    assert await conn.fetchval("SELECT actor FROM audit_entry WHERE action = 'session.opened'") == (
        "Олена Тестова (staff-olena)"
    )


async def test_what_was_typed_survives_the_way_to_the_issuer(house: House, conn: Connection) -> None:
    """Sent when the session had ended: the tab has been at another host meanwhile, and the text is in its form."""
    shop = await shops.opened(conn)
    page = await house.visitor(None, "uk")
    through = page.get_by_role("link", name="Увійти з обліковим записом організації")
    await page.goto(f"/conflicts/{shop.comment}")
    await through.click()
    await sign_in_there(page, "staff-olena")
    await page.fill("#value", "домофон 12")
    await conn.execute("DELETE FROM session")
    await page.locator(".type-value button:not([type=button])").click()
    await through.click()  # the issuer knows her still
    await page.wait_for_url(f"**/conflicts/{shop.comment}")

    await expect(page.locator("#value")).to_have_value("домофон 12")


async def test_an_account_without_a_role_is_told_so(house: House) -> None:
    """Known to the issuer is not enough."""
    page = await house.visitor(None, "uk")
    await page.goto("/sign-in/open-id")
    await sign_in_there(page, "other-petro")

    await page.wait_for_url("**/sign-in/callback**")
    assert "ролі тут іще немає" in await page.inner_text("main .notice.failure")
    assert await page.locator("#token[aria-invalid]").count() == 0  # it is not the token that is wrong
    await picture(page, "sign-in-no-role-uk")
    assert await faults(page) == []


async def test_an_answer_that_was_not_asked_for_here_proves_nothing(house: House, conn: Connection) -> None:
    """Another state, another browser, a code of nobody: one sentence, and nobody is signed in."""
    page = await house.visitor(None, "en")
    await page.goto("/sign-in/callback?code=x&state=y")
    assert "Begin again." in await page.inner_text("main")

    await page.context.add_cookies(
        [{"name": "open-id", "value": "right|n|v|%2F", "url": f"{house.address}/sign-in", "httpOnly": True}]
    )
    for query in ("code=x&state=wrong", "state=right&error=access_denied"):
        await page.goto(f"/sign-in/callback?{query}")
        assert "Begin again." in await page.inner_text("main")

    assert await conn.fetchval("SELECT count(*) FROM session") == 0
