"""Audit, Operations and Set-up in a real browser: what stands there, and what a person does there."""

from __future__ import annotations

import csv
import io
import itertools
from datetime import timedelta
from uuid import uuid4

import pytest
from playwright.async_api import ViewportSize, expect

from libs.contracts.types import Entity, Side
from libs.runtime.database import Connection, Database
from libs.state import audit, news, operations
from libs.state.audit import Entry
from libs.state.operations import Operation
from tests.chromium import faults, picture
from tests.component.console.pages import day
from tests.component.console.pages.forgiving import forgive
from tests.component.console.pages.visit import DESK, LANGUAGES, PHONE, House
from tests.component.console.world import CANARY_NAME

FORMULA = '=HYPERLINK("http://example.org";"x")'


async def audited(database: Database) -> None:
    """Some acts of people and of the sync, one of them with a name that is a formula."""
    told = [
        Entry("Олена", "sync.asked", entity=Entity.ORDER, binding_id=1, vms_id="order1", keycrm_id=1, outcome="asked"),
        Entry("sync", "updated", "changed", Entity.ORDER, 1, "order1", 1, Side.KEYCRM, "status", 4, 8),
        Entry(
            "outbound-sync", "updated", "newer", Entity.CUSTOMER, 1300, "7", 9, Side.VMS, "name", CANARY_NAME, FORMULA
        ),
        Entry("admin:0a1b2c3d", "flow.resumed", "перевірено з бухгалтерією", field="price.to_keycrm"),
    ]
    async with database.transaction() as conn:
        for number, entry in enumerate(told * 16):
            await audit.append(conn, [entry], day.now() - timedelta(minutes=5 * (64 - number)))


async def asked(database: Database, conn: Connection) -> None:
    """Operations that run, and some that have ended."""
    await day.quiet(database)
    rows = await conn.fetch("SELECT id FROM binding WHERE entity = 'order' ORDER BY id LIMIT 4")
    at = day.now() - timedelta(seconds=40)
    await operations.begin(conn, Operation(uuid4(), "bulk-resolve", "Олена", total=400), at)
    await conn.execute("UPDATE operation SET done = 260")
    for count, number in enumerate(row["id"] for row in rows):
        waits = {Side.KEYCRM: 1} if count == 0 else {}
        moment = at - timedelta(minutes=3 * count)
        await operations.begin(conn, Operation(uuid4(), "sync", "Олена", Entity.ORDER, number, waits), moment)
    refused = "KeyCRM refused POST /order with 422, field products.0.price: The price must be a number."
    last = "SELECT id FROM operation WHERE status = 'done' LIMIT 1"
    await conn.execute(f"UPDATE operation SET status = 'failed', error = $1 WHERE id = ({last})", refused)


@pytest.mark.parametrize("language", LANGUAGES)
async def test_the_audit_says_who_did_what(house: House, database: Database, language: str) -> None:
    """By person and act, page by page, without a fault of accessibility; personal values for those who may."""
    await audited(database)
    page = await house.visitor("olena", language)
    await page.goto("/audit")
    assert await faults(page) == []
    await picture(page, f"audit-{language}")
    assert await page.locator(".audit tbody tr:not(.more)").count() == 50

    await page.locator(".more a").click()
    await expect(page.locator(".audit tbody tr:not(.more)")).to_have_count(65)  # with the visitor's own sign-in
    await page.select_option("#f-actor", "admin:0a1b2c3d")
    await page.locator("form.filters button").click()

    assert await page.locator(".audit tbody tr").count() == 16
    assert CANARY_NAME not in await page.content()
    await page.fill("#f-binding", "999999")
    await page.locator("form.filters button").click()
    await expect(page.locator(".empty")).to_be_visible()
    assert await faults(page) == []


async def test_a_viewer_sees_that_not_what(house: House, database: Database) -> None:
    """Personal values are masked, on a phone too, and there is nothing to take along."""
    await audited(database)
    page = await house.visitor("viewer", "uk", PHONE, "dark")
    await page.goto("/audit")

    assert CANARY_NAME not in await page.content()
    assert "***" in await page.content()
    assert await page.locator("[action='/audit/export']").count() == 0
    assert await page.evaluate("document.documentElement.scrollWidth") == PHONE["width"]
    assert await faults(page) == []
    await picture(page, "audit-viewer-phone-dark", full=False)


async def test_the_table_taken_along_runs_nothing(house: House, database: Database, conn: Connection) -> None:
    """Every entry of the filter, no cell a formula, and the taking is in the audit."""
    await audited(database)
    page = await house.visitor("olena", "en")
    await page.goto("/audit?action=updated")

    async with page.expect_download() as coming:
        await page.get_by_role("button", name="CSV").click()
    text = (await (await coming.value).path()).read_text(encoding="utf-8-sig")

    rows = list(csv.reader(io.StringIO(text)))
    assert rows[0][:3] == ["Time", "Who", "What"]
    assert len(rows) == 33
    assert f"'{FORMULA}" in rows[1] + rows[2]
    assert not [cell for row in rows for cell in row if cell.startswith(("=", "+", "@"))]
    said = await conn.fetchrow("SELECT actor, reason FROM audit_entry WHERE action = 'audit.exported'")
    assert said is not None
    assert tuple(said) == ("Олена", "action: updated")


async def test_a_filter_that_cannot_be_read_is_told(house: House, database: Database) -> None:
    """What to write stands beside the field, what was typed stays, and no list pretends to be the answer."""
    forgive(house, "422")
    await audited(database)
    page = await house.visitor("olena", "uk")
    await page.goto("/audit?binding=abc&since=2026-02-01&until=2026-01-01")

    assert await page.locator("#f-binding").input_value() == "abc"
    await expect(page.locator("#e-binding")).to_have_text("Напишіть лише число, як у стовпці «Запис».")
    await expect(page.locator("#e-until")).to_have_text("Останній день раніший за перший: поміняйте їх місцями.")
    assert await page.locator(".audit tbody tr").count() == 0
    assert await page.locator("[action='/audit/export']").count() == 0
    assert await faults(page) == []
    await picture(page, "audit-wrong-uk", full=False)


@pytest.mark.parametrize("size", [PHONE, DESK, ViewportSize(width=1280, height=800)])
async def test_no_field_of_the_filter_covers_another(house: House, database: Database, size: ViewportSize) -> None:
    """A day's field has a width of its own in every browser."""
    await audited(database)
    page = await house.visitor("olena", "uk", size)
    await page.goto("/audit")

    boxes = [await one.bounding_box() for one in await page.locator(".filters input:visible, .filters select").all()]
    assert len(boxes) == 5
    for one, other in itertools.combinations([box for box in boxes if box], 2):
        is_beside = one["x"] + one["width"] <= other["x"] or other["x"] + other["width"] <= one["x"]
        is_below = one["y"] + one["height"] <= other["y"] or other["y"] + other["height"] <= one["y"]
        assert is_beside or is_below


async def test_a_long_value_is_folded(house: House, database: Database) -> None:
    """One entry does not fill the screen; opened, it is whole."""
    text = "домофон не працює, телефонуйте " * 20
    async with database.transaction() as conn:
        await audit.append(conn, [Entry("sync", "updated", field="buyer_comment", after=text)], day.now())
    page = await house.visitor("olena", "uk", PHONE)
    await page.goto("/audit")
    folded = page.locator(".audit-long")
    height = (await folded.bounding_box() or {"height": 0.0})["height"]
    await folded.locator("summary").click()
    assert (await folded.bounding_box() or {"height": 0.0})["height"] > 2 * height


@pytest.mark.parametrize("language", LANGUAGES)
async def test_operations_show_how_far_they_are(
    house: House, database: Database, conn: Connection, language: str
) -> None:
    """Progress, time left, what it waits for; and it moves without reloading."""
    await asked(database, conn)
    page = await house.visitor("olena", language)
    await page.goto("/operations")

    await expect(page.locator("#operations")).to_contain_text("260")
    assert "KeyCRM did not accept the value" in await page.inner_text("table") or language == "uk"
    assert "POST /order" not in await page.inner_text("table")
    assert await faults(page) == []
    await picture(page, f"operations-{language}")
    await conn.execute(
        "UPDATE operation SET done = 400, status = 'done', finished_at = now(), outcome = $1 WHERE total IS NOT NULL",
        {"answered": 398, "others": 2},
    )
    await expect(page.locator("#operations")).to_contain_text({"uk": "відповіли: 398", "en": "answered: 398"}[language])


async def test_what_ended_is_listed_however_much_runs(house: House, conn: Connection) -> None:
    """Page by page, none of it hidden behind what runs."""
    at = day.now() - timedelta(hours=1)
    for number in range(45):
        await operations.begin(conn, Operation(uuid4(), "bulk-replay", "Олена", total=5), at - timedelta(hours=number))
    await conn.execute("UPDATE operation SET status = 'done', finished_at = now()")
    for number in range(45):
        await operations.begin(
            conn, Operation(uuid4(), "bulk-replay", "Олена", total=5), at + timedelta(minutes=number)
        )
    page = await house.visitor("olena", "uk")
    await page.goto("/operations")

    assert await page.locator("tbody tr").count() == 40
    await page.locator(".pager a").click()
    await expect(page.locator("tbody tr")).to_have_count(5)


@pytest.mark.parametrize("language", LANGUAGES)
async def test_set_up_names_each_fault_with_its_fix(house: House, database: Database, language: str) -> None:
    """What does not work stands above what does, each with what to do."""
    await day.busy(database)
    page = await house.visitor("admin", language, DESK, "light" if language == "uk" else "dark")
    await page.goto("/setup")

    told = await page.locator(".checks").first.inner_text()
    assert "VMS_BASE_URL" in told
    assert await faults(page) == []
    await page.locator("summary").first.click()
    await page.evaluate("scrollTo(0, 0)")
    await picture(page, f"setup-{language}")


async def test_set_up_tells_of_the_ingress_and_of_every_flow(
    house: House, database: Database, conn: Connection
) -> None:
    """Its state, what to do when it is silent, its settings without secrets; and how each flow stands."""
    await day.busy(database)
    page = await house.visitor("viewer", "uk")
    await page.goto("/setup")
    assert "прийом вебхуків (ingress)" in await page.inner_text(".checks.well")
    await page.locator("summary", has_text="ingress").click()
    shown = await page.locator("details[open] .settings").inner_text()
    assert "VMS_TIME_ZONE" in shown
    assert "***" in shown
    flows = [" ".join(one.split()) for one in await page.locator(".flow-list li").all_inner_texts()]
    assert len(flows) == 8
    assert "ціни до KeyCRM зупинено: чекає на людину" in flows
    assert "замовлення до VMS чекає: VMS не відповідає 27 чекають" in flows
    assert "залишки до KeyCRM працює" in flows
    told = await page.locator(".checks").first.inner_text()
    assert "Kafka: не відповідає вчасно" in told
    assert "no answer" not in told

    await conn.execute("UPDATE process SET seen_at = now() - interval '1 minute' WHERE service = 'ingress'")
    await page.reload()
    bad = page.locator(".check.bad", has_text="ingress")
    await expect(bad).to_contain_text("Тим часом зміни в KeyCRM знаходить опитування.")
    assert await faults(page) == []
    await conn.execute("DELETE FROM process WHERE service = 'outbound-sync'")
    await page.reload()
    flows = [" ".join(one.split()) for one in await page.locator(".flow-list li").all_inner_texts()]
    assert "залишки до KeyCRM стоїть: його сервіс не працює" in flows


async def test_set_up_fits_a_phone_with_all_of_it_open(house: House, database: Database) -> None:
    """Wide tables scroll within themselves."""
    await day.busy(database)
    page = await house.visitor("olena", "uk", PHONE, "dark")
    await page.goto("/setup")
    for one in await page.locator("details summary").all():
        await one.click()

    assert await page.evaluate("document.documentElement.scrollWidth") == PHONE["width"]
    assert await faults(page) == []
    await picture(page, "setup-phone-dark")


async def test_a_stopped_flow_goes_on_when_told_why(house: House, database: Database, conn: Connection) -> None:
    """Without a reason it says what to write; with one the flow goes on, and the audit has the person's name."""
    forgive(house, "422")
    await day.busy(database)
    page = await house.visitor("olena", "uk")
    await page.goto("/setup")
    await page.select_option("[id='minutes-flow-price.to_keycrm']", "15")
    await page.get_by_role("button", name="Дозволити йти далі").click()
    assert await page.locator("[id='minutes-flow-price.to_keycrm']").input_value() == "15"
    assert "Кількома словами" in await page.locator("[id='wrong-flow-price.to_keycrm']").inner_text()
    assert await faults(page) == []

    await page.fill("[id='reason-flow-price.to_keycrm']", "ціни перевірено")
    await page.get_by_role("button", name="Дозволити йти далі").click()

    await expect(page.locator("#notices")).to_contain_text("Знову йде: ціни до KeyCRM")
    await expect(page.locator(".flow-list")).to_contain_text("без перевірки до")
    row = await conn.fetchrow("SELECT actor, reason FROM audit_entry WHERE action = 'flow.resumed'")
    assert row is not None
    assert tuple(row) == ("Олена", "ціни перевірено")


async def test_a_test_message_is_followed_to_its_end(house: House, database: Database, conn: Connection) -> None:
    """Asked for in one click; what became of it shows by itself."""
    await day.quiet(database)
    page = await house.visitor("olena", "uk")
    await page.goto("/setup")

    await page.get_by_role("button", name="Надіслати пробне: telegram-shift").click()
    await expect(page.locator("#test")).to_contain_text("в дорозі")
    trial = await news.take_test(conn, day.now())
    assert trial is not None
    assert (trial.channel, trial.asked_by) == ("telegram-shift", "Олена")
    await news.end_test(conn, trial.id, {"telegram-shift": "sent"}, day.now())

    await expect(page.locator("#test")).to_contain_text("telegram-shift: надіслано")
