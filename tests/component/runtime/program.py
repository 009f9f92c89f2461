"""A small service for the tests that need a process: `python -m tests.component.runtime.program`.

It marks every event of its topic by a row in the table `seen`; PROGRAM_HOLD_SECONDS makes each mark take that long,
inside its transaction. Its log lines go to standard output like any service's.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

import structlog

from libs.contracts.events import VMS_CUSTOMER_TYPES
from libs.runtime import run
from libs.runtime.broker import Consumers
from libs.runtime.database import open_database
from libs.runtime.decode import Received, event_decoder
from libs.runtime.publish import Publisher
from libs.runtime.settings import DatabaseSettings, KafkaSettings
from libs.runtime.settings_load import load

log = structlog.get_logger("program")


class Settings(run.Settings, KafkaSettings, DatabaseSettings):
    """What the program needs."""

    http_port: int = 0
    http_host: str = "127.0.0.1"
    program_service: str
    program_topic: str
    program_hold_seconds: float = 0.0


SEEN = 'create table if not exists seen (partition int, "offset" bigint, number int, at timestamptz default now())'


async def compose(life: run.Life, settings: Settings) -> None:
    """Consume one topic into one table."""
    database = await life.enter(open_database(settings, life.service))
    publisher = await life.enter(Publisher(settings.kafka_bootstrap_servers, life.service, 3.0))
    consumers = Consumers(settings, life.service, publisher, clock=life.clock, dice=life.dice)

    async def mark(batch: Sequence[Received]) -> None:
        async with database.transaction() as connection:
            await connection.executemany(
                'insert into seen (partition, "offset", number) values ($1, $2, $3)',
                [(r.partition, r.offset, r.model.customer_id) for r in batch],  # type: ignore[attr-defined]
            )
            log.info("mark.begun", records=len(batch))
            await asyncio.sleep(settings.program_hold_seconds)

    consumers.deliver(
        [settings.program_topic],
        f"{life.service}-group",
        mark,
        decode=event_decoder({settings.program_topic: VMS_CUSTOMER_TYPES}),
    )
    life.spawn("consumers", consumers.run)
    life.health.add("broker", publisher.check)
    life.health.add("consumers", consumers.check)
    life.health.add("database", database.check)


def main() -> None:
    """Load the settings and live."""
    settings = load(Settings)
    run.run(settings.program_service, settings, lambda life: compose(life, settings))


if __name__ == "__main__":
    main()
