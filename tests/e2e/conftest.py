"""The world of the end-to-end tests: one a session, every service a process; each test makes its own records.

When all is played, every record of every test is compared on both sides: what differs has its reason.
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio

from sandbox import stack as stacks
from sandbox.system import System
from tests.e2e import canaries
from tests.world import FAST, World


@pytest_asyncio.fixture(scope="session")
async def running_world(stack: stacks.Stack, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[World]:
    """Everything started; the articles of both sides are bound and their levels sent."""
    system = System(
        stack,
        Path(tmp_path_factory.mktemp("world")),
        settings=FAST,
        keycrm_knobs={"limit_per_minute": None},
    )
    world = World(system)
    try:
        system.start()
        await world.fresh()
        await world.vms.admin("POST", "events/announce", {"entities": ["article"]})
        for article in (await world.vms.state())["articles"]:
            await world.bound("articles", article["articleId"], "vms")
        await world.idle()
        yield world
        await world.fresh()
        await world.idle(60)
        outcome = await world.compared()
        assert (outcome["unexplained"], outcome["mended"]) == (0, 0), f"something differs for no reason: {outcome}"
        assert canaries.spilt(world) == {}, "secrets or personal data in what a process has written"
    finally:
        await world.close()
        system.stop()


@pytest_asyncio.fixture
async def world(running_world: World) -> AsyncIterator[World]:
    """The same world, with faults off and calls counted from here."""
    await running_world.fresh()
    await running_world.idle(60)
    await running_world.mark()
    yield running_world
    await running_world.fresh()
