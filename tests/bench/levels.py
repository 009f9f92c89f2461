"""Thousands of stock changes inside KeyCRM's ordinary quota of sixty calls a minute: how many calls they cost.

A hundred articles in two warehouses are counted again and again within twenty seconds. One call for each change, as a
sync without levels makes it, would be as many calls as changes.
"""

from __future__ import annotations

import asyncio
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import asyncpg

from sandbox import stack
from tests.bench import stage as on
from tests.bench.children import BenchError
from tests.bench.figures import Figure, Part
from tests.bench.stage import Stage

WAREHOUSES = {"main": 1, "shop": 2}
CALLS_A_MINUTE = 60
AGREE_SECONDS = 120.0
WRITE = "setStocks"


@dataclass(frozen=True, slots=True)
class Size:
    """So many articles, each figure of theirs changed so often."""

    articles: int
    times: int
    seconds: float


FULL = Size(articles=100, times=10, seconds=20)
QUICK = Size(articles=3, times=2, seconds=1)


def measure(servers: stack.Stack, folder: Path, size: Size) -> Part:
    """Everything about levels."""
    changes = size.articles * len(WAREHOUSES) * size.times
    part = Part(f"Levels: {changes:,} stock changes in {size.seconds:g} s, {CALLS_A_MINUTE} calls a minute")
    asyncio.run(_all(servers, folder, size, part))
    return part


async def _all(servers: stack.Stack, folder: Path, size: Size, part: Part) -> None:
    async with on.running(servers, folder) as stage:
        skus = await _articles(stage, size.articles)
        await _ordinary_quota(stage)
        since = await stage.newest_call()
        began = time.monotonic()
        wanted = await _count_again(stage, skus, size)
        changed = time.monotonic()
        await _until_agreed(stage, wanted)
        agreed = time.monotonic()
        calls = await stage.calls_since(since)
    changes = len(wanted) * size.times
    writes = sum(call["operation"] == WRITE for call in calls)
    refused = sum(call["status"] == 429 for call in calls)
    part.figures += [
        Figure("calls for the stock", writes, note=f"one call for each change would be {changes:,}"),
        Figure("changes for one call", changes / writes),
        Figure("all calls in that time, polls with them", len(calls)),
        Figure("calls that KeyCRM refused for its limit", refused, bar=0, is_ceiling=True),
        Figure("last change → both sides agree", agreed - changed, "s"),
        Figure("first change → both sides agree", agreed - began, "s",
               note=f"one call for each change would take {changes / CALLS_A_MINUTE:.0f} minutes"),
    ]  # fmt: skip


async def _articles(stage: Stage, number: int) -> list[str]:
    """So many articles on both sides, their stock sent."""
    skus = [f"BENCH-{stage.world.name()}" for _ in range(number)]
    for sku in skus:
        body = {"name": f"Ліхтар {sku}", "nameUa": f"Ліхтар {sku}", "sku": sku, "stock": dict.fromkeys(WAREHOUSES, 1)}
        await stage.world.vms.admin("POST", "articles", body)
    await _until_agreed(stage, {(sku, warehouse): 1.0 for sku in skus for warehouse in WAREHOUSES})
    await stage.idle()
    return skus


async def _ordinary_quota(stage: Stage) -> None:
    """Sixty calls a minute, on both ends; what the set-up has used of them is forgotten."""
    settings = {"KEYCRM_CALLS_PER_MINUTE": str(CALLS_A_MINUTE)}
    appliers = ("inbound-apply", "outbound-sync")
    for service in appliers:
        await asyncio.to_thread(stage.system.terminate, service)
    await _forget_calls(stage)
    await stage.world.keycrm.knobs(limit_per_minute=CALLS_A_MINUTE)
    for service in appliers:
        await asyncio.to_thread(stage.system.restart, service, **settings)
    await stage.idle()


async def _forget_calls(stage: Stage) -> None:
    connection = await asyncpg.connect(stage.system.database_owner_url)
    await connection.execute("DELETE FROM quota_grant")
    await connection.close()


async def _count_again(stage: Stage, skus: list[str], size: Size) -> dict[tuple[str, str], float]:
    """Every figure so many times, spread over the seconds; answers what stands at last."""
    wanted: dict[tuple[str, str], float] = {}
    began = time.monotonic()
    for turn in range(size.times):
        await asyncio.sleep(max(0.0, began + turn * size.seconds / size.times - time.monotonic()))
        stock = [
            {"sku": sku, "warehouse": warehouse, "quantity": 10 + turn + number}
            for number, sku in enumerate(skus)
            for warehouse in WAREHOUSES
        ]
        await stage.world.vms.admin("PUT", "levels", {"stock": stock})
        wanted |= {(str(row["sku"]), str(row["warehouse"])): float(str(row["quantity"])) for row in stock}
    return wanted


async def _until_agreed(stage: Stage, wanted: dict[tuple[str, str], float]) -> None:
    deadline = time.monotonic() + AGREE_SECONDS
    while True:
        missing = await _missing(stage, wanted)
        if not missing:
            return
        if time.monotonic() > deadline:
            raise BenchError(f"{missing} of {len(wanted)} stock figures never reached KeyCRM")
        await asyncio.sleep(0.25)


async def _missing(stage: Stage, wanted: dict[tuple[str, str], float]) -> int:
    rows: list[dict[str, Any]] = (await stage.world.keycrm.state())["stocks"]
    shown = {(row["sku"], row["warehouse_id"]): float(row["quantity"]) for row in rows}
    return sum(shown.get((sku, WAREHOUSES[name])) != figure for (sku, name), figure in wanted.items())
