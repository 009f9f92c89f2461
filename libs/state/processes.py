"""Processes: the row that each keeps of itself, with its settings and which of its parts do not work.

Promises: a row is as its process last told; one that ended is taken away, one that was killed stays and is silent,
and after a day of silence it is forgotten. While the database is away, `ProcessTable` tells nothing.
"""

from __future__ import annotations

from contextlib import suppress
from datetime import timedelta
from uuid import UUID

from libs.runtime.database import Connection, Database
from libs.runtime.errors import WorldUnavailable
from libs.runtime.presence import Process

_FORGOTTEN = timedelta(days=1)


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


class ProcessTable:
    """The table as a `libs.runtime.presence.Registry`."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def tell(self, process: Process) -> None:
        """Keep how it is."""
        with suppress(WorldUnavailable):
            async with self._database.transaction() as conn:
                await tell(conn, process)

    async def leave(self, process: Process) -> None:
        """Take it away."""
        with suppress(WorldUnavailable):
            async with self._database.connection() as conn:
                await left(conn, process.id)
