"""A balancer in front of several hubs: a request with an `id` goes to the copy it begins with, any other to the next.

One request a connection: it asks both sides to close after each, so that it need read nothing but the first lines.
"""

from __future__ import annotations

import asyncio
import contextlib
import itertools
import re
from collections.abc import AsyncIterator, Mapping

from notifier.hub.endpoint import PATH

_ID = re.compile(rb"[?&]id=([a-z0-9-]+)(?:\.|%2E)", re.IGNORECASE)


class Balancer:
    """Knows the copies by their names."""

    def __init__(self, copies: Mapping[str, int]) -> None:
        self._copies = copies
        self._turns = itertools.cycle(copies)
        self.url = ""
        self.sent: dict[str, int] = dict.fromkeys(copies, 0)
        """How many requests each copy was given."""

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """One connection of a client."""
        with contextlib.suppress(OSError, asyncio.IncompleteReadError), contextlib.closing(writer):
            head = await reader.readuntil(b"\r\n\r\n")
            named = _ID.search(head.split(b"\r\n", 1)[0])
            copy = named[1].decode() if named else next(self._turns)
            self.sent[copy] += 1
            behind, ahead = await asyncio.open_connection("127.0.0.1", self._copies[copy])
            ahead.write(re.sub(rb"(?i)\r\nconnection: keep-alive", b"\r\nConnection: close", head))
            await _both_ways((reader, ahead), (behind, writer))


async def _both_ways(*ways: tuple[asyncio.StreamReader, asyncio.StreamWriter]) -> None:
    """Until either side has ended."""
    pumps = [asyncio.create_task(_pump(*way)) for way in ways]
    await asyncio.wait(pumps, return_when=asyncio.FIRST_COMPLETED)
    for _, writer in ways:
        writer.close()
    await asyncio.gather(*pumps, return_exceptions=True)


async def _pump(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    while data := await reader.read(65536):
        writer.write(data)
        await writer.drain()


@contextlib.asynccontextmanager
async def balancing(copies: Mapping[str, int]) -> AsyncIterator[Balancer]:
    """A balancer while the block lasts."""
    balancer = Balancer(copies)
    server = await asyncio.start_server(balancer.serve, "127.0.0.1", 0)
    balancer.url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}{PATH}"
    try:
        yield balancer
    finally:
        server.close()
        await server.wait_closed()
