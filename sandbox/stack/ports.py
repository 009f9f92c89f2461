"""Free ports that stay ours: side-by-side stacks and the services beside them never meet on one.

A port is taken for the life of this process by a locked file, then tried.
The range lies below the one from which systems pick ports for outgoing connections, so a stopped server finds its port
free when it starts again.
"""

from __future__ import annotations

import fcntl
import random
import socket
from contextlib import suppress
from typing import IO

import psutil

from sandbox.stack.errors import StackError
from sandbox.stack.places import cache_folder

HOST = "127.0.0.1"
RANGE = range(20_000, 30_000)

_held: dict[int, IO[str]] = {}


def take_port() -> int:
    """Take a free port of this machine for as long as this process lives."""
    folder = cache_folder() / "ports"
    folder.mkdir(exist_ok=True)
    for port in random.sample(RANGE, len(RANGE)):
        if port in _held:
            continue
        file = (folder / str(port)).open("w")
        with suppress(BlockingIOError):
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            if is_free(port):
                _held[port] = file
                return port
        file.close()
    raise StackError(
        f"No port between {RANGE.start} and {RANGE.stop} is free on {HOST}: stop some of what listens there."
    )


def give_back(port: int) -> None:
    """Let others have the port; one that was never taken is left alone."""
    if file := _held.pop(port, None):
        file.close()


def is_free(port: int) -> bool:
    """Tell whether a server could listen here now."""
    with socket.socket() as probe:
        probe.settimeout(1)
        if probe.connect_ex((HOST, port)) == 0:
            return False  # someone listens, perhaps on all addresses, where a bind to this one could still succeed
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((HOST, port))
        except OSError:
            return False
    return True


def require_free(port: int, what: str) -> int:
    """Give the port back if it is free; otherwise say who has it."""
    if not is_free(port):
        raise StackError(f"Port {port} for {what} is taken{_by_whom(port)}: stop that, or choose another port.")
    return port


def _by_whom(port: int) -> str:
    with suppress(psutil.Error, OSError):  # macOS shows other people's connections to root only
        for connection in psutil.net_connections("tcp"):
            if (
                connection.laddr
                and connection.laddr.port == port
                and connection.status == psutil.CONN_LISTEN
                and connection.pid
            ):
                return f" by process {connection.pid} ({psutil.Process(connection.pid).name()})"
    return ""
