"""Fixtures: a KeyCRM sandbox on a really running server, as at its start for every test, and a receiver of webhooks."""

from __future__ import annotations

from collections.abc import AsyncIterator

import httpx
import pytest_asyncio

from sandbox.keycrm.account import Account
from sandbox.keycrm.app import make_app
from tests.sandbox_keycrm import KeyCrmSide, Receiver
from tests.serving import serving


@pytest_asyncio.fixture(scope="session")
async def keycrm_address() -> AsyncIterator[str]:
    """One server for all; `keycrm` resets it."""
    async with serving(make_app(Account())) as address:
        yield address


@pytest_asyncio.fixture
async def keycrm(keycrm_address: str) -> AsyncIterator[KeyCrmSide]:
    """KeyCRM with the seed `shop` and no limit; what is still on its way ends with the test."""
    # Without loading certificates, which takes 40 ms a client.
    async with httpx.AsyncClient(base_url=keycrm_address, verify=False) as client:
        side = KeyCrmSide(client)
        await side.admin("POST", "/reset", {"seed": "shop"})
        await side.turn(limit_per_minute=None, webhook_pause_seconds=0.05)
        yield side
        await side.admin("POST", "/reset", {"seed": "shop"})


@pytest_asyncio.fixture
async def receiver() -> AsyncIterator[Receiver]:
    """A running receiver of webhooks."""
    receiver = Receiver()
    async with serving(receiver.app()) as address:
        receiver.address = address
        yield receiver
