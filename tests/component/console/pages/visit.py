"""Visiting the console: somebody with a browser of his own, signed in, whose pages must not complain."""

from __future__ import annotations

import asyncio
import secrets
import tomllib
from collections.abc import AsyncIterator
from contextlib import AbstractAsyncContextManager, AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path
from typing import Any, Protocol
from zoneinfo import ZoneInfo

from playwright.async_api import Browser, Page, ViewportSize
from starlette.types import ASGIApp, Receive, Scope, Send

from console.domain import pairing
from console.domain.pairing import Pairing
from console.handlers.desk import Desk
from console.handlers.live import Live
from console.handlers.open_id import OpenId
from console.handlers.sessions import Sessions
from console.pages import rendering
from console.pages.frame import pages
from console.pages.site import Site
from libs.runtime.access import Access
from libs.runtime.settings import TokenEntry
from tests.component.console.world import ENTRIES, TOKENS
from tests.serving import serving

PHONE = ViewportSize(width=360, height=740)
DESK = ViewportSize(width=1360, height=860)
PAIRS = Path(__file__).parents[4] / "deploy" / "pairs.sample.toml"
LANGUAGES = ("uk", "en")
NAMED = TokenEntry.model_validate({"role": "operator", "name": "Олена", "token": "example-olena-token-00001"})
EVERYBODY = {**TOKENS, "olena": "example-olena-token-00001"}


@dataclass(slots=True)
class House:
    """The running console and who visits it."""

    address: str
    site: Site
    browser: Browser
    stack: AsyncExitStack
    complaints: list[str] = field(default_factory=list)

    async def visitor(
        self,
        who: str | None = "olena",
        language: str = "uk",
        size: ViewportSize = DESK,
        theme: Any = "light",
        **more: Any,
    ) -> Page:
        """A page of a browser of its own; signed in unless `who` is None."""
        context = await self.browser.new_context(
            base_url=self.address, viewport=size, color_scheme=theme, locale=language,
            reduced_motion="reduce", timezone_id="Europe/Kyiv", **more,
        )  # fmt: skip
        self.stack.push_async_callback(context.close)
        if who is not None:
            await context.add_cookies([await self.cookie(who)])
        page = await context.new_page()
        page.set_default_timeout(15_000)
        page.on("pageerror", lambda error: self.complaints.append(f"threw: {error}"))
        page.on("console", lambda told: self.complaints.append(told.text) if told.type == "error" else None)
        return page

    async def cookie(self, who: str) -> Any:
        """The cookie of a session of this person."""
        opened = await self.site.sessions.sign_in(EVERYBODY[who], "127.0.0.1")
        assert opened is not None
        return {"name": self.site.cookie, "value": opened[0], "url": self.address, "httpOnly": True}


class Door(Protocol):
    """Makes the door of an issuer for the console at an address."""

    def __call__(self, address: str, sessions: Sessions) -> AbstractAsyncContextManager[OpenId]:
        """For the block's time."""
        ...


class _Later:
    """An application that is made when its address is known."""

    app: ASGIApp

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        await self.app(scope, receive, send)


@asynccontextmanager
async def opened(
    desk: Desk, browser: Browser, door: Door | None = None, names: Pairing | None = None
) -> AsyncIterator[House]:
    """The console's pages on a free port; at the end no page may have complained."""
    sessions = Sessions(desk, Access([*ENTRIES, NAMED]), partial(secrets.token_urlsafe, 32))
    names = names or pairing.read(tomllib.loads(PAIRS.read_text(encoding="utf-8")))
    live, later = Live(desk), _Later()
    site = Site(desk, sessions, live, ZoneInfo("Europe/Kyiv"), rendering.environment(), names=names)
    looking = asyncio.create_task(live.run(desk.stopping))
    try:
        async with serving(later) as address, AsyncExitStack() as doors, AsyncExitStack() as stack:
            if door is not None:
                site = replace(site, open_id=await doors.enter_async_context(door(address, sessions)))
            later.app = pages(site)
            house = House(address, site, browser, stack)
            yield house
            told = list(house.complaints)  # what a page says while it is being closed is nobody's business
            await stack.aclose()  # the visitors leave before the house closes
            desk.stopping.set()
        assert not told, f"pages complained: {told}"
    finally:
        desk.stopping.set()
        await looking
