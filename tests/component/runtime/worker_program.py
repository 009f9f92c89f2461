"""A worker as a process, for the tests that kill it: `python -m tests.component.runtime.worker_program`.

Works the bindings due towards VMS; each handler takes PROGRAM_HOLD_SECONDS, then has nothing to record.
"""

from __future__ import annotations

import asyncio

import structlog

from libs.contracts.types import Side
from libs.runtime import run
from libs.runtime.circuit import Circuits
from libs.runtime.database import open_database
from libs.runtime.pace import Pace
from libs.runtime.settings import DatabaseSettings
from libs.runtime.settings_load import load
from libs.runtime.work import Lease, Recorded, WorkItem
from libs.runtime.worker import Conduct, Worker
from libs.state.queue import BindingQueue

log = structlog.get_logger("program")


class Settings(run.Settings, DatabaseSettings):
    """What the program needs."""

    http_port: int = 0
    http_host: str = "127.0.0.1"
    program_hold_seconds: float = 0.0
    program_lease_seconds: float = 3.0


async def compose(life: run.Life, settings: Settings) -> None:
    """One worker, no quota, no partners."""
    database = await life.enter(open_database(settings, life.service))

    async def handle(item: WorkItem, lease: Lease) -> Recorded:
        log.info("item.begun")
        await asyncio.sleep(settings.program_hold_seconds)
        return Recorded.NOTHING

    worker = Worker(
        BindingQueue(database, Side.VMS, "inbound-apply"),
        handle,
        clock=life.clock,
        dice=life.dice,
        circuits=Circuits(life.clock, life.dice),
        pace=Pace(life.monotonic),
        needs=frozenset(),
        conduct=Conduct(lease_seconds=settings.program_lease_seconds),
    )
    life.spawn("worker", worker.run)
    life.health.add("database", database.check)


if __name__ == "__main__":
    loaded = load(Settings)
    run.run("worker-program", loaded, lambda life: compose(life, loaded))
