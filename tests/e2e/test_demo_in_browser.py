"""`make demo` followed in the browser from start to end, by one person in Ukrainian and one in English at once.

The terminal is a real one (a pseudo-terminal), the browser a real Chromium; nobody but these two touches the day.
"""

from __future__ import annotations

import asyncio
import fcntl
import os
import pty
import re
import signal
import struct
import subprocess
import sys
import termios
import threading
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from playwright.async_api import Browser, Page, expect

from sandbox.system import ROOT, TOKENS
from tests.chromium import chromium, faults, picture

DAY_SECONDS = 540
ENDS_WITHIN_SECONDS = 30
WIDTH = "180"  # of the terminal; a narrower one breaks the lines that are looked for
STEP_MILLISECONDS = 60_000
SEEN_IN = {"uk": "Обидві сторони однакові.", "en": "Both sides are the same."}


@dataclass(slots=True)
class Terminal:
    """The demo, and what its terminal has shown so far, without the colours."""

    process: subprocess.Popen[bytes]
    folder: Path
    shown: list[str] = field(default_factory=list)

    @property
    def text(self) -> str:
        """All of it."""
        return re.sub(r"\x1b\[[0-9;?]*[A-Za-z]", "", "".join(self.shown))

    async def says(self, pattern: str, seconds: float) -> re.Match[str]:
        """What the pattern finds, once it is there."""
        for _ in range(round(seconds * 5)):
            if found := re.search(pattern, self.text):
                return found
            assert self.process.poll() is None, self.text[-4000:]
            await asyncio.sleep(0.2)
        raise AssertionError(f"{pattern!r} was not said:\n{self.text[-4000:]}")

    def read(self, leader: int) -> None:
        """Until the terminal is closed."""
        try:
            while data := os.read(leader, 65536):
                self.shown.append(data.decode(errors="replace"))
        except OSError:  # the other end is gone
            return


@pytest.fixture
def terminal(tmp_path: Path) -> Iterator[Terminal]:
    """The command in a terminal of 180 columns; the browser it opens only notes the address."""
    note = tmp_path / "browser"
    note.write_text(f'#!/bin/sh\necho "$1" > {tmp_path}/opened\n', encoding="utf-8")
    note.chmod(0o755)
    leader, follower = pty.openpty()
    fcntl.ioctl(follower, termios.TIOCSWINSZ, struct.pack("HHHH", 60, int(WIDTH), 0, 0))
    env = {
        **os.environ,
        "TMPDIR": str(tmp_path),
        "BROWSER": f"{note} %s",
        "TERM": "xterm-256color",
        "KEEP": "1",
        "COLUMNS": WIDTH,
    }
    process = subprocess.Popen(
        [sys.executable, "-m", "sandbox.demo"], cwd=ROOT, env=env, stdin=follower, stdout=follower, stderr=follower,
        preexec_fn=_hear_ctrl_c,  # noqa: PLW1509 - the thread that reads has not begun
    )  # fmt: skip
    os.close(follower)
    terminal = Terminal(process, tmp_path)
    reader = threading.Thread(target=terminal.read, args=(leader,), daemon=True)
    reader.start()
    yield terminal
    if process.poll() is None:
        process.send_signal(signal.SIGINT)
        process.wait(ENDS_WITHIN_SECONDS)
    reader.join(5)
    os.close(leader)


def _hear_ctrl_c() -> None:
    """A shell's background job ignores it, and so would its children."""
    signal.signal(signal.SIGINT, signal.default_int_handler)


@pytest.fixture
async def browser() -> AsyncIterator[Browser]:
    """For the test's time."""
    async with chromium() as browser:
        yield browser


@pytest.mark.timeout(DAY_SECONDS + 120)
async def test_the_day_is_followed_and_decided_in_the_browser(terminal: Terminal, browser: Browser) -> None:
    """Both see the same day in their language; one settles the question; at the end all is the same, and told."""
    said = await terminal.says(r"The console is at (\S+); sign in with the token (\S+)", 180)
    address, token = said.groups()
    assert (token, (terminal.folder / "opened").read_text().strip()) == (TOKENS["operator"], address)
    people = {language: await _signed_in(browser, address, token, language) for language in SEEN_IN}

    await _sees_the_morning(people)
    question = (await terminal.says(r"Your turn:.*?(\S+/conflicts/\d+)", 300)).group(1)
    await _settle(people, question)
    await _sees_vms_go_and_come_back(people)
    await terminal.says(r"Open until Ctrl-C", DAY_SECONDS)

    assert "✗" not in terminal.text
    await _all_is_the_same(people)
    await _reads_what_happened(people)
    terminal.process.send_signal(signal.SIGINT)
    assert terminal.process.wait(ENDS_WITHIN_SECONDS) == 0
    await expect(people["uk"].locator("#lost")).to_be_visible()


async def _signed_in(browser: Browser, address: str, token: str, language: str) -> Page:
    context = await browser.new_context(
        base_url=address, locale=language, timezone_id="Europe/Kyiv", reduced_motion="reduce",
        viewport={"width": 1360, "height": 860}, color_scheme="light" if language == "uk" else "dark",
    )  # fmt: skip
    page = await context.new_page()
    page.set_default_timeout(STEP_MILLISECONDS)
    await page.goto("/")
    await page.get_by_label({"uk": "Токен", "en": "Token"}[language]).fill(token)
    await page.keyboard.press("Enter")
    await expect(page.locator(".who-name")).to_have_text("Оксана")
    return page


async def _sees_the_morning(people: dict[str, Page]) -> None:
    """The first order shows on the open page by itself."""
    for language, page in people.items():
        await expect(page.locator(".event").filter(has_text="V-1001").first).to_be_visible(timeout=STEP_MILLISECONDS)
        await picture(page, f"demo-morning-{language}")


async def _settle(people: dict[str, Page], question: str) -> None:
    """The badge tells both; the one opens it and takes KeyCRM's words by keyboard; the other's page notices."""
    for language, page in people.items():
        await expect(page.locator('[data-badge="conflicts"]')).to_contain_text("1")
        await page.locator('.nav a[href="/conflicts"]').click()
        await page.locator("[data-row]").click()
        assert page.url == question
        await expect(page.locator("main")).to_contain_text("Дзвонити після 18:00")
        await expect(page.locator("main")).to_contain_text("Дзвонити до 12:00")
        assert await faults(page) == []
        await picture(page, f"demo-conflict-{language}")
    await people["uk"].keyboard.press("2")
    await expect(people["uk"].locator(".notice.success")).to_be_visible()
    await expect(people["en"].locator("#question")).to_contain_text(
        "Оксана: KeyCRM’s value was taken", timeout=STEP_MILLISECONDS
    )
    for page in people.values():
        await page.locator('.nav a[href="/"]').click()
        await expect(page.locator('[data-badge="conflicts"]')).not_to_contain_text("1")


async def _sees_vms_go_and_come_back(people: dict[str, Page]) -> None:
    """VMS is down for ten seconds: both pages say so while it is."""
    told = {"uk": "VMS не відповідає", "en": "VMS has not answered"}
    for language, page in people.items():
        await expect(page.locator(".verdict")).to_contain_text(told[language], timeout=180_000)
        await picture(page, f"demo-vms-down-{language}")


async def _all_is_the_same(people: dict[str, Page]) -> None:
    for language, page in people.items():
        await expect(page.locator(".verdict-sentence")).to_have_text(SEEN_IN[language], timeout=STEP_MILLISECONDS)
        await picture(page, f"demo-end-{language}")


async def _reads_what_happened(people: dict[str, Page]) -> None:
    """The order that was argued about is found by the buyer's phone; its story names who decided; so does the audit."""
    for language, page in people.items():
        await page.locator('.nav a[href="/records"]').click()
        await page.fill("#q", "0500000002")
        await page.locator("#found .sub-rows [data-row]").first.click()
        await expect(page.locator("main")).to_contain_text("Оксана")
        assert (await page.locator("main").inner_text()).count("Дзвонити після 18:00") >= 2
        assert await faults(page) == []
        await picture(page, f"demo-order-{language}")
        await page.locator('.nav a[href="/audit"]').click()
        await expect(page.locator("main")).to_contain_text("Оксана")
        await picture(page, f"demo-audit-{language}")
