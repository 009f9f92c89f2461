"""Stopped flows: the guard found a run too large and asks; a person lets it go on.

Safe because the claims of work items and levels honour a stopped flow in their own statement: what was claimed before
the stop goes on, nothing is claimed after it. Names are `<entity>.to_<side>`, `stock.to_keycrm`, `price.to_keycrm`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from libs.runtime.database import Connection
from libs.state import due, levels


@dataclass(frozen=True, slots=True)
class Flow:
    """A flow that was stopped; resumed, and allowed to pass the guard until `allowed_until`, if a person said so."""

    flow: str
    reason: str
    details: Mapping[str, Any]
    stopped_by: str
    stopped_at: datetime
    resumed_by: str | None
    resumed_at: datetime | None
    allowed_until: datetime | None

    @property
    def is_stopped(self) -> bool:
        """Whether it still waits for a person."""
        return self.resumed_at is None


async def stop(conn: Connection, flow: str, reason: str, details: Mapping[str, Any], by: str, now: datetime) -> bool:
    """Stop the flow; False: it was stopped before."""
    row = await conn.fetchval(
        """INSERT INTO stopped_flow AS f (flow, reason, details, stopped_by, stopped_at) VALUES ($1, $2, $3, $4, $5)
           ON CONFLICT (flow) DO UPDATE SET reason = excluded.reason, details = excluded.details,
               stopped_by = excluded.stopped_by, stopped_at = excluded.stopped_at, resumed_by = NULL,
               resumed_at = NULL, allowed_until = NULL
           WHERE f.resumed_at IS NOT NULL RETURNING flow""",
        flow, reason, dict(details), by, now,
    )  # fmt: skip
    return row is not None


async def resume(conn: Connection, flow: str, by: str, now: datetime, allowed_until: datetime | None = None) -> bool:
    """Let it go on, past the guard until `allowed_until`; False: it was not stopped."""
    row = await conn.fetchval(
        """UPDATE stopped_flow SET resumed_by = $2, resumed_at = $3, allowed_until = $4
           WHERE flow = $1 AND resumed_at IS NULL RETURNING flow""",
        flow, by, now, allowed_until,
    )  # fmt: skip
    for channel in (due.CHANNEL, levels.CHANNEL):
        await conn.execute("SELECT pg_notify($1, '')", channel)
    return row is not None


async def is_allowed(conn: Connection, flow: str, now: datetime) -> bool:
    """Whether a person has let this flow pass the guard for now."""
    allowed = await conn.fetchval("SELECT 1 FROM stopped_flow WHERE flow = $1 AND allowed_until > $2", flow, now)
    return allowed is not None


async def all_flows(conn: Connection) -> tuple[Flow, ...]:
    """Every flow that was ever stopped, as it stands."""
    rows = await conn.fetch(
        """SELECT flow, reason, details, stopped_by, stopped_at, resumed_by, resumed_at, allowed_until
           FROM stopped_flow ORDER BY flow"""
    )
    return tuple(Flow(**dict(row)) for row in rows)
