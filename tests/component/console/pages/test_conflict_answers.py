"""Answers that are typed or chosen, in a real browser: what cannot be used, what is meant, what is put right."""

from __future__ import annotations

from playwright.async_api import Browser, expect

from console.domain.pairing import Pairing
from console.handlers.desk import Desk
from libs.runtime.database import Connection
from tests.chromium import faults, picture
from tests.component.console.pages import shop as shops
from tests.component.console.pages.forgiving import forgive
from tests.component.console.pages.test_conflicts import answer_of
from tests.component.console.pages.visit import House, opened


async def test_a_value_that_cannot_be_used_stays_typed_and_is_explained(house: House, conn: Connection) -> None:
    """What is wrong, what to write, and the typed text; written as people write it, it is taken."""
    shop = await shops.opened(conn)
    page = await house.visitor("olena")
    await page.goto(f"/conflicts/{shop.amount}")
    await page.keyboard.press("3")
    await page.keyboard.type("тисяча")
    await page.keyboard.press("Enter")

    await expect(page.locator("#e-value")).to_have_text(
        "Це не сума. Введіть, наприклад, так: 1011,50; сума не може бути від’ємною."
    )
    await expect(page.locator("#value")).to_have_value("тисяча")
    await picture(page, "conflict-wrong-value-uk")
    forgive(house, "422")
    await page.fill("#value", "1 011,50")
    await page.keyboard.press("Enter")
    await page.wait_for_url(f"**/conflicts/{shop.alike}")
    assert (await answer_of(conn, shop.amount))[1] == {"choice": "value", "value": "1011.50", "terms": "vms"}


async def test_another_status_is_chosen_from_the_shops_own_list(house: House, conn: Connection) -> None:
    """By name, with the numbers of both systems; nothing chosen is told; the answer comes to both of the pair."""
    shop = await shops.opened(conn)
    page = await house.visitor("olena")
    await page.goto(f"/conflicts/{shop.status}")
    await page.keyboard.press("3")
    await expect(page.locator("#value")).to_be_focused()
    await page.get_by_role("button", name="Взяти це значення").click()

    await expect(page.locator("#e-value")).to_have_text("Нічого не вибрано. Виберіть зі списку.")
    assert await faults(page) == []
    forgive(house, "422")
    offered = await page.locator("#value option").all_inner_texts()
    assert "у дорозі — VMS 4, KeyCRM 11" in offered
    await picture(page, "conflict-status-list-uk")
    await page.select_option("#value", label="у дорозі — VMS 4, KeyCRM 11")
    await page.get_by_role("button", name="Взяти це значення").click()
    await page.wait_for_url(f"**/conflicts/{shop.amount}")

    assert (await answer_of(conn, shop.status))[1] == {"choice": "value", "value": 11, "terms": "keycrm"}
    await page.goto(f"/conflicts/{shop.status}")
    await expect(page.locator("#question .notice.info")).to_contain_text("введено інше значення: у дорозі")


async def test_without_a_pairs_file_a_status_is_a_number_and_somebodys(
    desk: Desk, browser: Browser, conn: Connection
) -> None:
    """There is no list to choose from: the number is typed, and without a side it is asked for; in English as well."""
    shop = await shops.opened(conn)
    async with opened(desk, browser, names=Pairing()) as house:
        page = await house.visitor("olena", "en")
        await page.goto(f"/conflicts/{shop.status}")
        await page.fill("#value", "3")
        await page.keyboard.press("Enter")

        await expect(page.locator("#e-value")).to_contain_text("It is not said whose number this is.")
        forgive(house, "422")
        await page.get_by_role("radio", name="KeyCRM").check()
        await page.get_by_role("button", name="Take this value").click()
        await page.wait_for_url(f"**/conflicts/{shop.amount}")
    assert (await answer_of(conn, shop.status))[1] == {"choice": "value", "value": 3, "terms": "keycrm"}


async def test_an_answer_is_changed_while_it_is_not_carried_out(house: House, conn: Connection) -> None:
    """A slip of the finger: one link leads back to the buttons, which say whose answer they replace."""
    shop = await shops.opened(conn)
    page = await house.visitor("olena")
    await page.goto(f"/conflicts/{shop.status}")
    await page.keyboard.press("1")
    await page.wait_for_url(f"**/conflicts/{shop.amount}")
    await page.goto(f"/conflicts/{shop.status}")
    await page.get_by_role("link", name="Змінити відповідь").click()

    await expect(page.locator(".notice.warning")).to_contain_text("взято значення VMS. Ваша відповідь замінить її")
    assert await faults(page) == []
    await page.get_by_role("button", name="Взяти значення KeyCRM").click()
    await page.wait_for_url(f"**/conflicts/{shop.amount}")
    assert await answer_of(conn, shop.status) == ("resolved", {"choice": "keycrm"}, "Олена")


async def test_a_text_is_made_of_both_and_sent_by_keyboard(house: House, conn: Connection) -> None:
    """Begun with one side's, the other one below it; Ctrl and Enter send it, Enter alone is a new line."""
    shop = await shops.opened(conn)
    page = await house.visitor("olena")
    await page.goto(f"/conflicts/{shop.comment}")
    await page.get_by_role("button", name="Почати зі значення VMS").click()
    await page.keyboard.press("Enter")
    await page.keyboard.type("домофон 12")
    await picture(page, "conflict-typed-uk")
    await page.keyboard.press("Control+Enter")
    await page.wait_for_url(f"**/conflicts/{shop.status}")

    answer = (await answer_of(conn, shop.comment))[1]
    assert answer["value"] == "зателефонувати перед доставкою, після 18:00\nдомофон 12"


async def test_a_comment_is_emptied_only_on_purpose(house: House, conn: Connection) -> None:
    """The button pressed by chance erases nothing; whoever means it says so."""
    shop = await shops.opened(conn)
    page = await house.visitor("olena")
    await page.goto(f"/conflicts/{shop.comment}")
    await page.get_by_role("button", name="Взяти це значення").click()

    await expect(page.locator("#e-value")).to_contain_text("Нічого не написано.")
    await expect(page.locator("#value")).to_be_focused()
    assert (await answer_of(conn, shop.comment))[0] == "open"
    assert await faults(page) == []
    forgive(house, "422")
    await page.get_by_role("checkbox", name="Має бути порожнім на обох сторонах").check()
    await page.get_by_role("button", name="Взяти це значення").click()
    await page.wait_for_url(f"**/conflicts/{shop.status}")
    assert (await answer_of(conn, shop.comment))[1]["value"] is None
