"""Fixtures: both sandbox systems running, as they start; a test that made them see a breach fails."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from datetime import UTC, datetime

import pytest
import pytest_asyncio
from pydantic import SecretStr

from libs.clients.keycrm import KeyCrmClient
from libs.clients.terms import Terms
from libs.clients.vms import VmsClient
from libs.contracts.types import Lane
from tests.fakes import ManualClock, NotedQuota
from tests.sandboxes import Sandbox, running

API_KEY = "sandbox-key"


@pytest.fixture(scope="session")
def running_keycrm() -> Iterator[Sandbox]:
    """KeyCRM's sandbox, once a session."""
    with running("keycrm") as sandbox:
        yield sandbox


@pytest.fixture(scope="session")
def running_vms() -> Iterator[Sandbox]:
    """VMS's sandbox, once a session."""
    with running("vms") as sandbox:
        yield sandbox


@pytest.fixture
def keycrm_sandbox(running_keycrm: Sandbox) -> Iterator[Sandbox]:
    """KeyCRM with its seed; whatever the test sent must fit its description."""
    running_keycrm.reset()
    yield running_keycrm
    assert running_keycrm.breaches() == []


@pytest.fixture
def vms_sandbox(running_vms: Sandbox) -> Iterator[Sandbox]:
    """VMS with its seed; whatever the test sent must fit its types."""
    running_vms.reset()
    yield running_vms
    assert running_vms.breaches() == []


@pytest.fixture
def clock() -> ManualClock:
    """Today's time, standing still."""
    return ManualClock(datetime.now(UTC))


@pytest.fixture
def quota(clock: ManualClock) -> NotedQuota:
    """A quota that notes what it is told."""
    return NotedQuota(clock)


@pytest_asyncio.fixture
async def keycrm(keycrm_sandbox: Sandbox, quota: NotedQuota, clock: ManualClock) -> AsyncIterator[KeyCrmClient]:
    """The client of KeyCRM's sandbox."""
    address = f"{keycrm_sandbox.address}/v1"
    async with KeyCrmClient(address, SecretStr(API_KEY), quota, clock, timeout_seconds=2) as client:
        yield client


@pytest_asyncio.fixture
async def vms(vms_sandbox: Sandbox, clock: ManualClock) -> AsyncIterator[VmsClient]:
    """The client of VMS's sandbox."""
    async with VmsClient(vms_sandbox.address, clock, timeout_seconds=2) as client:
        yield client


@pytest.fixture
def terms() -> Terms:
    """Calls without a lease."""
    return Terms(Lane.ORDER)
