"""A sandbox app on a really running server, for tests of the sandboxes and of whoever calls them."""

from __future__ import annotations

import asyncio
import contextlib
import socket
from collections.abc import AsyncIterator

import uvicorn
from starlette.types import ASGIApp

from sandbox.server import configure


@contextlib.asynccontextmanager
async def serving(app: ASGIApp) -> AsyncIterator[str]:
    """The app's address while it is served, for example `http://127.0.0.1:40123`."""
    server = uvicorn.Server(configure(app, "127.0.0.1", 0))
    # Without the protocol's name asyncio leaves Nagle's delay of 40 ms on every answer.
    with socket.socket(proto=socket.IPPROTO_TCP) as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen()
        running = asyncio.create_task(server.serve(sockets=[listener]))
        try:
            yield f"http://127.0.0.1:{listener.getsockname()[1]}"
        finally:
            server.should_exit = True
            await running
