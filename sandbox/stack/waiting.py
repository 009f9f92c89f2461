"""Wait for a server, with its own last words in the error when it does not come up."""

from __future__ import annotations

import socket
import struct
import threading
import time
from collections.abc import Callable

import psycopg

from sandbox.stack import databases
from sandbox.stack.errors import StackError

LOOK_SECONDS = 0.05
PATIENCE_SECONDS = 90  # a broker takes two, a busy machine a few times that
METADATA, VERSION, NO_CLIENT_ID, NO_TOPICS = 3, 1, -1, 0  # of the Kafka protocol


def until(is_ready: Callable[[], bool], has_ended: Callable[[], bool], what: str, log: Callable[[], str]) -> None:
    """Return when the server is ready; raise with its log's end when it ended or time is up."""
    deadline = time.monotonic() + PATIENCE_SECONDS
    while not is_ready():
        if has_ended():
            raise StackError(f"{what} ended while starting{_last_words(log)}")
        if time.monotonic() > deadline:
            raise StackError(f"{what} did not answer within {PATIENCE_SECONDS} s{_last_words(log)}")
        time.sleep(LOOK_SECONDS)


def kafka_answers(host: str, port: int) -> bool:
    """Ask for the metadata of no topic: a broker that serves names itself."""
    request = struct.pack(">hhihi", METADATA, VERSION, 1, NO_CLIENT_ID, NO_TOPICS)
    try:
        with socket.create_connection((host, port), timeout=3) as connection, connection.makefile("rb") as answers:
            connection.sendall(struct.pack(">i", len(request)) + request)
            head = answers.read(12)  # size, correlation id, number of brokers
    except OSError:
        return False
    return len(head) == 12 and bool(struct.unpack(">iii", head)[2] > 0)


def postgres_answers(owner_url: str) -> bool:
    """Log in."""
    try:
        databases.server_version(owner_url)
    except psycopg.Error:
        return False
    return True


def all_of(*actions: Callable[[], None]) -> None:
    """Run blocking actions side by side; the first error is raised without waiting for the others."""
    failed: list[BaseException] = []
    threads = [threading.Thread(target=_run, args=(action, failed), daemon=True) for action in actions]
    for thread in threads:
        thread.start()
    while any(thread.is_alive() for thread in threads) and not failed:
        threads[0].join(LOOK_SECONDS)
    if failed:
        raise failed[0]


def _run(action: Callable[[], None], failed: list[BaseException]) -> None:
    try:
        action()
    except BaseException as error:  # noqa: BLE001 - carried over to the thread that waits, which raises it
        failed.append(error)


def _last_words(log: Callable[[], str]) -> str:
    lines = [line.strip() for line in log().splitlines() if line.strip()]
    return f"; the end of its log: {' / '.join(lines[-3:])}" if lines else "."
