"""pysignalr as a program that says, line by line, what it was told, across restarts of the hub."""

from __future__ import annotations

import asyncio
import json
import sys
from typing import Any

from pysignalr.client import SignalRClient
from pysignalr.protocol.json import JSONProtocol
from pysignalr.protocol.messagepack import MessagepackProtocol


async def main(url: str, token: str, protocol: str) -> None:
    """Call, fail, stream, subscribe; then say each event."""
    kinds: dict[str, Any] = {"json": JSONProtocol, "messagepack": MessagepackProtocol}
    headers = {"Authorization": f"Bearer {token}"}
    client: Any = SignalRClient(url, protocol=kinds[protocol](), headers=headers, retry_sleep=0.2)

    async def on_event(arguments: Any) -> None:
        _say(event=arguments[0]["number"])

    async def on_told(message: Any) -> None:
        if message.error is None:
            _say(told=message.result)

    async def on_error(message: Any) -> None:
        _say(error=message.error)

    async def on_item(item: Any) -> None:
        _say(item=item["number"])

    async def on_open() -> None:
        await client.send("echo", [{"a": "ї"}], on_told)
        await client.send("refuse", [])  # no answer is awaited, and none comes
        await client.stream("refused", [])
        await client.stream("count", [2], on_item)
        await client.send("subscribe", ["orders"])

    client.on("event", on_event)
    client.on_error(on_error)
    client.on_open(on_open)
    await client.run()


def _say(**told: Any) -> None:
    print(json.dumps(told, ensure_ascii=False), flush=True)


if __name__ == "__main__":
    asyncio.run(main(*sys.argv[1:]))
