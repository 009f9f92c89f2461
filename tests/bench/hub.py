"""The hub beside a bare loop that sends a ready frame: CPU for each delivery, delays, stalled clients, memory.

Both doors are open at once and are loaded in turn, round by round. The bare loop is what an ASGI server can do at most:
it knows no groups, no queues, and stops for good at the first client that stops reading.
"""

from __future__ import annotations

import contextlib
import json
import subprocess
import sys
import urllib.parse
import urllib.request
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sandbox import stack
from tests.bench import children, machine
from tests.bench.figures import Figure, Part, of_rounds, ratios

OURS, BARE = "hub", "bare"
STALLED_CLIENTS, STALLED, LARGE_BYTES, LARGE_PER_SECOND = 50, 2, 20_000, 20


@dataclass(frozen=True, slots=True)
class Size:
    """How much of it."""

    rounds: int
    clients: int
    broadcasts: int
    paced_seconds: float
    many: int
    """Clients of the part with one broadcast a second."""
    many_seconds: int


FULL = Size(rounds=5, clients=1_000, broadcasts=100, paced_seconds=4, many=5_000, many_seconds=10)
QUICK = Size(rounds=1, clients=50, broadcasts=200, paced_seconds=1, many=100, many_seconds=2)


@dataclass(frozen=True, slots=True)
class Door:
    """One running server and the clients that listen to it."""

    port: int
    pid: int


@dataclass(frozen=True, slots=True)
class Heard:
    """What all clients of a door heard of one order."""

    cpu_us: float
    """Of the server, for each delivery."""
    seen: dict[str, Any]


class Crowd:
    """Clients in a process of their own."""

    def __init__(self, door: Door, clients: int, stalled: int, cores: machine.Cores) -> None:
        self._door = door
        self._healthy = clients - stalled
        self._child = subprocess.Popen(
            [sys.executable, "-m", "tests.bench.listeners", "--port", str(door.port), "--clients", str(clients),
             "--stalled", str(stalled)],
            cwd=children.ROOT, env=children.environment({}), text=True, stdin=subprocess.PIPE, stdout=subprocess.PIPE,
        )  # fmt: skip
        machine.pin([self._child.pid], cores.others)
        self._line()

    def hear(self, events: int, **asked: Any) -> Heard:
        """Have events said, and wait until every healthy client has them."""
        assert self._child.stdin is not None
        before = machine.cpu_seconds(self._door.pid)
        self._child.stdin.write(f"{events}\n")
        self._child.stdin.flush()
        _get(self._door, "/say?" + urllib.parse.urlencode(asked))
        seen = json.loads(self._line())
        used = machine.cpu_seconds(self._door.pid) - before
        return Heard(used / (events * self._healthy) * 1e6, seen)

    def leave(self) -> None:
        """All of them go."""
        self._child.kill()
        self._child.wait()

    def _line(self) -> str:
        assert self._child.stdout is not None
        line = self._child.stdout.readline()
        if not line:
            raise children.BenchError("the hub's clients ended: they did not hear all that was said within a minute")
        return line


def measure(_servers: stack.Stack, folder: Path, size: Size) -> Part:
    """Everything about the hub; it needs neither Kafka nor a database."""
    part = Part(f"Hub: {size.clients:,} WebSocket clients, JSON, events of about a kilobyte in two languages")
    cores = machine.cores()
    machine.pin(machine.family(), cores.others)
    with _doors(folder, cores) as doors:
        _memory(part, doors, size, cores)
        with _crowds(doors, size.clients, 0, cores) as crowds:
            _back_to_back(part, crowds, size)
            _paced(part, crowds, size)
        _stalled(part, doors[OURS], size, cores)
        _many(part, doors, size, cores)
    return part


def _memory(part: Part, doors: dict[str, Door], size: Size, cores: machine.Cores) -> None:
    grown = {}
    for name, door in doors.items():
        before = machine.resident_mb(door.pid)
        with _crowds({name: door}, size.clients, 0, cores):
            grown[name] = (machine.resident_mb(door.pid) - before) * 1e6 / 1024 / size.clients
    part.figures += [Figure(f"memory a connection, {name}", value, "KiB") for name, value in grown.items()]


def _back_to_back(part: Part, crowds: dict[str, Crowd], size: Size) -> None:
    rounds: dict[str, list[Heard]] = {name: [] for name in crowds}
    together: list[Heard] = []
    for _ in range(size.rounds):
        for name, crowd in crowds.items():
            rounds[name].append(crowd.hear(size.broadcasts, times=size.broadcasts))
        together.append(crowds[OURS].hear(size.broadcasts, times=size.broadcasts // 10, together=10))
    cpu = {name: [one.cpu_us for one in seen] for name, seen in rounds.items()}
    rate = {name: [one.seen["heard"] / one.seen["seconds"] for one in seen] for name, seen in rounds.items()}
    part.figures += [
        of_rounds("CPU, bare loop ÷ hub", ratios(cpu[BARE], cpu[OURS]), bar=0.8,
                  note="1 would be: queues, groups and bounds cost nothing"),
        *(of_rounds(f"CPU a delivery, {name}", cpu[name], "µs") for name in cpu),
        *(of_rounds(f"deliveries, {name}", rate[name], "a second") for name in rate),
        of_rounds("CPU an event and client, hub, ten said together", [one.cpu_us for one in together], "µs"),
    ]  # fmt: skip
    part.rounds["back to back"] = {name: [one.seen for one in seen] for name, seen in rounds.items()}


def _paced(part: Part, crowds: dict[str, Crowd], size: Size) -> None:
    events = round(size.paced_seconds * 5)
    for name, crowd in crowds.items():
        seen = [crowd.hear(events, times=events, pause=0.2) for _ in range(min(3, size.rounds))]
        part.figures += [
            of_rounds(f"p50 at 5 a second, {name}", [one.seen["p50"] for one in seen], "ms"),
            of_rounds(f"p99 at 5 a second, {name}", [one.seen["p99"] for one in seen], "ms"),
            of_rounds(f"CPU a delivery at 5 a second, {name}", [one.cpu_us for one in seen], "µs"),
        ]


def _stalled(part: Part, door: Door, size: Size, cores: machine.Cores) -> None:
    """The same large events with and without clients that stopped reading, in turn."""
    events = round(size.paced_seconds * LARGE_PER_SECOND)
    asked = {"times": events, "pause": 1 / LARGE_PER_SECOND, "bytes": LARGE_BYTES}
    p99: dict[int, list[float]] = {0: [], STALLED: []}
    for _ in range(min(3, size.rounds)):
        for stalled, seen in p99.items():
            with _crowds({OURS: door}, STALLED_CLIENTS, stalled, cores) as crowds:
                seen.append(crowds[OURS].hear(events, **asked).seen["p99"])
    part.figures += [
        of_rounds(
            f"p99, {STALLED_CLIENTS} clients, {LARGE_BYTES // 1000} KB at {LARGE_PER_SECOND} a second", p99[0], "ms"
        ),
        of_rounds(f"the same of the healthy ones with {STALLED} stalled", p99[STALLED], "ms"),
        of_rounds("p99, some stalled ÷ none stalled", ratios(p99[STALLED], p99[0]), bar=2, is_ceiling=True),
    ]


def _many(part: Part, doors: dict[str, Door], size: Size, cores: machine.Cores) -> None:
    """Many clients and one event a second: what nobody's loop may be busy with for long."""
    seen: dict[str, list[Heard]] = {name: [] for name in doors}
    with _crowds(doors, size.many, 0, cores) as crowds:
        for _ in range(min(3, size.rounds)):
            for name, crowd in crowds.items():
                seen[name].append(crowd.hear(size.many_seconds, times=size.many_seconds, pause=1))
    cpu = {name: [one.cpu_us for one in heard] for name, heard in seen.items()}
    what = f"{size.many:,} clients, 1 a second"
    part.figures.append(of_rounds(f"CPU, bare loop ÷ hub, {what}", ratios(cpu[BARE], cpu[OURS])))
    for name, heard in seen.items():
        part.figures += [
            of_rounds(f"CPU a delivery, {what}, {name}", cpu[name], "µs"),
            of_rounds(f"p50, {what}, {name}", [one.seen["p50"] for one in heard], "ms"),
            of_rounds(f"p99, {what}, {name}", [one.seen["p99"] for one in heard], "ms"),
        ]
    part.rounds[what] = {name: [one.seen for one in heard] for name, heard in seen.items()}


@contextlib.contextmanager
def _doors(folder: Path, cores: machine.Cores) -> Iterator[dict[str, Door]]:
    with contextlib.ExitStack() as opened:
        doors = {}
        for name in (OURS, BARE):
            port = stack.take_port()
            opened.callback(stack.give_back, port)
            log = folder / f"{name}.log"
            pid = opened.enter_context(
                children.running(["tests.bench.hub_doors", name, "--port", str(port)], log, cores, {})
            )
            doors[name] = Door(port, pid)
            children.wait_until(lambda d=doors[name]: _is_open(d), pid, log)  # type: ignore[misc]  # bound now
        yield doors


@contextlib.contextmanager
def _crowds(doors: dict[str, Door], clients: int, stalled: int, cores: machine.Cores) -> Iterator[dict[str, Crowd]]:
    crowds: dict[str, Crowd] = {}
    try:
        for name, door in doors.items():
            crowds[name] = Crowd(door, clients, stalled, cores)
        yield crowds
    finally:
        for crowd in crowds.values():
            crowd.leave()


def _is_open(door: Door) -> bool:
    try:
        _get(door, "/say?times=0")
    except OSError:
        return False
    return True


def _get(door: Door, path: str) -> None:
    with urllib.request.urlopen(f"http://127.0.0.1:{door.port}{path}", timeout=60) as answer:
        answer.read()
