"""Listen to the sync's events from Python: pip install pysignalr.

python listen.py https://sync.example.com/hubs/keycrm <token> [<number of the last event you know>]
"""

import asyncio
import sys
from typing import Any

from pysignalr.client import SignalRClient
from pysignalr.exceptions import AuthorizationError
from pysignalr.messages import CompletionMessage

GROUPS: Any = ["orders", "conflicts"]


class Listener:
    """Tells every event once, in order, also across lost connections."""

    def __init__(self, url: str, token: str, last: int | None) -> None:
        self.url, self.token, self.last = url, token, last
        self.waiting: list[Any] | None = None  # what comes live while what was missed is being read

    async def run(self) -> None:
        while True:
            try:
                await self.connect().run()
            except AuthorizationError:
                raise
            except Exception as error:  # noqa: BLE001 - pysignalr gives up in many ways when a server restarts
                print(f"trying again: {type(error).__name__}", file=sys.stderr)
            await asyncio.sleep(1)

    def connect(self) -> SignalRClient:
        # As a header: pysignalr's access_token_factory comes too late for the first request.
        self.client = SignalRClient(self.url, headers={"Authorization": f"Bearer {self.token}"})
        self.client.on("event", self.live)
        self.client.on_open(self.opened)
        self.client.on_error(self.failed)
        return self.client

    def tell(self, event: Any) -> None:
        if self.last is None or event["number"] > self.last:
            self.last = event["number"]
            print(event["number"], event["text"]["en"], flush=True)

    async def live(self, arguments: Any) -> None:
        (event,) = arguments
        if self.waiting is None:
            self.tell(event)
        else:
            self.waiting.append(event)

    async def opened(self) -> None:
        # After every connect, so after a lost connection too: subscribe first, then ask for what was missed.
        self.waiting = []
        await self.client.send("subscribe", [GROUPS], self.subscribed)

    async def subscribed(self, answer: Any) -> None:
        if answer.error:
            return  # `failed` asks again
        if self.last is None:
            self.last = answer.result["number"]  # only what comes from now on
        after: Any = [self.last]
        await self.client.stream("since", after, self.missed, self.caught_up)

    async def missed(self, event: Any) -> None:
        self.tell(event)

    async def caught_up(self, _completion: Any) -> None:
        held, self.waiting = self.waiting or [], None
        for event in held:
            self.tell(event)

    async def failed(self, message: CompletionMessage) -> None:
        print(f"asking again: {message.error}", file=sys.stderr)
        if "not kept" in (message.error or ""):
            self.last = 0  # away for too long: go on with the oldest there is
        await asyncio.sleep(2)
        await self.opened()


if __name__ == "__main__":
    url, token, *known = sys.argv[1:]
    asyncio.run(Listener(url, token, int(known[0]) if known else None).run())
