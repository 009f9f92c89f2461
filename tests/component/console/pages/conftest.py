"""Fixtures of the pages' tests: the console's pages, really served over a real PostgreSQL, in a real Chromium."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest_asyncio
from playwright.async_api import Browser

from console.handlers.desk import Desk
from tests.chromium import chromium
from tests.component.console.pages.visit import House, opened


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def browser() -> AsyncIterator[Browser]:
    """One browser for all tests."""
    async with chromium() as found:
        yield found


@pytest_asyncio.fixture
async def house(desk: Desk, browser: Browser) -> AsyncIterator[House]:
    """The console with its pages, and a browser that visits it."""
    async with opened(desk, browser) as found:
        yield found
