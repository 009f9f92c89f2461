"""What people asked for: what still runs with its time left, and what became of the rest."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from console.handlers.desk import Desk
from libs.state import operations
from libs.state.operations import Operation

MOST_RUNNING = 100


@dataclass(frozen=True, slots=True)
class Listed:
    """What runs, then what has ended, the newest first."""

    running: tuple[Operation, ...]
    ended: tuple[Operation, ...]
    next: tuple[datetime, UUID] | None


async def listed(desk: Desk, before: tuple[datetime, UUID] | None, limit: int) -> Listed:
    """A page of what was asked for."""
    async with desk.database.transaction() as conn:
        running = await operations.page(conn, None, MOST_RUNNING, running=True)
        found = await operations.page(conn, before, limit + 1, running=False)
    last = found[limit - 1] if len(found) > limit else None
    next_at = (last.created_at, last.id) if last and last.created_at else None
    return Listed(running, found[:limit], next_at)


def time_left(operation: Operation, now: datetime) -> timedelta | None:
    """Until all is done, as it went so far; None: nothing can be said yet."""
    if not operation.total or not operation.done or operation.created_at is None:
        return None
    return (now - operation.created_at) / operation.done * (operation.total - operation.done)
