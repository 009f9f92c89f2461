"""The endpoint's own limits on a really running server: slow senders and too many at once."""

from __future__ import annotations

import asyncio

import httpx

from ingress.app import begin
from ingress.domain import Moment, Webhook
from ingress.endpoint import Endpoint
from ingress.handlers import Outcome
from tests.fakes import ManualClock
from tests.serving import serving

PATH = "/api/keycrm/webhook/t/secret"


async def nobody(webhook: Webhook, moment: Moment) -> Outcome:
    """No webhook may come this far."""
    raise AssertionError(f"handled {webhook.hook}")


async def test_a_body_that_does_not_come_is_waited_for_only_so_long() -> None:
    """408, and nothing is handled: a slow sender holds nothing for ever."""
    async with serving(Endpoint(nobody, begin(ManualClock()), body_seconds=0.2)) as address:
        host, _, port = address.removeprefix("http://").partition(":")
        reader, writer = await asyncio.open_connection(host, int(port))
        writer.write(f"POST {PATH} HTTP/1.1\r\nHost: x\r\nContent-Length: 500\r\n\r\n{{".encode())
        head = await asyncio.wait_for(reader.readuntil(b"\r\n\r\n"), 5)
        writer.close()

    assert head.startswith(b"HTTP/1.1 408 ")
    assert b"connection: close" in head.lower()


async def test_too_many_at_once_are_sent_away_with_503() -> None:
    """They come again; the process does not drown in waiting bodies."""
    release, is_full = asyncio.Event(), asyncio.Event()
    handled: list[Webhook] = []

    async def wait(webhook: Webhook, moment: Moment) -> Outcome:
        handled.append(webhook)
        if len(handled) == 3:
            is_full.set()
        await release.wait()
        return Outcome.ACCEPTED

    endpoint = Endpoint(wait, begin(ManualClock()), most_in_flight=3)
    async with serving(endpoint) as address, httpx.AsyncClient(base_url=address, verify=False) as http:
        waiting = [asyncio.create_task(http.post(PATH, content=b"{}")) for _ in range(3)]
        await is_full.wait()
        refused = await http.post(PATH, content=b"{}")
        release.set()
        answers = await asyncio.gather(*waiting)
        later = await http.post(PATH, content=b"{}")

    assert (refused.status_code, refused.headers["retry-after"]) == (503, "5")
    assert [answer.status_code for answer in (*answers, later)] == [200] * 4
    assert len(handled) == 4
