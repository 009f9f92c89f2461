"""Ready names the part that does not work; live is live; nothing waits for a check."""

from __future__ import annotations

import asyncio
from collections.abc import MutableMapping
from typing import Any

import orjson
import pytest

from libs.runtime import health as health_module
from libs.runtime.errors import SyncError, WorldUnavailable
from libs.runtime.health import STALE_SECONDS, Health, routes
from tests.unit.runtime.fakes import ManualClock


async def ask(health: Health, path: str, app: Any = None) -> tuple[int, bytes]:
    """One GET through the ASGI app."""
    sent: list[MutableMapping[str, Any]] = []

    async def send(message: MutableMapping[str, Any]) -> None:
        sent.append(message)

    async def receive() -> MutableMapping[str, Any]:
        return {"type": "http.request"}

    await routes(health, app)({"type": "http", "path": path, "method": "GET"}, receive, send)
    return int(sent[0]["status"]), bytes(sent[1]["body"])


async def one_round(health: Health) -> None:
    """Every part examined once."""
    stopping = asyncio.Event()
    task = asyncio.create_task(health.watch(stopping))
    await asyncio.sleep(0.01)
    stopping.set()
    await task


async def fine() -> None:
    """A part that works."""


async def test_ready_when_all_parts_work() -> None:
    """200 and each part by name."""
    health = Health("ingress")
    health.add("broker", fine)
    await one_round(health)

    status, body = await ask(health, "/health/ready")

    assert status == 200
    assert orjson.loads(body)["parts"] == {"broker": {"is_ok": True, "reason": None}}


async def test_not_ready_before_the_first_check() -> None:
    """A process that knows nothing yet takes no traffic."""
    health = Health("ingress")
    health.add("broker", fine)

    assert (await ask(health, "/health/ready"))[0] == 503


@pytest.mark.parametrize(
    ("error", "reason"),
    [
        (WorldUnavailable("kafka: refused", "broker"), "kafka: refused"),
        (
            SyncError("held by the flood guard: vms.order.v1 (malformed)"),
            "held by the flood guard: vms.order.v1 (malformed)",
        ),
        (ValueError("Олена"), "the check failed: ValueError"),
    ],
)
async def test_a_part_that_does_not_work_is_named(error: Exception, reason: str) -> None:
    """503, the part, the reason; live is 200 all the same."""

    async def broken() -> None:
        raise error

    health = Health("ingress")
    health.add("broker", broken)
    health.add("database", fine)
    await one_round(health)

    status, body = await ask(health, "/health/ready")

    assert status == 503
    assert orjson.loads(body)["parts"]["broker"] == {"is_ok": False, "reason": reason}
    assert orjson.loads(body)["parts"]["database"]["is_ok"] is True
    assert (await ask(health, "/health/live"))[0] == 200


async def test_a_check_that_hangs_is_a_part_that_does_not_answer(monkeypatch: pytest.MonkeyPatch) -> None:
    """The limit ends it; the answer itself never waits."""
    monkeypatch.setattr(health_module, "LIMIT_SECONDS", 0.001)

    async def hangs() -> None:
        await asyncio.sleep(60)

    health = Health("ingress")
    health.add("broker", hangs)
    await one_round(health)

    assert health.report()["parts"]["broker"]["reason"].startswith("no answer")


async def test_old_knowledge_is_no_knowledge() -> None:
    """The checks themselves stopped: not ready, within ten seconds."""
    clock = ManualClock()
    health = Health("ingress", clock.monotonic)
    health.add("broker", fine)
    await one_round(health)
    assert health.is_ready()

    clock.forward(STALE_SECONDS + 0.1)

    assert not health.is_ready()
    assert STALE_SECONDS < 10


async def test_a_stopping_process_is_not_ready() -> None:
    """A balancer takes it out before it is gone."""
    health = Health("ingress")
    health.is_stopping = True

    status, body = await ask(health, "/health/ready")

    assert (status, orjson.loads(body)["status"]) == (503, "stopping")


async def test_metrics_are_served_and_other_paths_go_to_the_app() -> None:
    """The three paths are ours, the rest is the service's."""
    asked = []

    async def app(scope: Any, receive: Any, send: Any) -> None:
        asked.append(scope["path"])
        await send({"type": "http.response.start", "status": 200, "headers": []})
        await send({"type": "http.response.body", "body": b""})

    health = Health("ingress")

    assert b"sync_worked_items_total" in (await ask(health, "/metrics"))[1]
    assert (await ask(health, "/elsewhere"))[0] == 404
    assert (await ask(health, "/elsewhere", app))[0] == 200
    assert asked == ["/elsewhere"]
