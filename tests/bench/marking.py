"""From Kafka into PostgreSQL: our delivery against a serial loop with the same handler, and against the handler alone.

The handler is inbound-apply's own: for each hint the binding is found or made, its work item raised, the event logged,
in one transaction for a batch. Each run has a database of its own, with everything still to be made.
"""

from __future__ import annotations

import os
import secrets
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from sandbox import stack
from sandbox.stack import databases
from tests.bench import children, machine, records
from tests.bench.consuming import Order
from tests.bench.delivery import Consumed, consume
from tests.bench.figures import Part, of_rounds, ratios

WHICH = ("raw-marking", "marking", "insert-only")
BARS = {500: (0.93, 0.70), 50: (0.85, 0.57)}
PARTITIONS = 16
KEYS = 20_000


@dataclass(frozen=True, slots=True)
class Size:
    """How much of it, by batch."""

    records: dict[int, int]
    rounds: int


FULL = Size(records={500: 40_000, 50: 15_000}, rounds=4)
QUICK = Size(records={500: 2_000}, rounds=1)


def measure(servers: stack.Stack, folder: Path, size: Size) -> Part:
    """Everything about marking."""
    part = Part("Marking: Kafka → PostgreSQL, a transaction for a batch, fsync on")
    cores = machine.cores()
    machine.pin(machine.family(), cores.others)
    topic = records.own_topic("marking", PARTITIONS)
    records.fill(servers.kafka_bootstrap, topic, records.keycrm_orders(KEYS), max(size.records.values()))
    with migrated(servers) as (template, password):
        for batch, number in size.records.items():
            seen = _rounds(servers, topic.name, (batch, number), size.rounds, (template, password), cores)
            _tell(part, batch, seen)
    return part


def _rounds(
    servers: stack.Stack,
    topic: str,
    amount: tuple[int, int],
    rounds: int,
    database: tuple[str, str],
    cores: machine.Cores,
) -> dict[str, list[Consumed]]:
    batch, number = amount
    template, password = database
    seen: dict[str, list[Consumed]] = {which: [] for which in WHICH}
    for _ in range(rounds):
        for which, runs in seen.items():
            owner_url = servers.database(template=template)
            url = databases.address(owner_url, user="sync_service", password=password)
            machine.pin(machine.family(), cores.others)
            runs.append(consume(Order(which, servers.kafka_bootstrap, topic, number, batch, url), cores))
            servers.drop_database(owner_url)
    return seen


def _tell(part: Part, batch: int, seen: dict[str, list[Consumed]]) -> None:
    rate = {which: [one.rate for one in runs] for which, runs in seen.items()}
    cpu = {which: [one.cpu_us for one in runs] for which, runs in seen.items()}
    serial, insert = BARS[batch]
    part.figures += [
        of_rounds(f"rate, ours ÷ serial loop, batch {batch}", ratios(rate["marking"], rate["raw-marking"]), bar=serial),
        of_rounds(f"rate, ours ÷ marks alone, batch {batch}", ratios(rate["marking"], rate["insert-only"]), bar=insert),
        *(of_rounds(f"rate, {which}, batch {batch}", rate[which], "a second") for which in WHICH),
        *(of_rounds(f"CPU a record, {which}, batch {batch}", cpu[which], "µs") for which in WHICH),
    ]
    part.rounds[f"batch {batch}"] = {which: [one.row() for one in runs] for which, runs in seen.items()}


@contextmanager
def migrated(servers: stack.Stack) -> Iterator[tuple[str, str]]:
    """The name of a database with all migrations done, to be copied, and the services' password."""
    url, password = servers.database(f"bench_{secrets.token_hex(4)}"), secrets.token_hex(12)
    done = subprocess.run(
        [sys.executable, "-m", "alembic", "-c", "deploy/alembic.ini", "upgrade", "head"],
        cwd=children.ROOT,
        env=os.environ | {"DATABASE_OWNER_URL": url, "SYNC_SERVICE_PASSWORD": password},
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        raise children.BenchError(f"the migrations failed: {(done.stderr or done.stdout).strip()[-500:]}")
    yield databases.name_of(url), password
    servers.drop_database(url)
