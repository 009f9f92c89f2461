"""The HTTP server inside a process: uvicorn on a socket that was bound before anything else started.

Promises: a port that is taken is one clear line at start-up; no request line is ever logged (paths hold secrets); on
stop it takes no new connection and lets running requests end for a short while.
"""

from __future__ import annotations

import asyncio
import contextlib
import socket
from collections.abc import Iterator

import uvicorn

from libs.runtime.health import ASGI

GRACE_SECONDS = 3


class PortTaken(Exception):
    """Somebody else listens there; the message is one sentence for a person."""


def bind(host: str, port: int) -> socket.socket:
    """A listening socket, before anything else starts; port 0 takes a free one.

    Raises:
        PortTaken: somebody listens there, or the host is not this machine's.
    """
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    bound = socket.socket(family, socket.SOCK_STREAM)
    bound.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        bound.bind((host, port))
        bound.listen(1024)
    except OSError as error:
        bound.close()
        raise PortTaken(
            f"HTTP_PORT: {host}:{port} cannot be used ({error.strerror}): choose another, or end what listens there"
        ) from error
    return bound


class _Server(uvicorn.Server):
    """Uvicorn that leaves the signals to the process."""

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield


async def serve(app: ASGI, bound: socket.socket, stopping: asyncio.Event) -> None:
    """Serve until `stopping`, then let running requests end."""
    config = uvicorn.Config(
        app,
        interface="asgi3",  # else it is guessed by whether the app is a coroutine function
        log_config=None,
        access_log=False,
        lifespan="off",
        server_header=False,
        proxy_headers=False,
        timeout_keep_alive=75,  # longer than a balancer keeps its end open, or it answers 502 at random
        timeout_graceful_shutdown=GRACE_SECONDS,
    )
    server = _Server(config)
    serving = asyncio.create_task(server.serve(sockets=[bound]), name="http-server")
    waiting = asyncio.create_task(stopping.wait(), name="http-stop")
    try:
        await asyncio.wait({serving, waiting}, return_when=asyncio.FIRST_COMPLETED)
        server.should_exit = True
        await serving
    finally:
        waiting.cancel()
        serving.cancel()
        await asyncio.gather(waiting, serving, return_exceptions=True)
