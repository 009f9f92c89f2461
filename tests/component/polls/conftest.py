"""Fixtures: what polls and sweeps work with, on a real PostgreSQL and both running sandbox systems."""

from __future__ import annotations

import uuid
from collections.abc import AsyncIterator, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest
import pytest_asyncio
from pydantic import SecretStr

from inbound_apply.poll import Polls
from inbound_apply.settings import Settings
from libs.clients.keycrm import KeyCrmClient
from libs.clients.vms import VmsClient
from libs.contracts.types import Side
from libs.flow.flow import Flow
from libs.flow.opening import StartAt, read_pairs
from libs.flow.reach import Reach
from libs.reconcile.guard import Limits
from libs.runtime.database import open_database
from libs.runtime.settings import DatabaseSettings
from outbound_sync.poll import Sweep
from tests.fakes import ManualClock, NotedQuota
from tests.sandboxes import Sandbox, running

PAIRS = Path(__file__).parents[3] / "deploy" / "pairs.sample.toml"
START_AT = datetime.now(UTC) - timedelta(hours=1)


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
def keycrm(running_keycrm: Sandbox) -> Iterator[Sandbox]:
    """KeyCRM with its seed and no limit; whatever was sent must fit its description."""
    running_keycrm.reset()
    running_keycrm.knobs(limit_per_minute=None)
    yield running_keycrm
    assert running_keycrm.breaches() == []


@pytest.fixture
def vms(running_vms: Sandbox) -> Iterator[Sandbox]:
    """VMS with its seed; whatever was sent must fit its types."""
    running_vms.reset()
    yield running_vms
    assert running_vms.breaches() == []


@pytest.fixture
def clock() -> ManualClock:
    """Today's time, turned by the test."""
    return ManualClock(datetime.now(UTC))


@pytest.fixture
def settings(database_url: str, keycrm: Sandbox, vms: Sandbox) -> Settings:
    """inbound-apply's settings; the waits are the defaults."""
    values: dict[str, Any] = {
        "kafka_bootstrap_servers": "127.0.0.1:9", "database_url": database_url, "keycrm_api_key": "sandbox-key",
        "keycrm_base_url": f"{keycrm.address}/v1", "keycrm_source_id": 3, "vms_base_url": vms.address,
        "sync_pairs_file": PAIRS, "sync_start_at": START_AT, "keycrm_timeout_seconds": 5, "vms_timeout_seconds": 5,
    }  # fmt: skip
    return Settings(_env_file=None, **values)


@pytest_asyncio.fixture
async def flow(settings: Settings, clock: ManualClock) -> AsyncIterator[Flow]:
    """What a service works with; its side does not matter to a poll."""
    times = settings.times()
    quota = NotedQuota(clock, left=100_000, grant_seconds=600)
    async with (
        open_database(DatabaseSettings(database_url=settings.database_url, _env_file=None), "test-polls") as database,
        KeyCrmClient(str(settings.keycrm_base_url), SecretStr("sandbox-key"), quota, clock) as keycrm,
        VmsClient(str(settings.vms_base_url), clock) as vms,
    ):
        yield Flow(
            service="test", side=Side.VMS, database=database, keycrm=keycrm, vms=vms, pairs=read_pairs(PAIRS),
            zone=ZoneInfo(settings.vms_time_zone), times=times, image_max_age_seconds=1.0, our_source_id=3,
            clock=clock, new_id=uuid.uuid4,
            limits=Limits(settings.sync_blast_radius_share),
        )  # fmt: skip


@pytest.fixture
def polls(flow: Flow, settings: Settings) -> Polls:
    """inbound-apply's polls."""
    return Polls(flow, settings, StartAt(flow, settings.sync_start_at), Reach(flow))


@pytest.fixture
def sweep(flow: Flow, settings: Settings) -> Sweep:
    """outbound-sync's sweep."""
    return Sweep(flow, StartAt(flow, settings.sync_start_at))
