"""Fixtures of the console's tests: its whole API in this process, over a real PostgreSQL."""

from __future__ import annotations

import asyncio
import io
import logging
from collections.abc import AsyncIterator, Iterator

import httpx
import pytest
import pytest_asyncio
import structlog
from pydantic import SecretStr

from console.endpoint.api import api
from console.handlers.desk import Desk
from libs.runtime import logs
from libs.runtime.access import Access
from libs.runtime.database import Connection, Database, open_connection, open_database
from libs.runtime.run import Life
from libs.runtime.settings import DatabaseSettings, LogSettings
from sandbox.stack import give_back, take_port
from tests.component.console.world import ENTRIES, Api


@pytest_asyncio.fixture
async def settings(database_url: str) -> DatabaseSettings:
    """The services' address of a fresh migrated database."""
    return DatabaseSettings(database_url=SecretStr(database_url), _env_file=None)


@pytest_asyncio.fixture
async def database(settings: DatabaseSettings) -> AsyncIterator[Database]:
    """A pool of the services' role."""
    async with open_database(settings, "test-console") as opened:
        yield opened


@pytest_asyncio.fixture
async def conn(settings: DatabaseSettings) -> AsyncIterator[Connection]:
    """A connection of the services' role; every statement commits by itself."""
    async with open_connection(settings, "test-console") as opened:
        yield opened


@pytest_asyncio.fixture
async def desk(database: Database) -> Desk:
    """The handlers' tools, with the real clock."""
    return Desk(database, Life.clock, Life.new_id, asyncio.Event())


@pytest_asyncio.fixture
async def console(desk: Desk) -> AsyncIterator[Api]:
    """The API, asked without a socket."""
    app = api(desk, Access(ENTRIES))
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://console") as client:
        yield Api(client)


@pytest.fixture
def printed() -> Iterator[io.StringIO]:
    """What is logged, as a process of the console would print it; logging is as before afterwards."""
    handlers, level = logging.getLogger().handlers, logging.getLogger().level
    stream = io.StringIO()
    logs.configure(LogSettings(log_level="DEBUG", _env_file=None), "console", stream)
    yield stream
    structlog.reset_defaults()
    logging.getLogger().handlers, logging.getLogger().level = handlers, level


@pytest.fixture
def unused_port() -> Iterator[int]:
    """A port where nobody listens."""
    port = take_port()
    yield port
    give_back(port)
