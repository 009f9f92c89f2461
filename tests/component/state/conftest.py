"""Fixtures of the state's component tests: a real PostgreSQL, as the services' role sees it."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest_asyncio
from pydantic import SecretStr

from libs.runtime.database import Connection, Database, open_connection, open_database
from libs.runtime.settings import DatabaseSettings


@pytest_asyncio.fixture
async def settings(database_url: str) -> DatabaseSettings:
    """The services' address of a fresh migrated database."""
    return DatabaseSettings(database_url=SecretStr(database_url), _env_file=None)


@pytest_asyncio.fixture
async def database(settings: DatabaseSettings) -> AsyncIterator[Database]:
    """A pool of the services' role."""
    async with open_database(settings, "test-state") as opened:
        yield opened


@pytest_asyncio.fixture
async def conn(settings: DatabaseSettings) -> AsyncIterator[Connection]:
    """A connection of the services' role; every statement commits by itself."""
    async with open_connection(settings, "test-state") as opened:
        yield opened
