"""The HTTP server inside a process: uvicorn on a socket that was bound before anything else started.

Promises: a port that is taken is one clear line at start-up; no request line is ever logged (paths hold secrets); on
stop it takes no new connection and lets running requests end for a short while. WebSockets are served only where an
app says that its clients stay: then a client that takes no bytes is given up by the kernel, since nothing above it can.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import socket
from collections.abc import Awaitable, Callable, Iterator
from dataclasses import dataclass

import uvicorn

from libs.runtime.health import ASGI

GRACE_SECONDS = 3
_BACKLOG = 4096
_SEND_BUFFER_BYTES = 128 * 1024


@dataclass(frozen=True, slots=True)
class LongLived:
    """An app whose clients stay connected, by WebSocket or by answers that do not end."""

    leave: Callable[[], Awaitable[None]]
    """Awaited at a stop, before the server lets go of anybody: says the last words."""
    message_bytes: int = 64 * 1024
    """The largest WebSocket message taken."""
    unacknowledged_seconds: float = 20.0
    """A client that takes no bytes for so long is given up by the kernel. Without it a stalled one keeps its descriptor
    and megabytes of memory for ever: closing waits for a flush that never comes."""


class PortTaken(Exception):
    """Somebody else listens there; the message is one sentence for a person."""


def bind(host: str, port: int) -> socket.socket:
    """A listening socket, before anything else starts; port 0 takes a free one.

    Raises:
        PortTaken: somebody listens there, or the host is not this machine's.
    """
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    # Without the protocol's name asyncio's own loop leaves Nagle's delay of 40 ms on every answer.
    bound = socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP)
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


async def serve(app: ASGI, bound: socket.socket, stopping: asyncio.Event, long_lived: LongLived | None = None) -> None:
    """Serve until `stopping`, then let running requests end."""
    if long_lived is not None:
        _give_up_the_stalled(bound, long_lived.unacknowledged_seconds)
        logging.getLogger("uvicorn.error").addFilter(_is_no_false_alarm)
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
        backlog=_BACKLOG,
        ws="none" if long_lived is None else "websockets-sansio",
        ws_max_size=0 if long_lived is None else long_lived.message_bytes,
        ws_ping_interval=None,  # the hub's own protocol has pings
        ws_per_message_deflate=False,  # 37 KiB a connection and three times the time of a broadcast
    )
    server = _Server(config)
    serving = asyncio.create_task(server.serve(sockets=[bound]), name="http-server")
    waiting = asyncio.create_task(stopping.wait(), name="http-stop")
    try:
        await asyncio.wait({serving, waiting}, return_when=asyncio.FIRST_COMPLETED)
        if long_lived is not None and stopping.is_set():
            await long_lived.leave()
        server.should_exit = True
        await serving
    finally:
        waiting.cancel()
        serving.cancel()
        await asyncio.gather(waiting, serving, return_exceptions=True)


def _is_no_false_alarm(record: logging.LogRecord) -> bool:
    """Uvicorn calls every WebSocket that an app refuses with a status an error of the app."""
    return not str(record.msg).startswith("ASGI callable returned without completing handshake")


def _give_up_the_stalled(bound: socket.socket, seconds: float) -> None:
    """Options that every accepted connection inherits."""
    bound.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, _SEND_BUFFER_BYTES)
    if hasattr(socket, "TCP_USER_TIMEOUT"):  # Linux
        bound.setsockopt(socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT, int(seconds * 1000))
