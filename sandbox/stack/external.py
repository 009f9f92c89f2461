"""Servers that someone else runs, by their addresses. They are used and never stopped."""

from __future__ import annotations

from collections.abc import Mapping
from urllib.parse import urlsplit

import psycopg

from sandbox.stack import databases
from sandbox.stack.errors import StackError
from sandbox.stack.servers import Stack
from sandbox.stack.waiting import kafka_answers


class ExternalServer:
    """A server that is not ours to stop."""

    def __init__(self, name: str, version: str, port: int) -> None:
        """Remember what it is."""
        self.name, self.version, self.port = name, version, port

    def is_running(self) -> bool:
        """It answered when the stack was made."""
        return True

    def start(self) -> None:
        """Refuse."""
        raise StackError(
            f"The external {self.name} is not ours to start or stop: use SYNC_STACK=embedded or containers."
        )

    def stop(self, *, kill: bool = False) -> None:
        """Refuse."""
        self.start()


def start(environ: Mapping[str, str]) -> Stack:
    """Take the addresses from the environment and see that both answer."""
    bootstrap = _required(environ, "KAFKA_BOOTSTRAP_SERVERS")
    owner_url = _required(environ, "DATABASE_OWNER_URL")
    host, _, port = bootstrap.split(",")[0].rpartition(":")
    if not port.isdigit() or not kafka_answers(host, int(port)):
        raise StackError(
            f"No Kafka answers at KAFKA_BOOTSTRAP_SERVERS={bootstrap}: start it, or correct the address (host:port)."
        )
    try:
        version = databases.server_version(owner_url)
    except psycopg.Error as error:
        shown = databases.without_password(owner_url)
        raise StackError(
            f"No PostgreSQL lets us in at DATABASE_OWNER_URL ({shown}): start it, or correct the address."
        ) from error
    return Stack(
        kind="external",
        kafka=ExternalServer("kafka", "Kafka", int(port)),
        postgres=ExternalServer("postgres", version, urlsplit(owner_url).port or 5432),
        kafka_bootstrap=bootstrap,
        database_owner_url=owner_url,
        can_stop=False,
        place="not started by us",
        _close=lambda: None,
    )


def _required(environ: Mapping[str, str], name: str) -> str:
    if not environ.get(name):
        raise StackError(f"SYNC_STACK=external needs {name}: set it to the address of the running server.")
    return environ[name]
