"""Servers that someone else runs: used, tidied up after, never stopped."""

from __future__ import annotations

import asyncpg
import pytest

from sandbox import stack as stacks
from sandbox.stack import databases, external


@pytest.fixture
def addresses(stack: stacks.Stack) -> dict[str, str]:
    """The session's servers, as someone else's."""
    return {"KAFKA_BOOTSTRAP_SERVERS": stack.kafka_bootstrap, "DATABASE_OWNER_URL": stack.database_owner_url}


def test_external_servers_are_not_ours_to_stop(addresses: dict[str, str]) -> None:
    """Stopping one is refused with what to use instead; leaving the stack leaves them running."""
    with external.start(addresses) as servers:
        for server in (servers.kafka, servers.postgres):
            with pytest.raises(stacks.StackError, match=f"external {server.name} is not ours.*: use SYNC_STACK="):
                server.stop()
        described = servers.describe()

    assert not servers.can_stop
    assert described.startswith(f"external: Kafka at {addresses['KAFKA_BOOTSTRAP_SERVERS']}, PostgreSQL 18")
    external.start(addresses)


async def test_only_our_own_databases_go_from_an_external_server(
    addresses: dict[str, str], empty_database_owner_url: str
) -> None:
    """What this stack made is dropped at its end, what was there before stays."""
    with external.start(addresses) as servers:
        made = servers.database()
        connection = await asyncpg.connect(made)
        await connection.close()

    with pytest.raises(asyncpg.InvalidCatalogNameError):
        await asyncpg.connect(made)
    connection = await asyncpg.connect(empty_database_owner_url)
    await connection.close()


def test_a_database_that_lets_nobody_in_is_one_sentence_without_the_password(addresses: dict[str, str]) -> None:
    """A wrong password is told with the variable's name; the password itself is not shown."""
    wrong = databases.address(addresses["DATABASE_OWNER_URL"], user="postgres", password="not-this-one")

    with pytest.raises(stacks.StackError, match=r"No PostgreSQL lets us in at DATABASE_OWNER_URL") as raised:
        external.start(addresses | {"DATABASE_OWNER_URL": wrong})

    assert "not-this-one" not in str(raised.value)
    assert "\n" not in str(raised.value)
