"""Comparison in a real browser: whether both sides are the same, what differs and why, and all compared when asked."""

from __future__ import annotations

import csv
import io
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from playwright.async_api import Page, expect

from console.handlers import comparison, sync
from console.handlers.desk import Desk
from libs.contracts.access import Person, Role
from libs.contracts.types import Entity, Lane, Side
from libs.reconcile.memory import Memory
from libs.reconcile.values import Bases
from libs.runtime.database import Connection, Database
from libs.state import comparison_passes, comparisons, flows, marks
from libs.state.comparisons import Found
from libs.state.due import MarkBinding
from libs.state.levels import Kind
from libs.state.marks import VmsEvent
from tests.chromium import faults, picture
from tests.component.console.differing import different, differs, level_differs, passed, same, suspected
from tests.component.console.pages import day
from tests.component.console.pages import shop as shops
from tests.component.console.pages.forgiving import forgive
from tests.component.console.pages.shop import LINES, OLENA, SCRIPT, Shop, guid
from tests.component.console.pages.visit import LANGUAGES, PHONE, House
from tests.component.console.world import CANARY_NAME, bound, kept, letter

NOW = datetime.now(UTC).replace(microsecond=0)
AN_HOUR_AGO = NOW - timedelta(hours=1)


async def numbered(conn: Connection, number: int) -> int:
    """A further order with a number of its own; its binding's number."""
    told = {"numberOrder": f"V-{number:06d}", "orderId": guid(number)}
    event = VmsEvent(f"n-{number}", NOW, told, {"image": {}})
    return (await bound(conn, vms_id=guid(number), keycrm_id=4000 + number, event=event)).id


async def differing(conn: Connection) -> Shop:
    """A shop in which something differs for each cause, and stock and prices too; all was compared an hour ago."""
    shop = await shops.opened(conn)
    parked, stopped, waiting = [await numbered(conn, number) for number in (501, 502, 503)]
    unexplained = await numbered(conn, 504)
    comment = ("зателефонувати, після 18:00", "зателефонувати, домофон 12")
    asked = await conn.fetchval("SELECT binding_id FROM conflict WHERE id = $1", shop.script)
    for ago, (binding_id, fields) in enumerate([
        (shop.order.id, [different("manager_comment", *comment)]),
        (asked, [different("buyer_comment", "домофон не працює", SCRIPT)]),
        (parked, [different("tracking_code", "20450000000009", None)]),
        (stopped, [different("status", 2, 8), different("shipping_date", "2026-01-20", "2026-01-22")]),
        (waiting, [different("lines", LINES, LINES[:1])]),
        (unexplained, [different("deposited_amount", "1011.00", "500.00"), different("payment P-7", "511.00", None)]),
        (shop.customer.id, [different("phone", OLENA["phone"], "+380671112233")]),
    ]):  # fmt: skip
        await differs(conn, binding_id, AN_HOUR_AGO + timedelta(minutes=ago), *fields)
    await suspected(conn, await numbered(conn, 506), NOW, different("status", 2, 8))
    for number in range(7, 19):
        await bound(conn, Entity.ARTICLE, str(number), 500 + number)
    rest = "SELECT id FROM binding WHERE keycrm_id IS NOT NULL AND id NOT IN (SELECT binding_id FROM comparison)"
    for found in await conn.fetch(rest):
        await same(conn, found["id"], AN_HOUR_AGO)
    await _explained(conn, parked, stopped, waiting)
    await level_differs(conn, Kind.STOCK, "DEMO-MUG", "main", "12", "9", NOW)
    await level_differs(conn, Kind.STOCK, "DEMO-TEE", "shop", "0", "2", NOW)
    await level_differs(conn, Kind.PRICE, "DEMO-TEE", "", "1650", "1500", NOW)
    await passed(conn, AN_HOUR_AGO, NOW)
    return shop


async def _explained(conn: Connection, parked: int, stopped: int, waiting: int) -> None:
    """A dead letter, a flow that has stopped, and work that is due."""
    async with conn.transaction():
        due = [MarkBinding(number, (side,), Lane.ORDER) for number, side in (
            (parked, Side.KEYCRM), (stopped, Side.KEYCRM), (waiting, Side.VMS))]  # fmt: skip
        await marks.mark_bindings(conn, due, NOW)
    await conn.execute("UPDATE work_item SET parked_keycrm = 'exhausted' WHERE binding_id = $1", parked)
    await kept(conn, letter(), binding_id=parked)
    await flows.stop(conn, "order.to_keycrm", "too many", {}, "outbound-sync", NOW)


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


async def test_asked_for_it_is_followed_to_its_end(house: House, conn: Connection) -> None:
    """One click; how far it is shows by itself, and at the end the page around it is the new one."""
    number = await numbered(conn, 501)
    await differs(conn, number, AN_HOUR_AGO, different("status", 2, 8))
    await passed(conn, AN_HOUR_AGO, NOW)
    page = await house.visitor("olena", "uk")
    await page.goto("/comparison")
    await page.get_by_role("button", name="Звірити все зараз").click()

    progress = page.locator("#operation")
    await expect(progress).to_contain_text("Зроблено 0 з 1")
    await expect(page.get_by_role("button", name="Звірити все зараз")).to_have_count(0)
    assert await faults(page) == []
    await picture(page, "comparison-running-uk", full=False)
    [operation] = [one async for one in _operations(conn)]
    await comparison_passes.advance(conn, operation, 1)
    await expect(progress).to_contain_text("Усе прочитано")
    await same(conn, number, NOW)
    later = datetime.now(UTC) + timedelta(seconds=1)
    await passed(conn, later, later)
    outcome = {"compared": 1, "differs": 0, "unexplained": 0}
    async with conn.transaction():
        assert await comparison_passes.conclude(conn, operation, outcome, later)

    await expect(progress).to_contain_text("Усе звірено.")
    await expect(page.locator(".verdict-sentence")).to_contain_text("Обидві сторони однакові")
    await expect(page.get_by_role("button", name="Звірити все зараз")).to_be_visible()
    await page.goto("/operations")
    told = await page.locator("tbody tr", has_text="Звірка обох сторін").inner_text()
    assert "звірено: 1" in told
    assert "розбіжностей немає" in told
    await page.goto("/audit")
    await expect(page.locator(".audit")).to_contain_text("замовлено звірку")


async def _operations(conn: Connection) -> Any:
    for one in await conn.fetch("SELECT id FROM operation"):
        yield one["id"]


async def test_two_people_who_ask_follow_one_operation(house: House, conn: Connection, desk: Desk) -> None:
    """The second one is led to what the first one has begun, and reads by whom."""
    await numbered(conn, 501)
    await passed(conn, AN_HOUR_AGO, NOW)
    page = await house.visitor("olena", "uk")
    await page.goto("/comparison")
    begun = await comparison.ask(desk, Person("Ігор", Role.OPERATOR))
    await page.get_by_role("button", name="Звірити все зараз").click()

    await expect(page.locator("#operation")).to_contain_text("Ігор")
    assert [one async for one in _operations(conn)] == [begun.id]


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


async def test_the_list_is_narrowed_and_goes_on(house: House, conn: Connection) -> None:
    """By subject and cause; page by page; a filter that lets nothing through says so."""
    await differing(conn)
    for number in range(600, 625):
        await differs(conn, await numbered(conn, number), NOW - timedelta(minutes=2), different("status", 2, 8))
    page = await house.visitor("olena", "uk")
    await page.goto("/comparison")
    assert await page.locator(".unlike").count() == 20
    await page.locator(".unlike-list > .pager a").click()
    await expect(page.locator(".unlike")).to_have_count(12)
    assert await page.locator("#stock-title").count() == 0

    await page.goto("/comparison")
    await page.locator(".subjects a", has_text="Залишки").click()
    await expect(page.locator("#stock-title")).to_be_visible()
    assert await page.locator(".unlike").count() == 0
    await page.goto("/comparison?cause=dead_letter")
    await expect(page.locator(".unlike")).to_have_count(1)
    await page.goto("/comparison?of=article&cause=nothing")
    await expect(page.locator(".empty-title")).to_have_text("Таких розбіжностей немає")
    assert await faults(page) == []


async def test_many_levels_go_on_page_by_page(house: House, conn: Connection) -> None:
    """Ten beside the records, then all of them, twenty a page."""
    for number in range(31):
        await level_differs(conn, Kind.STOCK, f"SKU-{number:02d}", "main", "5", "4", NOW)
    await passed(conn, AN_HOUR_AGO, NOW)
    page = await house.visitor("viewer", "en")
    await page.goto("/comparison")
    rows = page.locator("section[aria-labelledby=stock-title] tbody tr")
    await expect(rows).to_have_count(10)
    await page.locator("section[aria-labelledby=stock-title] .pager a").click()
    await expect(rows).to_have_count(20)
    await page.locator("section[aria-labelledby=stock-title] .pager a").click()
    await expect(rows).to_have_count(11)
    assert await page.locator(".pager").count() == 0


async def test_the_table_taken_along_runs_nothing(house: House, conn: Connection) -> None:
    """A line a field and a line a level, no cell a formula; the taking is in the audit."""
    await differing(conn)
    formula = '=HYPERLINK("http://example.org";"x")'
    await differs(conn, await numbered(conn, 700), NOW - timedelta(minutes=2), different("buyer_comment", formula, "x"))
    page = await house.visitor("olena", "en")
    await page.goto("/comparison")

    async with page.expect_download() as coming:
        await page.get_by_role("button", name="CSV").click()
    text = (await (await coming.value).path()).read_text(encoding="utf-8-sig")

    rows = list(csv.reader(io.StringIO(text)))
    assert rows[0][:2] == ["What", "Record"]
    assert len(rows) == 1 + 8 + 2 + 3
    assert not [cell for line in rows for cell in line if cell.startswith(("=", "+", "@"))]
    [moved] = [line for line in rows if line[1] == "V-000502" and line[5] == "status"]
    assert (moved[7], moved[8], moved[11]) == ("зарезервовано (2)", "передано перевізнику (8)", "its flow has stopped")
    assert [line[6:9] for line in rows if line[1] == "DEMO-MUG"] == [["main", "12", "9"]]
    said = await conn.fetchrow("SELECT actor FROM audit_entry WHERE action = 'comparison.exported'")
    assert said is not None
    assert said["actor"] == "Олена"


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


async def test_an_operation_of_another_kind_is_not_followed_here(house: House, conn: Connection, desk: Desk) -> None:
    """404, as of one that nobody knows."""
    forgive(house, "404")
    binding = await bound(conn, memory=Memory(Bases({"status": 1}, {"status": 4})))
    asked = await sync.ask(desk, Person("Ігор", Role.OPERATOR), Entity.ORDER, Side.VMS, binding.vms_id or "")
    page = await house.visitor("olena", "uk")
    for number in (asked.id, "7c31bfec-f512-4e44-ab77-1622f126cb4e"):
        answer = await page.goto(f"/comparison/operations/{number}")
        assert answer is not None
        assert answer.status == 404


async def test_a_part_that_fails_says_so_and_leaves_the_page(house: House, conn: Connection) -> None:
    """What stands there stays; why it is not newer is told above it."""
    forgive(house, "404")
    await passed(conn, AN_HOUR_AGO, NOW)
    page = await house.visitor("olena", "uk")
    await page.goto("/comparison")
    await page.evaluate(
        """() => { const part = document.querySelector("#comparison");
            part.setAttribute("hx-get", "/nowhere");
            htmx.process(part);
            htmx.trigger("body", "comparison-changed"); }"""
    )
    await expect(page.locator("#notices .notice")).to_contain_text("Тут нічого немає")
    await expect(page.locator(".verdict-sentence")).to_be_visible()
