"""Comparison in a real browser: all compared when asked, the list narrowed, the differences taken along."""

from __future__ import annotations

import csv
import io
from datetime import UTC, datetime, timedelta
from uuid import UUID

from playwright.async_api import expect

from console.handlers import comparison, sync
from console.handlers.desk import Desk
from libs.contracts.access import Person, Role
from libs.contracts.types import Entity, Side
from libs.reconcile.memory import Memory
from libs.reconcile.values import Bases
from libs.runtime.database import Connection
from libs.state import comparison_passes
from libs.state.levels import Kind
from tests.chromium import faults, picture
from tests.component.console.differing import different, differs, level_differs, passed, same
from tests.component.console.pages.forgiving import forgive
from tests.component.console.pages.unlike import AN_HOUR_AGO, NOW, differing, numbered
from tests.component.console.pages.visit import House
from tests.component.console.world import bound


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
    [operation] = await _operations(conn)
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


async def _operations(conn: Connection) -> list[UUID]:
    return [row["id"] for row in await conn.fetch("SELECT id FROM operation")]


async def test_two_people_who_ask_follow_one_operation(house: House, conn: Connection, desk: Desk) -> None:
    """The second one is led to what the first one has begun, and reads by whom."""
    await numbered(conn, 501)
    await passed(conn, AN_HOUR_AGO, NOW)
    page = await house.visitor("olena", "uk")
    await page.goto("/comparison")
    begun = await comparison.ask(desk, Person("Ігор", Role.OPERATOR))
    await page.get_by_role("button", name="Звірити все зараз").click()

    await expect(page.locator("#operation")).to_contain_text("Ігор")
    assert await _operations(conn) == [begun.id]


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
