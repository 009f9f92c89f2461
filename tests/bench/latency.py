"""Latency end to end: five changes a second of each flow, from a person's change to the other side's showing it.

All services run with their ordinary settings; only KeyCRM's quota is lifted, on both ends.
"""

from __future__ import annotations

import asyncio
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sandbox import stack
from tests.bench import stage as on
from tests.bench.children import BenchError
from tests.bench.figures import Figure, Part, percentile
from tests.bench.flows import FLOWS, Flow, Look
from tests.bench.stage import Stage, Times

PER_SECOND = 5.0
PATIENCE_SECONDS = 60.0
MOST_SUBJECTS = 40
"""What one page of a watched list shows, beside the seed's own articles."""
P95_BAR = 5.0


@dataclass(frozen=True, slots=True)
class Size:
    """How many changes of each flow."""

    changes: int
    flows: tuple[Flow, ...] = FLOWS


FULL = Size(changes=MOST_SUBJECTS)
QUICK = Size(changes=3)


def measure(servers: stack.Stack, folder: Path, size: Size) -> Part:
    """Each flow alone, one after the other."""
    part = Part(
        f"Latency end to end: {PER_SECOND:g} changes a second, {size.changes} changes a flow, quota lifted",
        ("p95", "p50 … p99"),
    )
    asyncio.run(_all(servers, folder, size, part))
    return part


async def _all(servers: stack.Stack, folder: Path, size: Size, part: Part) -> None:
    async with on.running(servers, folder) as stage:
        for flow in size.flows:
            seconds = await one(stage, flow, size.changes)
            p50, p95, p99 = (percentile(seconds, share) for share in (0.5, 0.95, 0.99))
            part.figures.append(
                Figure(flow.name, p95, "s", bar=P95_BAR, is_ceiling=True, low=p50, high=p99, note=flow.note)
            )
            part.rounds[flow.name] = [round(value, 3) for value in seconds]


async def one(stage: Stage, flow: Flow, number: int) -> list[float]:
    """The seconds of each change of one flow.

    Raises:
        BenchError: a change never showed on the other side.
    """
    async with flow.begin(stage) as look:
        changed = await _changes(stage, flow, number)
        shown = await _until_shown(flow, look, changed)
        await stage.idle()
    return [shown[key] - at for key, at in changed.items()]


async def _changes(stage: Stage, flow: Flow, number: int) -> Times:
    """Each at its own moment, whether or not the one before is through; by key, when it was made."""
    changed: Times = {}
    began = time.monotonic()
    for turn in range(number):
        await asyncio.sleep(max(0.0, began + turn / PER_SECOND - time.monotonic()))
        at = time.time()
        changed[await flow.change(stage, turn)] = at
    return changed


async def _until_shown(flow: Flow, look: Look, changed: Times) -> Times:
    deadline = time.monotonic() + PATIENCE_SECONDS
    while True:
        shown = await look()
        missing: list[Any] = [key for key in changed if key not in shown]
        if not missing:
            return shown
        if time.monotonic() > deadline:
            raise BenchError(f"{flow.name}: {len(missing)} of {len(changed)} changes never showed, one is {missing[0]}")
        await asyncio.sleep(0.5)
