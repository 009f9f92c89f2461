"""Fixtures: a VMS sandbox on a really running server, as at its start for every test."""

from __future__ import annotations

from collections.abc import AsyncIterator

import httpx
import pytest_asyncio

from sandbox.vms.app import create_app
from sandbox.vms.system import Vms
from tests.sandbox_vms import VmsSide
from tests.serving import serving


@pytest_asyncio.fixture(scope="session")
async def vms_address() -> AsyncIterator[str]:
    """One server for all; `vms` resets it."""
    async with serving(create_app(Vms("shop"))) as address:
        yield address


@pytest_asyncio.fixture
async def vms(vms_address: str) -> AsyncIterator[VmsSide]:
    """VMS with the seed `shop` and no Kafka: events are only listed."""
    async with httpx.AsyncClient(base_url=vms_address) as client:
        side = VmsSide(client)
        await side.admin("POST", "/reset", {"seed": "shop"})
        yield side
