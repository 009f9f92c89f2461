"""The hub as the service runs it: from Kafka to the clients, two copies, across a restart, and what it logs."""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections.abc import AsyncIterator, Iterator, Sequence
from typing import Any

import httpx
import pytest
from websockets.asyncio.client import connect

from libs.runtime.database import Connection
from tests.component.hub.programs import listening
from tests.component.hub.raw import HUB, NEGOTIATE
from tests.component.notifier.process import tell
from tests.component.runtime.rig import until
from tests.running import Running, refused, run_service

TOKEN = "canary-hub-token-0123456789"
VIEWER = "canary-hub-viewer-0123456789"
LIMITED = "canary-hub-limited-012345678"
HUB_TOKENS = f"viewer=екран:{VIEWER},viewer=сайт[health]:{LIMITED}"
EVENTS = "/api/keycrm/events"


@contextlib.contextmanager
def notifier(bootstrap: str, database_url: str, port: int | None = None, **more: str) -> Iterator[Running]:
    """The notifier with tokens and without channels."""
    environment = {"HTTP_PORT": str(port)} if port else {}
    with run_service(
        "notifier",
        KAFKA_BOOTSTRAP_SERVERS=bootstrap,
        DATABASE_URL=database_url,
        HUB_TOKENS=HUB_TOKENS,
        CONSOLE_TOKENS=f"operator=Олена Коваль:{TOKEN}",
        CONSOLE_PUBLIC_URL="https://sync.example",
        **(environment | more),
    ) as running:
        yield running


def asking(running: Running, token: str = TOKEN) -> httpx.AsyncClient:
    """An HTTP client with this token."""
    headers = {"Authorization": f"Bearer {token}"}
    return httpx.AsyncClient(base_url=running.address, headers=headers, timeout=10, verify=False)


async def events(running: Running, mark: str, token: str = TOKEN, **query: Any) -> list[dict[str, Any]]:
    """All kept events of this test, page by page."""
    found: list[dict[str, Any]] = []
    async with asking(running, token) as http:
        is_more, after = True, query.pop("after", "0")
        while is_more:
            answer = await http.get(EVENTS, params={"after": after, "limit": 3} | query)
            assert answer.status_code == 200, answer.text
            page = answer.json()
            found += page["events"]
            after, is_more = page["next"], page["hasMore"]
    return [one for one in found if mark in str(one["ids"])]


def orders(told: Sequence[dict[str, Any]]) -> list[str]:
    """The orders' own numbers in this test."""
    return [one["ids"]["vms"].rsplit("-", 1)[1] for one in told]


@pytest.mark.usefixtures("made_topics")
async def test_what_was_missed_is_given_in_pages_to_who_may_hear_it(
    kafka_bootstrap: str, database_url: str, topic_prefix: str
) -> None:
    """By number and by id; masked for viewers; groups; each refusal says what is wrong."""
    with notifier(kafka_bootstrap, database_url) as running:
        await tell(kafka_bootstrap, topic_prefix, *range(1, 8), actor="Іван Тест", reason="он передзвонив")
        await until(lambda: len(_kept(running, topic_prefix)) == 7, 60)
        found = await events(running, topic_prefix)
        assert orders(found) == [str(number) for number in range(1, 8)]
        assert [one["number"] for one in found] == sorted({one["number"] for one in found})
        assert found[0]["actor"] == "Іван Тест"
        assert found[0]["link"].startswith("https://sync.example/")
        assert set(found[0]["text"]) == {"uk", "en"}
        for after in (found[2]["id"], found[2]["number"]):
            assert orders(await events(running, topic_prefix, after=after)) == ["4", "5", "6", "7"]
        assert "Іван" not in str(await events(running, topic_prefix, VIEWER))
        assert orders(await events(running, topic_prefix, groups=f"order:{topic_prefix}-3")) == ["3"]
        assert len(await events(running, topic_prefix, LIMITED)) == 7  # a stopped flow is the health group's too
        async with asking(running) as http, asking(running, LIMITED) as limited, asking(running, "nobody") as nobody:
            for client, query, status, said in (
                (http, {"after": "-1"}, 400, "after"),
                (http, {"after": "x" * 200}, 400, "after"),
                (http, {"after": "no-such-event"}, 404, "after"),
                (http, {"limit": "0"}, 400, "limit"),
                (http, {"groups": "nothing"}, 400, "groups"),
                (limited, {"groups": "orders"}, 403, "groups"),
                (nobody, {}, 401, "token"),
            ):
                answer = await client.get(EVENTS, params=query)
                assert (answer.status_code, answer.headers["content-type"]) == (status, "application/problem+json")
                assert said in answer.json()["detail"]
            assert (await http.post(EVENTS)).status_code == 405


@pytest.mark.usefixtures("made_topics")
async def test_how_fresh_and_how_late_the_hub_is_can_be_measured(
    kafka_bootstrap: str, database_url: str, topic_prefix: str
) -> None:
    """The feed is read every second, news or not; each event's delay is counted; a new copy knows where it stands."""
    with notifier(kafka_bootstrap, database_url) as running:
        await until(lambda: abs(time.time() - _metric(running, "sync_feed_read_seconds")) < 5, 30)
        first = _metric(running, "sync_feed_read_seconds")
        await until(lambda: _metric(running, "sync_feed_read_seconds") > first, 10)
        await tell(kafka_bootstrap, topic_prefix, 1, 2, 3)
        await until(lambda: _metric(running, "sync_hub_delay_seconds_count") == 3, 60)
        number = _metric(running, "sync_feed_number")
        assert _metric(running, "sync_hub_events_total") == 3
    with notifier(kafka_bootstrap, database_url) as again:
        await until(lambda: _metric(again, "sync_feed_number") == number, 30)


@pytest.mark.usefixtures("made_topics")
async def test_two_copies_say_the_same_and_a_restart_loses_nothing_for_who_asks_since(
    kafka_bootstrap: str, database_url: str, topic_prefix: str
) -> None:
    """The pages' own examples, JavaScript and Python, at two copies; one is killed and begins again meanwhile."""
    async with contextlib.AsyncExitStack() as stack:
        one = stack.enter_context(notifier(kafka_bootstrap, database_url))
        two = stack.enter_context(notifier(kafka_bootstrap, database_url))
        javascript = await stack.enter_async_context(listening("listen.mjs", f"{one.address}{HUB}", TOKEN))
        python = await stack.enter_async_context(listening("listen.py", f"{two.address}{HUB}", TOKEN))
        await tell(kafka_bootstrap, topic_prefix, 1, 2, 3)
        await until(lambda: len(javascript) == 3 and len(python) == 3, 60)

        two.kill()
        await tell(kafka_bootstrap, topic_prefix, 4, 5)
        await until(lambda: len(javascript) == 5, 60)
        port = int(two.address.rsplit(":", 1)[1])
        stack.enter_context(notifier(kafka_bootstrap, database_url, port))
        await tell(kafka_bootstrap, topic_prefix, 6)
        await until(lambda: len(javascript) == 6 and len(python) == 6, 90)

        assert javascript == python
        assert [line.split("-")[-1].split(")")[0] for line in python] == ["1", "2", "3", "4", "5", "6"]


@pytest.mark.usefixtures("made_topics")
async def test_a_stop_with_every_transport_open_takes_less_than_ten_seconds_and_no_token_is_logged(
    kafka_bootstrap: str, database_url: str, conn: Connection, topic_prefix: str
) -> None:
    """SIGTERM with a WebSocket, a stream and a poll open; the log, at DEBUG, holds no token of any address."""
    at = {"access_token": TOKEN}
    with notifier(kafka_bootstrap, database_url) as running:
        async with asking(running, "nobody") as http:
            assert (await http.post(NEGOTIATE, params={"access_token": "canary-wrong-token-012345"})).status_code == 401
            del http.headers["authorization"]
            keys = [(await http.post(NEGOTIATE, params=at | {"negotiateVersion": 1})).json() for _ in range(2)]
            stream, poll = (at | {"id": one["connectionToken"]} for one in keys)
            async with (
                http.stream("GET", "/hubs/keycrm", params=stream, headers={"Accept": "text/event-stream"}) as answer,
                _socket(running, f"?access_token={TOKEN}") as ws,
            ):
                await http.get("/hubs/keycrm", params=poll)
                for place in (stream, poll):
                    await http.post("/hubs/keycrm", params=place, content=b'{"protocol":"json","version":1}\x1e')
                await http.get("/hubs/keycrm", params=poll)
                waiting = asyncio.create_task(http.get("/hubs/keycrm", params=poll))
                await asyncio.sleep(0.2)
                began = time.monotonic()
                running.child.terminate()
                assert b'"allowReconnect":true' in await answer.aread()
                assert b'"allowReconnect":true' in (await waiting).content
                assert [frame async for frame in ws] == ['{"type":7,"allowReconnect":true}\x1e']
                code = await asyncio.to_thread(running.child.wait, 15)
        assert (code, time.monotonic() - began < 10) == (0, True)
        logged = running.logged()
    for secret in (TOKEN, VIEWER, LIMITED, "canary-wrong-token", "Олена", keys[0]["connectionToken"]):
        assert secret not in logged
    assert "task.cancelled" not in logged


def test_hub_tokens_and_origins_that_cannot_be_used_are_refused_by_name() -> None:
    """Before anything is asked of Kafka or PostgreSQL; no token is repeated."""
    known = {"KAFKA_BOOTSTRAP_SERVERS": "127.0.0.1:1", "DATABASE_URL": "postgresql://a:b@127.0.0.1:1/c"}
    for wrong, name in (
        ({"HUB_TOKENS": "viewer:short"}, "HUB_TOKENS"),
        ({"HUB_TOKENS": f"viewer=a[nothing]:{VIEWER}"}, "HUB_TOKENS"),
        ({"HUB_TOKENS": f"viewer:{VIEWER}", "CONSOLE_TOKENS": f"admin:{VIEWER}"}, "HUB_TOKENS"),
        ({"HUB_ORIGINS": "https://shop.example/path"}, "HUB_ORIGINS"),
        ({"HUB_CONNECTIONS": "0"}, "HUB_CONNECTIONS"),
        ({"HUB_COPY": "copy.one"}, "HUB_COPY"),
    ):
        said = "\n".join(refused("notifier", **(known | wrong)))
        assert name in said
        assert VIEWER not in said


def _metric(running: Running, name: str) -> float:
    text = httpx.get(f"{running.address}/metrics").text
    return float(next(line.split()[1] for line in text.splitlines() if line.startswith(f"{name} ")))


def _kept(running: Running, mark: str) -> list[Any]:
    headers = {"Authorization": f"Bearer {TOKEN}"}
    found = httpx.get(f"{running.address}{EVENTS}", params={"limit": 500}, headers=headers).json()
    return [one for one in found.get("events", []) if mark in str(one["ids"])]


@contextlib.asynccontextmanager
async def _socket(running: Running, query: str) -> AsyncIterator[Any]:
    address = f"{running.address.replace('http', 'ws', 1)}/hubs/keycrm{query}"
    async with connect(address, proxy=None, compression=None) as ws:
        await ws.send('{"protocol":"json","version":1}\x1e')
        assert await ws.recv() == "{}\x1e"
        yield ws
