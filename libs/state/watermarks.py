"""Watermarks: how far a poll or a walk has got, and whose turn it is to poll.

Safe because a watermark moves in the transaction of the marks it stands for, and never back. A turn is taken by one
statement; who took it and failed, or died, costs the poll one turn.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from libs.runtime.database import Connection


@dataclass(frozen=True, slots=True)
class Watermark:
    """Up to when all is seen; `cursor` is where a walk without times stands."""

    at: datetime | None
    cursor: Mapping[str, Any]


async def get(conn: Connection, name: str) -> Watermark | None:
    """How far it has got; None: it never began."""
    row = await conn.fetchrow("SELECT at, cursor FROM watermark WHERE name = $1", name)
    return Watermark(row["at"], row["cursor"]) if row else None


async def move(
    conn: Connection, name: str, now: datetime, *, at: datetime | None = None, cursor: Mapping[str, Any] | None = None
) -> None:
    """Move on: the time only forward, the cursor to where the walk says."""
    await conn.execute(
        """INSERT INTO watermark AS w (name, at, cursor, updated_at) VALUES ($1, $2, coalesce($3::jsonb, '{}'), $4)
           ON CONFLICT (name) DO UPDATE SET at = greatest(w.at, excluded.at), cursor = coalesce($3::jsonb, w.cursor),
               updated_at = excluded.updated_at""",
        name, at, None if cursor is None else dict(cursor), now,
    )  # fmt: skip


async def take_turn(conn: Connection, name: str, now: datetime, every_seconds: float) -> bool:
    """Whether this process is the one that polls now; False: some process has within the time between two polls."""
    taken = await conn.fetchval(
        """INSERT INTO watermark AS w (name, updated_at, turn_at) VALUES ($1, $2, $2)
           ON CONFLICT (name) DO UPDATE SET turn_at = $2 WHERE w.turn_at IS NULL OR w.turn_at <= $3
           RETURNING true""",
        name, now, now - timedelta(seconds=every_seconds),
    )  # fmt: skip
    return taken is not None


async def first(conn: Connection, name: str, at: datetime, now: datetime) -> datetime:
    """Set once for ever, by whoever comes first; answers what was set (the first start, for example)."""
    await conn.execute(
        "INSERT INTO watermark (name, at, updated_at) VALUES ($1, $2, $3) ON CONFLICT (name) DO NOTHING", name, at, now
    )
    value: datetime = await conn.fetchval("SELECT at FROM watermark WHERE name = $1", name)
    return value
