"""Processes: each tells that it runs, with which settings, and which of its parts do not work.

Safe because nothing depends on it: a process that cannot tell works on. What is told is masked as in the log of the
start, so no secret leaves the process; one that ended tells so by its absence, one that was killed by its silence.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from libs.runtime.database import Connection, Database
from libs.runtime.errors import WorldUnavailable
from libs.runtime.health import Health
from libs.runtime.work import Clock

EVERY_SECONDS = 5.0
SILENT = timedelta(seconds=20)
"""A process that has told nothing for so long does not work."""
_FORGOTTEN = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Process:
    """One process as it last told; `parts` names what it needs: None where it works, else why not."""

    id: UUID
    service: str
    started_at: datetime
    seen_at: datetime
    settings: Mapping[str, Any]
    parts: Mapping[str, str | None]

    def is_silent(self, now: datetime) -> bool:
        """Whether it should have told something since."""
        return now - self.seen_at > SILENT


async def tell(conn: Connection, process: Process) -> None:
    """Note how the process is; what has been silent for a day is forgotten."""
    await conn.execute(
        """INSERT INTO process (id, service, started_at, seen_at, settings, parts) VALUES ($1, $2, $3, $4, $5, $6)
           ON CONFLICT (id) DO UPDATE SET seen_at = excluded.seen_at, parts = excluded.parts""",
        process.id, process.service, process.started_at, process.seen_at, dict(process.settings),
        dict(process.parts),
    )  # fmt: skip
    await conn.execute("DELETE FROM process WHERE seen_at < $1", process.seen_at - _FORGOTTEN)


async def left(conn: Connection, process_id: UUID) -> None:
    """The process ended as it should."""
    await conn.execute("DELETE FROM process WHERE id = $1", process_id)


async def all_processes(conn: Connection) -> tuple[Process, ...]:
    """Every process by service, the newest first."""
    rows = await conn.fetch(
        "SELECT id, service, started_at, seen_at, settings, parts FROM process ORDER BY service, started_at DESC"
    )
    return tuple(Process(**dict(row)) for row in rows)


class Presence:
    """Tells of this process until it ends."""

    def __init__(
        self, database: Database, health: Health, service: str, settings: Mapping[str, Any], clock: Clock,
        new_id: Callable[[], UUID],
    ) -> None:  # fmt: skip
        self._database = database
        self._health = health
        self._service = service
        self._settings = {name: _plain(value) for name, value in settings.items()}
        self._clock = clock
        self._id = new_id()
        self._started_at = clock()

    async def run(self, stopping: asyncio.Event) -> None:
        """Tell every few seconds; at the end say good-bye."""
        while not stopping.is_set():
            with suppress(WorldUnavailable):
                async with self._database.transaction() as conn:
                    await tell(conn, self._process())
            with suppress(TimeoutError):
                await asyncio.wait_for(stopping.wait(), EVERY_SECONDS)
        with suppress(WorldUnavailable):
            async with self._database.connection() as conn:
                await left(conn, self._id)

    def _process(self) -> Process:
        parts = {name: part["reason"] for name, part in self._health.report()["parts"].items()}
        return Process(self._id, self._service, self._started_at, self._clock(), self._settings, parts)


def _plain(value: Any) -> Any:
    return value if value is None or isinstance(value, bool | int | float | str) else str(value)
