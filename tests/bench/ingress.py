"""The ingress against its own server with a no-op handler, and against a handler written by hand.

All doors stand open at once and are loaded in turn, round by round; each round compares CPU time for each request.
"""

from __future__ import annotations

import asyncio
import contextlib
import urllib.error
import urllib.request
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from deploy import topics
from libs.contracts.topics import ALL
from sandbox import stack
from tests.bench import children, load, machine, webhooks
from tests.bench.doors import HAND_WRITTEN
from tests.bench.figures import Part, of_rounds, ratios
from tests.bench.load import Load

OURS = "ingress"
DOORS = ("no-op", "hand-written", OURS, "unpublished")
CONNECTIONS, MANY_CONNECTIONS = 64, 256


@dataclass(frozen=True, slots=True)
class Size:
    """How much of it."""

    rounds: int
    seconds: float
    rates: tuple[int, ...] = (200, 1000)


FULL = Size(rounds=6, seconds=2)
QUICK = Size(rounds=1, seconds=1, rates=(200,))


@dataclass(frozen=True, slots=True)
class Door:
    """One running server."""

    name: str
    port: int
    pid: int


@dataclass(frozen=True, slots=True)
class Round:
    """One load on one door."""

    cpu_us: float
    seen: Load


def measure(servers: stack.Stack, folder: Path, size: Size) -> Part:
    """Everything about the ingress."""
    asyncio.run(topics.create(servers.kafka_bootstrap, 1, topics=(*ALL, HAND_WRITTEN)))
    part = Part("Ingress: one process, 1.5 KB webhooks, signed, 200 only when durable in Kafka")
    cores = machine.cores()
    with _doors(servers, folder, cores) as doors:
        machine.pin(machine.family(), cores.others)
        machine.pin([door.pid for door in doors.values()], cores.measured)
        for door in doors.values():
            _loaded(door, CONNECTIONS, 1, folder)
        _saturated(part, doors, folder, size)
        _crowded(part, doors, folder, size)
        _paced(part, doors[OURS], size)
    return part


def _saturated(part: Part, doors: dict[str, Door], folder: Path, size: Size) -> None:
    rounds: dict[str, list[Round]] = {name: [] for name in DOORS[:3]}
    for _ in range(size.rounds):
        for name, seen in rounds.items():
            seen.append(_loaded(doors[name], CONNECTIONS, size.seconds, folder))
    cpu = {name: [one.cpu_us for one in seen] for name, seen in rounds.items()}
    ours = [one.seen for one in rounds[OURS]]
    spread = [one.p99_ms / one.p50_ms for one in ours]
    part.figures += [
        of_rounds("CPU, no-op handler ÷ ours", ratios(cpu["no-op"], cpu[OURS]), bar=0.37,
                  note="1 would be: verifying, understanding and storing cost nothing"),
        of_rounds("CPU, hand-written handler ÷ ours", ratios(cpu["hand-written"], cpu[OURS]), bar=0.85),
        *(of_rounds(f"CPU a request, {name}", cpu[name], "µs") for name in cpu),
        of_rounds("rate, 64 connections", [one.requests / one.seconds for one in ours], "a second"),
        of_rounds("p50, 64 connections", [one.p50_ms for one in ours], "ms"),
        of_rounds("p99, 64 connections", [one.p99_ms for one in ours], "ms"),
        of_rounds("p99 ÷ p50, 64 connections", spread, bar=2.2, is_ceiling=True),
    ]  # fmt: skip
    part.rounds["64 connections"] = {name: [_row(one) for one in seen] for name, seen in rounds.items()}


def _crowded(part: Part, doors: dict[str, Door], folder: Path, size: Size) -> None:
    rounds: dict[str, list[Round]] = {OURS: [], "unpublished": []}
    for _ in range(size.rounds):
        for name, seen in rounds.items():
            seen.append(_loaded(doors[name], MANY_CONNECTIONS, size.seconds, folder))
    p99 = {name: [one.seen.p99_ms for one in seen] for name, seen in rounds.items()}
    times = ratios(p99[OURS], p99["unpublished"])
    part.figures += [
        of_rounds("p99, 256 connections", p99[OURS], "ms"),
        of_rounds("p99 ÷ p99 of ours without Kafka, 256 connections", times, bar=1.8, is_ceiling=True),
    ]
    part.rounds["256 connections"] = {name: [_row(one) for one in seen] for name, seen in rounds.items()}


def _paced(part: Part, door: Door, size: Size) -> None:
    for per_second in size.rates:
        seen = [load.paced(door.port, per_second, size.seconds) for _ in range(min(3, size.rounds))]
        _must_be_good(door, *seen)
        part.figures += [
            of_rounds(f"p50 at {per_second:,} a second", [one.p50_ms for one in seen], "ms"),
            of_rounds(f"p99 at {per_second:,} a second", [one.p99_ms for one in seen], "ms"),
        ]


@contextlib.contextmanager
def _doors(servers: stack.Stack, folder: Path, cores: machine.Cores) -> Iterator[dict[str, Door]]:
    with contextlib.ExitStack() as opened:
        doors = {}
        for name in DOORS:
            port = stack.take_port()
            opened.callback(stack.give_back, port)
            log = folder / f"{name}.log"
            module, env = _program(name, port, servers.kafka_bootstrap)
            pid = opened.enter_context(children.running(module, log, cores, env))
            doors[name] = Door(name, port, pid)
        for name, door in doors.items():
            path = "/health/ready" if name == OURS else webhooks.PATH
            children.wait_until(lambda d=door, p=path: _is_open(d, p), door.pid, folder / f"{name}.log")  # type: ignore[misc]
            _must_refuse(door)
        yield doors


def _program(name: str, port: int, bootstrap: str) -> tuple[list[str], dict[str, str]]:
    if name != OURS:
        return ["tests.bench.doors", name, "--port", str(port), "--kafka", bootstrap], {}
    return ["ingress"], {
        "KAFKA_BOOTSTRAP_SERVERS": bootstrap,
        "WEBHOOK_HMAC_SECRETS": webhooks.SECRET,
        "HTTP_HOST": "127.0.0.1",
        "HTTP_PORT": str(port),
    }


def _is_open(door: Door, path: str) -> bool:
    body = None if path.startswith("/health") else webhooks.bodies(1)[0]
    return _status(door, path, body, webhooks.signature(body or b"")) == 200


def _must_refuse(door: Door) -> None:
    """A door that lets anybody in would be cheap."""
    status = _status(door, webhooks.PATH, webhooks.bodies(1)[0], "00")
    if door.name != "no-op" and status != 401:
        raise children.BenchError(f"{door.name} answered {status} to a bad signature: 401 was due")


def _status(door: Door, path: str, body: bytes | None, signature: str) -> int:
    headers = {"content-type": "application/json", "x-keycrm-signature": signature}
    request = urllib.request.Request(f"http://127.0.0.1:{door.port}{path}", body, headers)
    try:
        with urllib.request.urlopen(request, timeout=5) as answer:
            return int(answer.status)
    except urllib.error.HTTPError as error:
        return error.code
    except OSError:
        return 0


def _loaded(door: Door, connections: int, seconds: float, folder: Path) -> Round:
    before = machine.cpu_seconds(door.pid)
    seen = load.saturate(door.port, connections, seconds, folder)
    used = machine.cpu_seconds(door.pid) - before
    _must_be_good(door, seen)
    return Round(used / seen.requests * 1e6, seen)


def _must_be_good(door: Door, *loads: Load) -> None:
    failed = sum(one.failed for one in loads)
    if failed:
        raise children.BenchError(f"{door.name} failed {failed} requests: nothing can be said of its speed")


def _row(one: Round) -> dict[str, float]:
    seen = one.seen
    rate = seen.requests / seen.seconds
    return {"cpu_us": round(one.cpu_us, 1), "per_second": round(rate), "p50_ms": seen.p50_ms, "p99_ms": seen.p99_ms}
