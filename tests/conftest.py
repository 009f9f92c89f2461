"""Fixtures for every ring. Nothing here is imported by a test; shared code lies in modules beside this file.

Whoever asks for `stack`, or for an address of it, gets a real Kafka and a real PostgreSQL, started once a session.
"""

from __future__ import annotations

import asyncio
import inspect
import os
import secrets
import subprocess
import sys
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
import pytest_asyncio
from aiokafka.admin import AIOKafkaAdminClient, NewTopic

from sandbox import stack as stacks
from sandbox.stack import databases

ROOT = Path(__file__).parent.parent
SERVICE_ROLE = "sync_service"
DESCRIBED = pytest.StashKey[str]()


@pytest.fixture(scope="session")
def stack(pytestconfig: pytest.Config) -> Iterator[stacks.Stack]:
    """The session's Kafka and PostgreSQL, as SYNC_STACK says."""
    with stacks.start(durable=False) as servers:
        pytestconfig.stash[DESCRIBED] = servers.describe()
        if (output := getattr(pytestconfig, "workeroutput", None)) is not None:
            output["stack"] = servers.describe()
        yield servers


@pytest.fixture
def breakable_stack(stack: stacks.Stack) -> Iterator[stacks.Stack]:
    """The session's stack for a test that stops its servers; both run again afterwards, whatever the test did."""
    if not stack.can_stop:
        pytest.skip("the external servers are not ours to stop")
    yield stack
    for server in (stack.kafka, stack.postgres):
        if not server.is_running():
            server.start()


@pytest.fixture(scope="session")
def kafka_bootstrap(stack: stacks.Stack) -> str:
    """The broker's address, host:port."""
    return stack.kafka_bootstrap


@pytest.fixture(scope="session")
def service_password(stack: stacks.Stack) -> str:
    """The password of the services' role, which all databases of one server share."""
    given = urlsplit(os.environ.get("DATABASE_URL", "")) if stack.kind == "external" else urlsplit("")
    return (given.username == SERVICE_ROLE and given.password) or secrets.token_hex(12)


@pytest.fixture(scope="session")
def migrated_template(stack: stacks.Stack, service_password: str) -> str:
    """The name of a database with all migrations done; the tests' databases are copies of it."""
    url = stack.database(f"template_{secrets.token_hex(4)}")
    done = subprocess.run(
        [sys.executable, "-m", "alembic", "-c", "deploy/alembic.ini", "upgrade", "head"],
        cwd=ROOT,
        env=os.environ | {"DATABASE_OWNER_URL": url, "SYNC_SERVICE_PASSWORD": service_password},
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, f"the migrations failed:\n{done.stdout}{done.stderr}"
    return databases.name_of(url)


@pytest.fixture
def database_owner_url(stack: stacks.Stack, migrated_template: str) -> Iterator[str]:
    """The owner's address of a fresh, migrated database."""
    url = stack.database(template=migrated_template)
    yield url
    stack.drop_database(url)


@pytest.fixture
def database_url(database_owner_url: str, service_password: str) -> str:
    """The services' address of the same fresh database, as DATABASE_URL has it."""
    return databases.address(database_owner_url, user=SERVICE_ROLE, password=service_password)


@pytest.fixture
def empty_database_owner_url(stack: stacks.Stack) -> Iterator[str]:
    """The owner's address of a fresh database without any migration."""
    url = stack.database()
    yield url
    stack.drop_database(url)


@pytest.fixture
def topic_prefix() -> str:
    """A prefix for topics and groups that no other test uses."""
    return f"test-{secrets.token_hex(4)}"


@pytest_asyncio.fixture
async def new_topic(kafka_bootstrap: str, topic_prefix: str) -> AsyncIterator[Callable[..., Awaitable[str]]]:
    """Make topics: `await new_topic("orders", partitions=3, **{"cleanup.policy": "compact"})` gives the full name."""
    admin = AIOKafkaAdminClient(bootstrap_servers=kafka_bootstrap)
    await admin.start()
    made: list[str] = []

    async def make(name: str = "topic", partitions: int = 1, **config: str) -> str:
        made.append(f"{topic_prefix}.{name}")
        answer = await admin.create_topics([NewTopic(made[-1], partitions, 1, topic_configs=config)])
        assert [error[1] for error in answer.topic_errors] == [0], answer
        return made[-1]

    yield make
    await admin.delete_topics(made)
    await admin.close()


@pytest.fixture(autouse=True)
def _no_task_left(request: pytest.FixtureRequest) -> None:
    """Fail an asynchronous test that leaves a task behind."""
    if inspect.iscoroutinefunction(getattr(request, "function", None)):
        request.getfixturevalue("_tasks_end")


@pytest_asyncio.fixture
async def _tasks_end() -> AsyncIterator[None]:
    before = asyncio.all_tasks()
    yield
    left = asyncio.all_tasks() - before - {asyncio.current_task()}
    if left:  # what is just ending may end
        _, left = await asyncio.wait(left, timeout=2)
    for task in left:
        task.cancel()
    assert not left, f"tasks left running: {', '.join(str(task.get_coro()) for task in left)}"


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark what needs the stack, so that `-m "not stack"` runs the rest."""
    for item in items:
        if "stack" in getattr(item, "fixturenames", ()):
            item.add_marker("stack")


@pytest.hookimpl(optionalhook=True)
def pytest_testnodedown(node: Any) -> None:
    """Side by side, each worker has a stack of its own: remember it for the summary."""
    if (described := getattr(node, "workeroutput", {}).get("stack")) is not None:
        node.config.stash[DESCRIBED] = "; ".join(filter(None, [node.config.stash.get(DESCRIBED, None), described]))


def pytest_report_header() -> str:
    """Say which stack tests will use."""
    return f"stack: {os.environ.get('SYNC_STACK') or 'embedded'} (SYNC_STACK)"


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter, config: pytest.Config) -> None:
    """Say which stack the tests ran on."""
    terminalreporter.write_line(f"stack: {config.stash.get(DESCRIBED, 'no test needed it')}")
