"""The broker goes and comes back: refused while it is away, never lost once accepted, never a lie about it."""

from __future__ import annotations

import asyncio
import json
import time

import httpx

from sandbox.stack import Stack
from tests.component.ingress.running import URL_SECRET, Ingress, arriving, run_ingress

PATH = f"/api/keycrm/webhook/t/{URL_SECRET}"


async def send(ingress: Ingress, order_id: int) -> httpx.Response:
    """A status change of this order."""
    body = json.dumps({"event": "order.change_order_status", "context": {"id": order_id, "status_id": 4}})
    async with ingress.client() as http:
        return await http.post(PATH, content=body)


async def test_broker_down_is_503_and_never_200_nor_4xx(kafka: str, breakable_stack: Stack) -> None:
    """Within the time limit, with Retry-After; ready says so within ten seconds, live stays; then all is well again."""
    with run_ingress(kafka) as ingress:
        ingress.until(lambda: ingress.status("/health/ready") == 200)
        async with arriving(kafka) as arrivals:
            assert (await send(ingress, 1)).status_code == 200
            await arrivals.take(1)

        await asyncio.to_thread(breakable_stack.kafka.stop)
        started = time.monotonic()
        answers = await asyncio.gather(*(send(ingress, order_id) for order_id in range(2, 12)))

        assert time.monotonic() - started < 5
        assert [answer.status_code for answer in answers] == [503] * 10
        assert {answer.headers["content-type"] for answer in answers} == {"application/problem+json"}
        assert {answer.headers["retry-after"] for answer in answers} == {"5"}
        await asyncio.to_thread(ingress.until, lambda: ingress.status("/health/ready") == 503, 10)
        assert ingress.status("/health/live") == 200

        await asyncio.to_thread(breakable_stack.kafka.start)
        await asyncio.to_thread(ingress.until, lambda: ingress.status("/health/ready") == 200, 30)
        async with arriving(kafka) as arrivals:
            answer = await send(ingress, 4711)
            records = await arrivals.some(lambda record: record.key == b"4711")

        assert answer.status_code == 200
        assert len(records) == 1


async def test_what_was_answered_200_survives_a_crash_of_broker_and_ingress(kafka: str, breakable_stack: Stack) -> None:
    """kill -9 of both in the middle of a stream: every accepted webhook is in the topic afterwards."""
    accepted: set[bytes] = set()

    async def stream(ingress: Ingress) -> None:
        for order_id in range(50_000, 60_000):
            try:
                answer = await send(ingress, order_id)
            except httpx.TransportError:
                return
            if answer.status_code == 200:
                accepted.add(str(order_id).encode())

    async with arriving(kafka) as arrivals:
        with run_ingress(kafka) as ingress:
            ingress.until(lambda: ingress.status("/health/ready") == 200)
            streaming = [asyncio.create_task(stream(ingress)) for _ in range(1)]
            await asyncio.sleep(2)
            await asyncio.to_thread(breakable_stack.kafka.stop, kill=True)
            ingress.child.kill()
            await asyncio.gather(*streaming)
        await asyncio.to_thread(breakable_stack.kafka.start)
        seen = {record.key for record in await arrivals.until(accepted)}

    assert accepted <= seen


async def test_it_starts_without_a_broker(kafka: str, breakable_stack: Stack) -> None:
    """Live at once, not ready, 503; and it serves as soon as the broker is there."""
    await asyncio.to_thread(breakable_stack.kafka.stop)
    with run_ingress(kafka) as ingress:
        assert ingress.status("/health/ready") == 503
        assert (await send(ingress, 1)).status_code == 503
        await asyncio.to_thread(breakable_stack.kafka.start)
        await asyncio.to_thread(ingress.until, lambda: ingress.status("/health/ready") == 200, 30)

        assert (await send(ingress, 1)).status_code == 200
