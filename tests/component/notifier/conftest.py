"""Fixtures of the notifier's tests: a real PostgreSQL, a webhook that really listens."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator

import pytest
import pytest_asyncio
from pydantic import SecretStr

from deploy import topics
from libs.runtime.database import Connection, Database, open_connection, open_database
from libs.runtime.settings import DatabaseSettings
from tests.component.notifier.listening import Webhook, listening


@pytest_asyncio.fixture
async def settings(database_url: str) -> DatabaseSettings:
    """The services' address of a fresh migrated database."""
    return DatabaseSettings(database_url=SecretStr(database_url), _env_file=None)


@pytest_asyncio.fixture
async def database(settings: DatabaseSettings) -> AsyncIterator[Database]:
    """A pool of the services' role."""
    async with open_database(settings, "test-notifier") as opened:
        yield opened


@pytest_asyncio.fixture
async def conn(settings: DatabaseSettings) -> AsyncIterator[Connection]:
    """A connection of the services' role; every statement commits by itself."""
    async with open_connection(settings, "test-notifier") as opened:
        yield opened


@pytest.fixture
def webhook() -> Iterator[Webhook]:
    """A webhook that answers as it is told and remembers what it got."""
    with listening() as running:
        yield running


@pytest_asyncio.fixture
async def made_topics(kafka_bootstrap: str) -> None:
    """Every topic of the system."""
    await topics.create(kafka_bootstrap, 1)
