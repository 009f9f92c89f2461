"""A real OpenID Connect issuer beside the console, and how one signs in there."""

from __future__ import annotations

import asyncio
import secrets
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from functools import partial
from pathlib import Path

from playwright.async_api import Page

from console.handlers.open_id import OpenId
from console.handlers.sessions import Sessions
from console.pages.open_id import CALLBACK
from libs.clients.oidc.issuer import Issuer
from libs.contracts.access import Role
from libs.runtime.run import Life
from sandbox.stack import give_back, take_port
from tests import node

ROLES = {"staff": Role.OPERATOR, "guests": Role.VIEWER}
SCRIPT = Path(__file__).with_name("issuer.mjs")


@asynccontextmanager
async def issuing(redirect_uri: str) -> AsyncIterator[str]:
    """The address of an issuer while the block lasts."""
    port = take_port()
    child = await asyncio.create_subprocess_exec(
        node.node(), str(SCRIPT), str(port), redirect_uri, str(node.modules()),
        stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.DEVNULL,
    )  # fmt: skip
    try:
        assert child.stdout is not None
        assert await asyncio.wait_for(child.stdout.readline(), 30) == b"listening\n"
        yield f"http://127.0.0.1:{port}"
    finally:
        child.terminate()
        await child.wait()
        give_back(port)


@asynccontextmanager
async def open_id(address: str, sessions: Sessions) -> AsyncIterator[OpenId]:
    """The door of such an issuer for the console at this address."""
    back = f"{address}{CALLBACK}"
    async with issuing(back) as name, Issuer(name, "console", "example-client-secret-01", back) as issuer:
        yield OpenId(issuer, sessions, "groups", ROLES, partial(secrets.token_urlsafe, 32), Life.clock)


async def sign_in_there(page: Page, account: str) -> None:
    """Fill in the issuer's own pages."""
    await page.fill("input[name=login]", account)
    await page.fill("input[name=password]", "x")
    await page.click("button[type=submit]")
    await page.get_by_role("button", name="Continue").click()
