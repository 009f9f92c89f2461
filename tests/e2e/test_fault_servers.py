"""Kafka and PostgreSQL stop, crash and come back while people work on both sides: everything arrives, once.

Whoever needs what is away says so within ten seconds (`/health/ready`) and lives on (`/health/live`).
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator
from typing import Any

import httpx
import pytest
import pytest_asyncio

from sandbox.stack import Server, Stack
from tests.e2e.load import Load, statuses
from tests.world import World

NEEDING = {
    "kafka": ("ingress", "inbound-apply", "outbound-sync"),
    "postgres": ("inbound-apply", "outbound-sync"),
}
EVERYBODY = ("ingress", "inbound-apply", "outbound-sync", "console")
UNREADY_SECONDS = 10.0
BACK_SECONDS = 60.0


@pytest_asyncio.fixture
async def breakable(world: World, breakable_stack: Stack) -> AsyncIterator[World]:
    """The world on servers that may be stopped; they and all services run again afterwards."""
    yield world
    for server in (breakable_stack.kafka, breakable_stack.postgres):
        if not server.is_running():
            await asyncio.to_thread(server.start)
    for name in EVERYBODY:
        await asyncio.to_thread(world.system.wait, name, BACK_SECONDS)


@pytest.mark.parametrize("how", ["stopped", "killed"])
@pytest.mark.parametrize("away", ["kafka", "postgres"])
async def test_a_server_that_goes_and_comes_back_loses_nothing(breakable: World, away: str, how: str) -> None:
    """Both worlds change while it is away; afterwards they agree, and nothing was given up."""
    world, server, load = breakable, _server(breakable, away), Load(breakable)
    await load.begin()

    await asyncio.to_thread(server.stop, kill=how == "killed")
    await load.go_on()
    await world.until(lambda: _are(world, 503, NEEDING[away]), "unready where it is needed", UNREADY_SECONDS)
    assert await statuses(world, "/health/live", *EVERYBODY) == [200] * len(EVERYBODY)
    await asyncio.to_thread(server.start)

    await world.until(lambda: _are(world, 200, EVERYBODY), "ready again", BACK_SECONDS)
    await load.arrives()
    await world.quiet(3)
    answers = {row["status"] for row in await world.keycrm.admin("GET", "deliveries")}
    assert answers <= ({200, 503} if away == "kafka" else {200})


async def test_an_ingress_killed_between_receiving_and_answering_loses_nothing(breakable: World) -> None:
    """It waits for Kafka with the webhook in hand when it dies: nobody was told 200, and the change is found later."""
    world, server = breakable, _server(breakable, "kafka")
    made, order = await world.order_from_vms()
    await asyncio.to_thread(server.stop)
    body = {"event": "order.change_order_status", "context": {"id": order["id"], "status_id": 4}}
    waiting = asyncio.create_task(_post(world, body))
    await world.keycrm.admin("PATCH", f"orders/{order['id']}", {"status_id": 4})
    await asyncio.sleep(1)
    assert not waiting.done(), "the webhook was answered though nothing is durable"

    await asyncio.to_thread(world.system.kill, "ingress")

    assert await waiting is None
    await asyncio.to_thread(server.start)
    await asyncio.to_thread(world.system.restart, "ingress")
    await world.until(lambda: world.of_vms("orders", orderId=made["orderId"], orderStatus=2), "reserved in VMS", 60)
    await world.quiet(3)
    assert await world.vms.writes() == ["updateOrder"]


async def _post(world: World, body: dict[str, Any]) -> int | None:
    """The status of a webhook's answer, None where none came."""
    with contextlib.suppress(httpx.TransportError):
        return (await world.http.post(world.system.addresses.webhook(), json=body)).status_code
    return None


async def _are(world: World, status: int, names: tuple[str, ...]) -> bool:
    return await statuses(world, "/health/ready", *names) == [status] * len(names)


def _server(world: World, name: str) -> Server:
    return world.system.servers.kafka if name == "kafka" else world.system.servers.postgres
