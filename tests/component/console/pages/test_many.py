"""Many at once in a real browser: looked at, confirmed, followed to the end."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

import pytest
import pytest_asyncio
from playwright.async_api import expect

from console.handlers.bulk import JUDGED
from console.handlers.carrying_out import Bulks
from console.handlers.desk import Desk
from libs.runtime.database import Connection
from tests.chromium import faults, picture
from tests.component.console.pages import shop as shops
from tests.component.console.pages.visit import LANGUAGES, House
from tests.component.console.world import kept, letter


@pytest_asyncio.fixture
async def carried_out(desk: Desk) -> AsyncIterator[None]:
    """What is begun is carried out, as the console's process does."""
    stopping = asyncio.Event()
    running = asyncio.create_task(Bulks(desk).run(stopping))
    yield
    stopping.set()
    await running


async def test_many_questions_are_settled_after_a_look(house: House, conn: Connection, carried_out: None) -> None:
    """The preview says how many and which; the end says how many were answered and how many somebody was faster at."""
    await shops.opened(conn)
    numbers = await shops.crowd(conn, 60)
    page = await house.visitor("olena")
    await page.goto("/conflicts?entity=order&field=status&reason=both_changed")
    await page.locator("details.many summary").click()
    await page.locator("details.many").get_by_role("button", name="Взяти значення KeyCRM").click()

    await expect(page.locator("h1")).to_have_text("61 питання: Взяти значення KeyCRM?")
    assert await page.locator(".row-plain").count() == 10
    assert await faults(page) == []
    await picture(page, "many-preview-uk")
    await conn.execute(
        "UPDATE conflict SET status = 'resolved', answer = '{}', answered_by = 'Марія' WHERE id = $1", numbers[0]
    )
    await page.get_by_role("button", name="Відповісти на 61 питання").click()

    await expect(page.locator("#progress h2")).to_contain_text("Готово: усього 61")
    told = await page.locator(".tally > div").all_inner_texts()
    assert [" ".join(one.split()) for one in told] == ["з відповіддю 60", "хтось вирішив раніше: не зачеплено 1"]
    assert await faults(page) == []
    await picture(page, "many-done-uk")
    by = await conn.fetch("SELECT DISTINCT answered_by FROM conflict WHERE id = ANY($1::bigint[])", numbers[1:])
    assert [row["answered_by"] for row in by] == ["Олена"]


async def test_letters_of_a_group_are_discarded_with_a_reason_only(
    house: House, conn: Connection, carried_out: None
) -> None:
    """Without one it is asked for; with one, and a look, they go; in English."""
    for _ in range(5):
        await kept(conn, letter(body=b"{"))
    page = await house.visitor("olena", "en")
    await page.goto("/dead-letters")
    await page.locator(".groups").get_by_role("link", name="cannot be read").click()
    await page.locator("details.many summary").click()
    await page.get_by_role("button", name="Discard them").click()

    await expect(page.locator("#e-why")).to_have_text("Write in a few words why nobody will want it any more.")
    assert await faults(page) == []
    await page.fill("#why", "a test of VMS's developers")
    await page.get_by_role("button", name="Discard them").click()
    await expect(page.locator("h1")).to_have_text("Discard 5 letters?")
    await page.get_by_role("button", name="Discard 5 letters").click()
    await expect(page.locator("#progress h2")).to_contain_text("Done: 5 in all")
    rows = await conn.fetch("SELECT DISTINCT status, decided_by, decision FROM dead_letter")
    assert [tuple(row) for row in rows] == [("discarded", "Олена", "a test of VMS's developers")]


async def test_a_replay_of_many_says_what_it_would_do_with_each(
    house: House, conn: Connection, carried_out: None
) -> None:
    """Tried, or of no use: told before anything is done, and so it comes out."""
    shop = await shops.opened(conn)
    await conn.execute("UPDATE binding SET status = 'error' WHERE id = $1", shop.order.id)
    page = await house.visitor("olena", "uk")
    await page.goto("/dead-letters")
    await page.locator("details.many summary").click()
    await page.get_by_role("button", name="Спробувати їх ще раз").click()

    assert "Що буде з ними: перевірено кожен." in await page.inner_text("form.confirm")
    assert await page.locator(".tally > div").all_inner_texts() == ["буде спроба\n1", "нічого не дасть\n1"]
    rows = page.locator(".row-plain")
    await expect(rows.nth(0)).to_contain_text("нічого не дасть Його знову відхилять із тієї самої причини.")
    await expect(rows.nth(1)).to_contain_text("буде спроба Запис одразу піде в роботу")
    assert "orderStatus:" not in await page.inner_text("main")
    assert await faults(page) == []
    await picture(page, "many-letters-preview-uk")
    await page.locator("form.confirm button").click()
    await expect(page.locator("#progress h2")).to_contain_text("Готово")
    told = [" ".join(one.split()) for one in await page.locator(".tally > div").all_inner_texts()]
    assert told == ["спробували ще раз 1", "не вдалося б зробити: не зачеплено 1"]


@pytest.mark.parametrize("language", LANGUAGES)
async def test_of_very_many_the_first_ones_are_judged_and_so_it_is_told(
    house: House, conn: Connection, language: str
) -> None:
    """No count is told of what was not looked at."""
    for _ in range(JUDGED + 1):
        await kept(conn, letter(body=b"{"))
    page = await house.visitor("olena", language)
    await page.goto("/dead-letters")
    await page.locator("details.many summary").click()
    await page.locator("details.many button[value=replay]").click()

    told = {
        "uk": "Що буде з першими 200 із них; решту буде перевірено, коли до неї дійде черга.",
        "en": "What it would do with the first 200 of them; the others are looked at when it is their turn.",
    }
    assert told[language] in await page.inner_text("form.confirm")
    assert await page.locator(".tally dd").all_inner_texts() == ["200"]
    assert await faults(page) == []
    await picture(page, f"many-letters-bound-{language}")
