"""A real Chromium for tests, and axe to judge a page's accessibility.

Promises: one browser for the session, the machine's own; each test has a context without anything of another's. A
page that throws, that logs an error, or whose policy blocks something fails its test. Without a Chromium the tests
are skipped and say what to install.
"""

from __future__ import annotations

import json
import shutil
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path
from typing import Any

import pytest
from playwright.async_api import Browser, Page, async_playwright

from tests import node

NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
FLAGS = (
    "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
    "--disable-component-update", "--disable-sync", "--disable-dev-shm-usage",
)  # fmt: skip
AXE_TAGS = ("wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice")
STILL_MILLISECONDS = 500
SCREENSHOTS = Path(__file__).parents[1] / "build" / "screenshots"


def executable() -> str:
    """The machine's Chromium; skips the test where there is none."""
    found = next((path for name in NAMES if (path := shutil.which(name))), None)
    if found is None:
        pytest.skip("there is no Chromium: apt install chromium, or install Google Chrome")
    return found


@asynccontextmanager
async def chromium() -> AsyncIterator[Browser]:
    """A browser while the block lasts."""
    path = executable()
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=path, args=list(FLAGS))
        yield browser
        await browser.close()


@contextmanager
def quiet(page: Page) -> Iterator[list[str]]:
    """Whatever the page complains of while the block lasts must be nothing; the block may take from the list."""
    complaints: list[str] = []
    page.on("pageerror", lambda error: complaints.append(f"threw: {error}"))
    page.on("console", lambda told: complaints.append(f"{told.type}: {told.text}") if told.type == "error" else None)
    yield complaints
    assert complaints == []


async def faults(page: Page) -> list[str]:
    """What axe finds wrong with the page once it stands still: a live part may just be exchanged for a newer one."""
    found = await _faults(page)
    if found:
        await page.wait_for_timeout(STILL_MILLISECONDS)
        found = await _faults(page)
    return found


async def _faults(page: Page) -> list[str]:
    axe = (node.modules() / "axe-core" / "axe.min.js").read_text(encoding="utf-8")
    # Evaluated by the debugger, which no policy of the page binds.
    await page.evaluate(axe)
    asked = json.dumps({"runOnly": {"type": "tag", "values": AXE_TAGS}, "resultTypes": ["violations"]})
    found: dict[str, Any] = await page.evaluate(f"axe.run(document, {asked})")
    return [
        f"{one['id']}: {one['help']}: {'; '.join(str(place['target']) for place in one['nodes'][:4])}"
        for one in found["violations"]
    ]


async def picture(page: Page, name: str, *, full: bool = True) -> None:
    """Keep a picture of the page in build/screenshots."""
    SCREENSHOTS.mkdir(parents=True, exist_ok=True)
    await page.screenshot(path=SCREENSHOTS / f"{name}.png", full_page=full)
