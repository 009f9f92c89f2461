"""Fixtures of the runtime's component tests."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

import pytest_asyncio

from tests.component.runtime.rig import Rig


@pytest_asyncio.fixture
async def rig(kafka_bootstrap: str, topic_prefix: str, new_topic: Callable[..., Awaitable[str]]) -> Rig:
    """A topic of two partitions, its dead-letter topic, and a service named after the test."""
    topic = await new_topic("customer", partitions=2, **{"max.message.bytes": str(1024 * 1024)})
    await new_topic("dead-letter.v1", **{"max.message.bytes": str(2 * 1024 * 1024)})
    return Rig(kafka_bootstrap, topic_prefix, topic)
