"""SignalR's own client inside a real Chromium, on a page of another origin."""

from __future__ import annotations

import asyncio
import contextlib
import re
from collections.abc import AsyncGenerator, AsyncIterator, Sequence
from pathlib import Path
from typing import Any

from playwright.async_api import Page
from starlette.responses import HTMLResponse

from notifier.hub.connection import Connection
from tests import node
from tests.chromium import chromium
from tests.component.hub.hosting import TOKEN, VIEWER, hosting
from tests.component.hub.judged import judge, let_say
from tests.component.hub.programs import SNIPPETS
from tests.component.runtime.rig import until
from tests.serving import serving

BUNDLES = ("signalr/dist/browser/signalr.js", "signalr-protocol-msgpack/dist/browser/signalr-protocol-msgpack.js")
DOCS = Path(__file__).parents[3] / "docs"
MATRIX = Path(__file__).parent / "matrix.cjs"
MSGPACK = "signalR.protocols.msgpack.MessagePackHubProtocol"
CALL = f"([url, token]) => judgeAll(signalR, {MSGPACK}, url, token)"
TRY = """async ([url, token]) => {
    const T = signalR.HttpTransportType, answers = [];
    for (const options of [{ transport: T.WebSockets, skipNegotiation: true }, {}]) {
        const hub = new signalR.HubConnectionBuilder().withUrl(url, { ...options, accessTokenFactory: () => token })
            .configureLogging(signalR.LogLevel.None).build();
        answers.push(await hub.start().then(() => "connected", () => "refused"));
    }
    return answers;
}"""


async def test_the_official_client_does_everything_in_a_browser_on_a_page_of_another_origin() -> None:
    """The same matrix as in Node, with CORS: tokens in addresses on WebSockets and streams, headers elsewhere."""
    async with _page() as (page, origin), hosting(origins=[origin]) as hosted:
        let_say(hosted)
        judge(await page.evaluate(CALL, [hosted.url, TOKEN]))
        await until(lambda: not len(hosted.hub.registry), 10)


async def test_a_page_that_is_not_listed_is_refused_also_without_negotiation() -> None:
    """A browser lets any page open a WebSocket: the hub does not."""
    async with _page() as (page, _), hosting(origins=["https://shop.example"]) as hosted:
        assert await page.evaluate(TRY, [hosted.url, TOKEN]) == ["refused", "refused"]
        assert len(hosted.hub.registry) == 0


async def test_the_javascript_example_listens_in_a_page_with_the_beginning_that_the_docs_give_it() -> None:
    """Two lines differ from Node's program; events come with their text, also after the connection was lost."""
    async with _page() as (page, origin), hosting(origins=[origin]) as hosted:
        hosted.hub.define({}, {"since": _nothing_missed})
        told: list[str] = []
        page.on("console", lambda said: told.append(said.text) if said.type == "log" else None)
        await page.add_script_tag(content=_in_page(hosted.url), type="module")
        for number in (1, 2):
            await until(lambda: len(hosted.hub.groups.members(["orders"])) == 1, 20)
            await asyncio.sleep(0.3)  # the stream of what was missed
            hosted.publish("orders", number, text={"en": f"event {number}"})
            await until(lambda n=number: len(told) == n, 10)  # type: ignore[misc]  # bound now
            (connection,) = hosted.hub.registry
            connection.drop("gone")
    assert told == ["1 event 1", "2 event 2"]


async def _nothing_missed(_connection: Connection, _arguments: Sequence[Any]) -> AsyncGenerator[Any, None]:
    for event in list[Any]():
        yield event


def _in_page(url: str) -> str:
    """The example as the developers' page says to put it into one."""
    page = (DOCS / "en" / "listening-to-the-hub.md").read_text(encoding="utf-8")
    begin = page.index("```js\nconst { HubConnectionBuilder") + len("```js\n")
    beginning = page[begin : page.index("```", begin)]
    beginning = beginning.replace("https://sync.example.com/hubs/keycrm", url).replace("<token of a viewer>", VIEWER)
    program = (SNIPPETS / "listen.mjs").read_text(encoding="utf-8")
    return beginning + re.sub(r"(?m)^(import .*|const \[url, token, known\] = .*)\n", "", program)


@contextlib.asynccontextmanager
async def _page() -> AsyncIterator[tuple[Page, str]]:
    """A page with the client's bundles, and its origin."""

    async def blank(scope: Any, receive: Any, send: Any) -> None:
        await HTMLResponse("<!doctype html><title>shop</title>")(scope, receive, send)

    async with serving(blank) as origin, chromium() as browser:
        page = await browser.new_page()
        await page.goto(origin)
        for bundle in BUNDLES:
            await page.add_script_tag(path=node.modules() / "@microsoft" / bundle)
        await page.add_script_tag(path=MATRIX)
        yield page, origin
