"""What was typed when the session ended: back in its form after signing in, for who typed it, and nowhere else."""

from __future__ import annotations

import pytest
from playwright.async_api import Page, expect

from libs.runtime.database import Connection, Database
from tests.chromium import faults, picture
from tests.component.console.pages import day
from tests.component.console.pages import shop as shops
from tests.component.console.pages.forgiving import forgive
from tests.component.console.pages.test_conflicts import answer_of
from tests.component.console.pages.visit import EVERYBODY, LANGUAGES, House

TEXT = "домофон 12,\nпісля 18:00"
REASON = "[id='reason-flow-price.to_keycrm']"


async def sent_too_late(house: House, conn: Connection, page: Page, number: int) -> None:
    """A text typed as an answer and sent when the session has ended: the person stands at the door."""
    forgive(house, "401", "ERR_INCOMPLETE_CHUNKED_ENCODING")
    await page.goto(f"/conflicts/{number}")
    await page.fill("#value", TEXT)
    await conn.execute("DELETE FROM session")
    await page.locator(".type-value button:not([type=button])").click()
    await page.wait_for_url(f"**/sign-in?next=/conflicts/{number}")


async def signed_in(page: Page, who: str) -> None:
    """Through the door by token."""
    await page.fill("#token", EVERYBODY[who])
    await page.keyboard.press("Enter")
    await page.locator(".who-name").wait_for()


async def kept(page: Page) -> str | None:
    """What the tab keeps."""
    found: str | None = await page.evaluate("sessionStorage.getItem('typed')")
    return found


@pytest.mark.parametrize("language", LANGUAGES)
async def test_a_text_sent_after_the_session_ended_is_in_its_form_again(
    house: House, conn: Connection, language: str
) -> None:
    """Also after a wrong token; it is told that nothing was sent, nothing was; sent again it is taken."""
    shop = await shops.opened(conn)
    page = await house.visitor("olena", language)
    await sent_too_late(house, conn, page, shop.comment)
    forgive(house, "422")
    await page.fill("#token", "nobody-has-this-token")
    await page.keyboard.press("Enter")
    await page.locator("#token-problem").wait_for()
    await signed_in(page, "olena")

    assert page.url.endswith(f"/conflicts/{shop.comment}")
    await expect(page.locator("#value")).to_have_value(TEXT)
    told = {"uk": "Його ще не надіслано", "en": "It has not been sent"}[language]
    await expect(page.locator("#kept")).to_contain_text(told)
    assert await answer_of(conn, shop.comment) == ("open", None, None)
    assert await kept(page) is None
    assert await faults(page) == []
    await picture(page, f"conflict-kept-{language}")
    await page.locator(".type-value button:not([type=button])").click()
    await page.wait_for_url(f"**/conflicts/{shop.status}")
    assert (await answer_of(conn, shop.comment))[1]["value"] == TEXT
    assert await kept(page) is None


async def test_neither_the_secret_nor_the_token_is_kept(house: House, conn: Connection) -> None:
    """The tab keeps words alone: the form that comes back has a secret of its own."""
    shop = await shops.opened(conn)
    page = await house.visitor("olena")
    secret = (await page.goto(f"/conflicts/{shop.comment}")) and await page.input_value("main [name=csrf] >> nth=0")
    await sent_too_late(house, conn, page, shop.comment)
    forgive(house, "422")
    await page.fill("#token", "nobody-has-this-token")
    await page.keyboard.press("Enter")
    await page.locator("#token-problem").wait_for()

    found = await kept(page)
    assert found is not None
    assert "домофон" in found
    assert str(secret) not in found
    assert "nobody-has-this-token" not in found


async def test_another_person_at_the_same_tab_sees_none_of_it(house: House, conn: Connection) -> None:
    """The form is empty, and what the tab kept is gone."""
    shop = await shops.opened(conn)
    page = await house.visitor("olena")
    await sent_too_late(house, conn, page, shop.comment)
    await signed_in(page, "operator")

    await expect(page.locator("#value")).to_have_value("")
    await expect(page.locator("#kept")).to_be_hidden()
    assert await kept(page) is None


async def test_what_arrived_is_not_typed_again(house: House, database: Database) -> None:
    """A reason that was taken leads back to its page, whose forms are empty."""
    await day.busy(database)
    page = await house.visitor("olena")
    await page.goto("/setup")
    await page.fill(REASON, "перевірено")
    await page.keyboard.press("Enter")
    await page.locator(".notice.success").wait_for()

    assert await kept(page) is None
    await expect(page.locator("#kept")).to_be_hidden()


async def test_what_was_settled_meanwhile_shows_what_was_typed(house: House, conn: Connection) -> None:
    """There is no form any more: the words can be read and copied."""
    shop = await shops.opened(conn)
    page = await house.visitor("olena")
    await sent_too_late(house, conn, page, shop.comment)
    await conn.execute("UPDATE conflict SET status = 'closed', closed_at = now() WHERE id = $1", shop.comment)
    await signed_in(page, "olena")

    await expect(page.locator("#typed q")).to_have_text(TEXT)
    assert await faults(page) == []
