"""Resident memory of each service: idle, and after it has taken 100,000 events.

The ingress takes them as webhooks, the appliers from their sources' topics, the notifier from `sync.event.v1`, the
console as dead letters. What follows from the events (reads of orders that nobody has) goes on meanwhile, inside
KeyCRM's ordinary quota.
"""

from __future__ import annotations

import time
import urllib.request
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import psutil

from libs.contracts.topics import KEYCRM_ORDER, SYNC_EVENT, VMS_ORDER, Topic, dead_letter_topic
from sandbox import stack
from sandbox.system import SERVICES, System
from tests.bench import children, load, machine, records, webhooks
from tests.bench.figures import Figure, Part
from tests.bench.records import Raw

KEYS = 500
IDLE_SECONDS = 5.0
CATCH_UP_SECONDS = 240.0
IDLE_BAR, BUSY_BAR = 80.0, 100.0


@dataclass(frozen=True, slots=True)
class Size:
    """How many events each service takes."""

    events: int


FULL = Size(events=100_000)
QUICK = Size(events=2_000)


def measure(servers: stack.Stack, folder: Path, size: Size) -> Part:
    """All five services, one after the other."""
    part = Part(f"Memory: resident, idle and after {size.events:,} events")
    machine.pin(machine.family(), machine.everything())
    system = System(servers, folder, settings={"WEBHOOK_HMAC_SECRETS": webhooks.SECRET})
    try:
        system.start()
        time.sleep(IDLE_SECONDS)
        pids = {service: _pid(module) for service, module in SERVICES.items()}
        idle = {service: machine.resident_mb(pid) for service, pid in pids.items()}
        busy = _busy(system, size, folder, pids)
    finally:
        system.stop()
    for service in SERVICES:
        part.figures += [
            Figure(f"{service}, idle", idle[service], "MB", bar=IDLE_BAR, is_ceiling=True),
            Figure(f"{service}, after the events", busy[service], "MB", bar=BUSY_BAR, is_ceiling=True),
        ]
    return part


def _busy(system: System, size: Size, folder: Path, pids: dict[str, int]) -> dict[str, float]:
    busy = {}
    _send_webhooks(system, size.events, folder)
    busy["ingress"] = machine.resident_mb(pids["ingress"])
    _catch_up(system, "inbound-apply", KEYCRM_ORDER, size.events)
    busy["inbound-apply"] = machine.resident_mb(pids["inbound-apply"])
    for service, topic, make in (
        ("outbound-sync", VMS_ORDER, records.vms_orders(KEYS)),
        ("notifier", SYNC_EVENT, records.sync_events),
        ("console", dead_letter_topic("outbound-sync"), _dead_letters()),
    ):
        records.fill(system.servers.kafka_bootstrap, topic, make, size.events)
        _catch_up(system, service, topic, size.events)
        busy[service] = machine.resident_mb(pids[service])
    return busy


def _dead_letters() -> Callable[[int], Raw]:
    """VMS's orders as outbound-sync would give them up."""
    make = records.vms_orders(KEYS)

    def letter(number: int) -> Raw:
        return records.dead_letter(make(number), VMS_ORDER.name, number)

    return letter


def _send_webhooks(system: System, number: int, folder: Path) -> None:
    port = int(system.addresses.services["ingress"].rpartition(":")[2])
    sent = 0
    while sent < number:
        seen = load.saturate(port, 64, 2 if number > 10_000 else 1, folder)
        if seen.failed or not seen.requests:
            raise children.BenchError(f"the ingress failed {seen.failed} of {seen.requests} webhooks")
        sent += seen.requests


def _catch_up(system: System, service: str, topic: Topic, number: int) -> None:
    """Wait until the service says that so many records of the topic are marked."""
    deadline = time.monotonic() + CATCH_UP_SECONDS
    while (marked := _marked(system.addresses.services[service], topic.name)) < number:
        if time.monotonic() > deadline:
            raise children.BenchError(f"{service} marked {marked:.0f} of {number} records of {topic.name}: see its log")
        time.sleep(0.25)


def _marked(address: str, topic: str) -> float:
    with urllib.request.urlopen(f"{address}/metrics", timeout=10) as answer:
        lines = answer.read().decode().splitlines()
    wanted = f'sync_marked_records_total{{topic="{topic}"}} '
    return next((float(line.removeprefix(wanted)) for line in lines if line.startswith(wanted)), 0.0)


def _pid(module: str) -> int:
    """The process of one service among those that we have started."""
    for child in psutil.Process().children(recursive=True):
        if child.cmdline()[-2:] == ["-m", module]:
            return int(child.pid)
    raise children.BenchError(f"no process runs {module}")
