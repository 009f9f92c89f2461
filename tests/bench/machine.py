"""The machine under a measurement: what it is, which core belongs to whom, how much CPU a program has used.

Promises: where there are two cores or more and the system can pin (Linux), what is measured runs on the first one
alone, and load, broker and database on the others; elsewhere nothing is pinned and the report says so.
"""

from __future__ import annotations

import os
import platform
import sys
from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

import psutil

PACKAGES = ("aiokafka", "asyncpg", "faststream", "httptools", "orjson", "pydantic", "uvicorn", "uvloop")


@dataclass(frozen=True, slots=True)
class Cores:
    """Whose core is whose."""

    measured: frozenset[int]
    others: frozenset[int]

    @property
    def is_split(self) -> bool:
        """Whether anything is pinned at all."""
        return self.measured != self.others


def cores() -> Cores:
    """The first core for what is measured, the rest for everything else."""
    mine = sorted(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else []
    if len(mine) < 2:
        return Cores(frozenset(mine), frozenset(mine))
    return Cores(frozenset(mine[:1]), frozenset(mine[1:]))


def everything() -> frozenset[int]:
    """All cores of this machine, for what is not measured by CPU."""
    return frozenset(range(os.cpu_count() or 1))


def pin(pids: Iterable[int], wanted: frozenset[int]) -> None:
    """Keep these processes, with all their threads, on these cores; what has ended meanwhile is passed over."""
    if not wanted or not hasattr(os, "sched_setaffinity"):
        return
    for pid in pids:
        with suppress(OSError):
            for thread in os.listdir(f"/proc/{pid}/task"):
                with suppress(OSError):
                    os.sched_setaffinity(int(thread), wanted)


def family() -> list[int]:
    """This process and everything it has started: the load, and the servers of an embedded stack."""
    me = psutil.Process()
    return [me.pid, *(child.pid for child in me.children(recursive=True))]


def cpu_seconds(pid: int) -> float:
    """CPU time that a process has used so far, all threads."""
    times = psutil.Process(pid).cpu_times()
    return float(times.user + times.system)


def resident_mb(pid: int) -> float:
    """Resident memory of a process."""
    return float(psutil.Process(pid).memory_info().rss) / 1_000_000


def described() -> dict[str, Any]:
    """What a reader must know of the machine."""
    return {
        "processor": _processor(),
        "cores": len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count(),
        "memory_gib": round(psutil.virtual_memory().total / 2**30, 1),
        "system": f"{platform.system()} {platform.release()}",
        "is_pinned": cores().is_split,
    }


def versions() -> dict[str, str]:
    """What the figures depend on."""
    found = {"python": sys.version.split()[0]}
    for name in PACKAGES:
        with suppress(PackageNotFoundError):
            found[name] = version(name)
    return found


def _processor() -> str:
    with suppress(OSError):
        for line in Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines():
            if line.startswith("model name"):
                return line.partition(":")[2].strip()
    return platform.processor() or platform.machine()


def is_alive(pid: int) -> bool:
    """Whether a process still runs."""
    with suppress(psutil.NoSuchProcess):
        return bool(psutil.Process(pid).status() != psutil.STATUS_ZOMBIE)
    return False
