"""What cannot be answered as it was asked: each has a page that says what to do, in both languages."""

from __future__ import annotations

import asyncio
import io
import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import asyncpg
import httpx
import pytest
from playwright.async_api import Browser, expect

from console.handlers.desk import Desk
from libs.runtime.database import Connection, Database, open_database
from libs.runtime.run import Life
from libs.runtime.settings import DatabaseSettings
from libs.state import audit, flows
from libs.state.audit import Entry
from tests.chromium import faults, picture
from tests.component.console.pages import day
from tests.component.console.pages.forgiving import forgive
from tests.component.console.pages.visit import LANGUAGES, House, opened

SCRIPT = "<script>document.title='evil'</script><img src=x onerror=alert(1)>"


@pytest.mark.parametrize("language", LANGUAGES)
async def test_what_is_not_there_says_where_to_look(house: House, language: str) -> None:
    """An address of nobody, with the navigation still in reach."""
    forgive(house, "404")
    page = await house.visitor("olena", language)
    await page.goto("/records/orders/999999")

    told = {"uk": "Тут нічого немає", "en": "There is nothing here"}[language]
    assert await page.locator("h1").inner_text() == told
    assert await page.locator(".nav a").count() == 8
    assert await faults(page) == []
    await picture(page, f"not-found-{language}", full=False)
    await page.goto("/nowhere")
    assert await page.locator("h1").inner_text() == told
    assert await faults(page) == []


async def test_a_form_that_is_too_old_leads_back_to_its_page(house: House, database: Database) -> None:
    """Another session's form changes nothing; one click leads to the page as it is now."""
    forgive(house, "403")
    await day.busy(database)
    page = await house.visitor("olena", "uk")
    await page.goto("/setup?lang=uk")
    await page.evaluate("document.querySelectorAll('[name=csrf]').forEach((one) => { one.value = 'of yesterday'; })")
    await page.fill("[id='reason-flow-price.to_keycrm']", "перевірено")
    await page.get_by_role("button", name="Дозволити йти далі").click()

    assert await page.locator("h1").inner_text() == "Ця форма застаріла"
    assert await faults(page) == []
    await page.get_by_role("link", name="Повернутися на сторінку").click()
    await page.wait_for_url("**/setup?lang=uk")
    await expect(page.get_by_role("button", name="Дозволити йти далі")).to_be_visible()
    await expect(page.locator("[id='reason-flow-price.to_keycrm']")).to_have_value("перевірено")


async def test_a_role_that_is_too_small_is_told_which_is_needed(house: House, conn: Connection) -> None:
    """A viewer who sends an operator's form: nothing is changed, and the page says whom to ask."""
    forgive(house, "403")
    await flows.stop(conn, "price.to_keycrm", "x", {}, "outbound-sync", day.now())
    page = await house.visitor("viewer", "uk")
    await page.goto("/setup")
    assert await page.get_by_role("button", name="Дозволити йти далі").count() == 0

    await page.evaluate(
        """() => {
            const form = document.querySelector("form[action='/sign-out']");
            form.action = "/setup/flows/price.to_keycrm/resume";
            form.submit();
        }"""
    )
    await page.wait_for_url("**/resume")

    assert "Для цього потрібна роль «оператор»; ваша — «глядач»." in await page.inner_text("main")
    assert await faults(page) == []
    await picture(page, "not-for-your-role-uk", full=False)
    assert (await flows.all_flows(conn))[0].is_stopped


@pytest.mark.parametrize(
    "path",
    [
        "/audit?actor=%00", "/audit?action=a%00", "/audit?operation=%00", "/audit?since=0001-01-01",
        "/audit?until=9999-12-31", "/audit?before=99999999999999999999", "/audit?binding=99999999999999999999",
        "/setup/tests/99999999999999999999", "/dead-letters?service=%00", "/dead-letters?before=0",
        "/comparison?of=%00&cause=x", "/comparison?after=%00", "/comparison?after=999999999999999999-1",
        "/comparison?of=stock&after=WyJBXHUwMDAwIiwiIl0", f"/comparison?of=price&after={'A' * 2000}",
        "/operations?before=nan_7c31bfec-f512-4e44-ab77-1622f126cb4e",
    ],
)  # fmt: skip
async def test_no_address_that_somebody_makes_up_breaks_a_page(house: House, path: str) -> None:
    """It is left out, told beside its field, or absent; never a failure of ours."""
    cookie = await house.cookie("olena")
    async with httpx.AsyncClient(base_url=house.address, cookies={cookie["name"]: cookie["value"]}) as client:
        assert (await client.get(path)).status_code in (200, 404, 422)


@pytest.mark.parametrize(
    ("path", "given"),
    [
        ("/setup/flows/price.to_keycrm/resume", {"reason": "a\x00b"}),
        ("/setup/flows/a%00b/resume", {"reason": "a"}),
        ("/setup/topics/inbound-apply/a%00b/resume", {"reason": "a"}),
        ("/dead-letters/1/discard", {"reason": "a\x00b"}),
        ("/dead-letters/many", {"act": "discard", "why": "a\x00b"}),
        ("/audit/export", {"actor": "a\x00b"}),
    ],
)
async def test_what_no_person_can_type_is_refused(
    house: House, database: Database, path: str, given: dict[str, str]
) -> None:
    """A zero byte is no failure of ours, whatever it stands in; nothing is done."""
    async with database.transaction() as conn:
        await flows.stop(conn, "price.to_keycrm", "x", {}, "outbound-sync", day.now())
    cookie = await house.cookie("olena")
    async with httpx.AsyncClient(base_url=house.address, cookies={cookie["name"]: cookie["value"]}) as client:
        secret = re.search(r'name="csrf" value="([^"]+)"', (await client.get("/setup")).text)
        assert secret is not None
        answer = await client.post(path, data={"csrf": secret[1], **given})
    assert answer.status_code == 400
    async with database.connection() as conn:
        assert (await flows.all_flows(conn))[0].is_stopped


async def test_a_failure_of_ours_says_nothing_of_its_inside(
    house: House, database_owner_url: str, printed: io.StringIO
) -> None:
    """No trace, no statement, no name of a table: for nobody; the log has the place alone."""
    forgive(house, "500")
    page = await house.visitor("olena", "uk")
    await page.goto("/audit")
    owner = await asyncpg.connect(database_owner_url)
    await owner.execute("ALTER TABLE operation RENAME TO operation_gone")
    await owner.close()

    await page.goto("/operations")

    assert await page.locator("h1").inner_text() == "У нас стався збій"
    assert "operation_gone" not in await page.content()
    assert "UndefinedTable" not in await page.content()
    assert await faults(page) == []
    assert "olena" not in printed.getvalue()


async def test_what_somebody_wrote_is_shown_as_text(house: House, database: Database) -> None:
    """A comment of KeyCRM with a script in it: in the audit, and live in the events."""
    async with database.transaction() as conn:
        told = [Entry("Олена", "updated", SCRIPT), Entry("Олена", "updated", field="name", after=SCRIPT)]
        await audit.append(conn, told, day.now())
    page = await house.visitor("olena", "uk")
    await page.goto("/audit")
    assert SCRIPT in await page.inner_text(".audit")
    await page.goto("/")
    await day.told(database, details={"number": SCRIPT})

    await expect(page.locator(".event").first).to_contain_text(SCRIPT)
    assert "evil" not in await page.title()
    assert await page.locator(".event script, .event img").count() == 0


@asynccontextmanager
async def without_database(settings: DatabaseSettings, browser: Browser, port: int) -> AsyncIterator[House]:
    """A console whose database is not there."""
    del settings
    url = f"postgresql://nobody:nothing@127.0.0.1:{port}/none"
    away = DatabaseSettings.model_validate({"database_url": url})
    async with open_database(away, "test-console") as database:
        desk = Desk(database, Life.clock, Life.new_id, asyncio.Event())
        async with opened(desk, browser) as house:
            yield house


async def test_without_the_database_the_page_waits(
    settings: DatabaseSettings, browser: Browser, unused_port: int
) -> None:
    """It says so, that nothing was changed, and tries again by itself; static files and the door still come."""
    async with without_database(settings, browser, unused_port) as house:
        forgive(house, "503")
        page = await house.visitor(None, "uk")
        await page.context.add_cookies(
            [{"name": house.site.cookie, "value": "whoever", "url": house.address, "httpOnly": True}]
        )
        await page.goto("/operations")

        assert await page.locator("h1").inner_text() == "База даних не відповідає"
        assert await page.locator("script[src*='retry.js']").count() == 1
        assert await faults(page) == []
        await picture(page, "database-away-uk", full=False)
