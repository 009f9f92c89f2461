"""Fixtures: the ingress as a process of its own on a real broker, and what arrives in its topics."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator

import pytest
import pytest_asyncio

from deploy import topics
from tests.component.ingress.running import Arrivals, Ingress, arriving, run_ingress


@pytest_asyncio.fixture(scope="session")
async def kafka(kafka_bootstrap: str) -> str:
    """A broker with the product's topics."""
    await topics.create(kafka_bootstrap, 1)
    return kafka_bootstrap


@pytest.fixture(scope="session")
def ingress(kafka: str) -> Iterator[Ingress]:
    """A ready ingress, once a session."""
    with run_ingress(kafka) as running:
        running.until(lambda: running.status("/health/ready") == 200)
        yield running


@pytest_asyncio.fixture
async def arrivals(kafka: str) -> AsyncIterator[Arrivals]:
    """What arrives from now on."""
    async with arriving(kafka) as seen:
        yield seen
