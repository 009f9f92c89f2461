"""Both worlds and all services for the measurements end to end, and when a change became visible on the other side.

VMS tells the time of each of its rows' changes itself, in its events; KeyCRM's side is read off the sandbox's log of
calls: when the call that wrote a record was answered. Both are clocks of this machine, and both are asked after the
changes are done, so that looking costs nothing while it is measured.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from datetime import datetime
from pathlib import Path
from typing import Any

import httpx

from sandbox import stack
from sandbox.system import System
from tests.bench import machine
from tests.world import World

LIFTED = 60_000
WATCHER_KEY = "watcher-key"
PAGE = 50
LOOK_SECONDS = 0.05
IDLE_SECONDS = 120.0
Times = dict[Any, float]
Row = Mapping[str, Any]


class Stage:
    """The running system with the quota lifted."""

    def __init__(self, system: System) -> None:
        self.system = system
        self.world = World(system)
        self.kept: dict[str, Any] = {}
        """What one flow leaves for the next: ids and rows."""

    async def events_since(self, number: int) -> list[dict[str, Any]]:
        """VMS's events after one of them."""
        found: list[dict[str, Any]] = await self.world.vms.admin("GET", f"events?after={number}")
        return found

    async def newest_event(self) -> int:
        """The number of VMS's newest event."""
        events = await self.events_since(0)
        return int(events[-1]["n"]) if events else 0

    async def calls_since(self, number: int) -> list[dict[str, Any]]:
        """KeyCRM's calls after one of them."""
        found: list[dict[str, Any]] = (await self.world.keycrm.admin("GET", f"calls?after={number}"))["calls"]
        return found

    async def newest_call(self) -> int:
        """The number of KeyCRM's newest call."""
        return int((await self.world.keycrm.admin("GET", "calls?after=999999999"))["next"])

    async def idle(self) -> None:
        """Nothing is due any more."""
        await self.world.idle(IDLE_SECONDS)


@asynccontextmanager
async def running(servers: stack.Stack, folder: Path) -> AsyncIterator[Stage]:
    """Everything started, the quota lifted, the seed's articles bound."""
    machine.pin(machine.family(), machine.everything())
    settings = {"KEYCRM_CALLS_PER_MINUTE": str(LIFTED)}
    system = System(servers, folder, settings=settings, keycrm_knobs={"limit_per_minute": None})
    stage = Stage(system)
    try:
        await asyncio.to_thread(system.start)
        await stage.world.fresh()
        await stage.world.keycrm.knobs(keys=["sandbox-key", WATCHER_KEY])
        await stage.world.vms.admin("POST", "events/announce", {"entities": ["article"]})
        await stage.idle()
        yield stage
    finally:
        await stage.world.close()
        await asyncio.to_thread(system.stop)


async def in_vms(stage: Stage, since: int, key_of: Callable[[Row], Any]) -> Times:
    """When each key first stood in VMS, by its events; `key_of` answers None for what is none of it."""
    times: Times = {}
    for event in await stage.events_since(since):
        key = key_of(event["data"])
        if key is not None:
            times.setdefault(key, datetime.fromisoformat(event["data"]["changedAt"]).timestamp())
    return times


async def written_in_keycrm(stage: Stage, since: int, operation: str) -> Times:
    """When the call that wrote a record was answered, by the record's number in the path."""
    times: Times = {}
    for call in await _done(stage, since, operation):
        number = next(int(part) for part in call["path"].split("/") if part.isdigit())
        times[number] = _answered_at(call)
    return times


async def made_in_keycrm(stage: Stage, since: int, operation: str, table: str, key_of: Callable[[Row], Any]) -> Times:
    """When each row was made: ids are given in the order in which the creating calls came."""
    calls = await _done(stage, since, operation)
    rows = sorted((await stage.world.keycrm.state())[table], key=lambda row: int(row["id"]))
    made = rows[len(rows) - len(calls) :] if calls else []
    return {key_of(row): _answered_at(call) for row, call in zip(made, calls, strict=True)}


async def _done(stage: Stage, since: int, operation: str) -> list[dict[str, Any]]:
    return [
        call for call in await stage.calls_since(since) if call["operation"] == operation and call["outcome"] == "done"
    ]


def _answered_at(call: Row) -> float:
    return float(call["at"]) + float(call["duration_ms"]) / 1000


class Watcher:
    """Looks at one of KeyCRM's lists twenty times a second, with a key of its own: levels go many in one call."""

    def __init__(self, stage: Stage, path: str, shown: Callable[[Row], list[Any]]) -> None:
        self._stage = stage
        self._path = path
        self._shown = shown
        self._task: asyncio.Task[None] | None = None
        self.times: Times = {}

    async def __aenter__(self) -> Watcher:
        """Begin to look; what is there already is not counted."""
        self._task = asyncio.create_task(self._look())
        return self

    async def __aexit__(self, *_: object) -> None:
        """Stop looking."""
        assert self._task is not None
        self._task.cancel()
        await asyncio.gather(self._task, return_exceptions=True)

    async def _look(self) -> None:
        headers = {"authorization": f"Bearer {WATCHER_KEY}", "accept": "application/json"}
        async with httpx.AsyncClient(base_url=self._stage.world.keycrm.address, headers=headers, verify=False) as http:
            while True:
                answer = (await http.get(f"{self._path}?limit={PAGE}")).json()
                now = time.time()
                for row in answer["data"]:
                    for key in self._shown(row):
                        self.times.setdefault(key, now)
                await asyncio.sleep(LOOK_SECONDS)
