"""Mistakes in the pairs file on the page Set-up: in the reader's language, whoever has found them."""

from __future__ import annotations

import pytest
from playwright.async_api import Browser

from console.domain import pairing
from console.handlers.desk import Desk
from libs.runtime.database import Database
from tests.chromium import faults, picture
from tests.component.console.pages import day
from tests.component.console.pages.visit import opened

FOUND_BY_SERVICE = "SYNC_PAIRS_FILE: statuses: KeyCRM has no status 19: correct `keycrm` or remove the row"


@pytest.mark.parametrize(
    ("language", "told"),
    [
        ("uk", ("statuses, рядок 1: vms = 300: тут має бути ціле число від 0 до 255",
                "файл пар: SYNC_PAIRS_FILE: statuses: у KeyCRM немає статусу 19: виправте `keycrm`")),
        ("en", ("statuses row 1: vms = 300: must be a whole number from 0 to 255",
                f"pairs file: {FOUND_BY_SERVICE}")),
    ],
)  # fmt: skip
async def test_a_mistake_in_the_pairs_file_is_told_in_the_readers_language(
    desk: Desk, database: Database, browser: Browser, language: str, told: tuple[str, str]
) -> None:
    """What the console reads itself, and what a service has found in KeyCRM's account."""
    await day.quiet(database)
    async with database.connection() as conn:
        await conn.execute("UPDATE process SET parts = $1 WHERE service = 'outbound-sync'", {"pairs": FOUND_BY_SERVICE})
    async with opened(desk, browser, names=pairing.read({"statuses": [{"vms": 300, "keycrm": 1}]})) as house:
        page = await house.visitor("olena", language)
        await page.goto("/setup")

        shown = await page.locator(".checks").first.inner_text()
        assert told[0] in shown
        assert told[1] in shown
        assert await faults(page) == []
        await picture(page, f"setup-pairs-{language}")
