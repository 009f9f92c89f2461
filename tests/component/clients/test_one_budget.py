"""Clients of several processes share one budget: by KeyCRM's own log the limit is never exceeded."""

from __future__ import annotations

import asyncio
from collections import Counter
from contextlib import AsyncExitStack
from datetime import UTC, datetime

from pydantic import SecretStr

from libs.clients.keycrm import KeyCrmClient
from libs.clients.terms import Terms
from libs.contracts.types import Lane
from libs.runtime.database import open_database
from libs.runtime.errors import HeldElsewhere
from libs.runtime.settings import DatabaseSettings
from libs.state.quota import PostgresQuota
from tests.sandboxes import Sandbox

LIMIT = 20


async def test_limiter_is_per_system_and_not_per_object(keycrm_sandbox: Sandbox, database_url: str) -> None:
    """Three clients with pools of their own ask for three times the limit at once: no 429, and no call too many."""
    keycrm_sandbox.knobs(limit_per_minute=LIMIT)
    settings = DatabaseSettings(database_url=SecretStr(database_url), database_pool_size=4)

    async def ask(client: KeyCrmClient, lane: Lane) -> str:
        try:
            await client.ping(Terms(lane))
        except HeldElsewhere as error:
            return error.reason
        return "answered"

    async with AsyncExitStack() as stack:
        clients = [
            await stack.enter_async_context(
                KeyCrmClient(
                    f"{keycrm_sandbox.address}/v1",
                    SecretStr("sandbox-key"),
                    PostgresQuota(database, lambda: datetime.now(UTC), calls_per_minute=LIMIT),
                    lambda: datetime.now(UTC),
                    patience_seconds=1,
                )
            )
            for database in [await stack.enter_async_context(open_database(settings, f"test-{n}")) for n in range(3)]
        ]
        lanes = [Lane.ORDER, Lane.STOCK, Lane.RECONCILE, Lane.INTERACTIVE]
        asked = [ask(client, lanes[number % 4]) for client in clients for number in range(LIMIT)]
        outcomes = Counter(await asyncio.gather(*asked))

    calls = keycrm_sandbox.calls()
    assert {call["status"] for call in calls} == {200}
    assert LIMIT // 2 <= len(calls) <= LIMIT
    assert outcomes == {"answered": len(calls), "no call to KeyCRM came free in this lane": 3 * LIMIT - len(calls)}
