"""Which partner answers, as each service last saw it: a line of the status page, nothing that work depends on."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from libs.runtime.database import Connection


@dataclass(frozen=True, slots=True)
class Partner:
    """One partner as one service sees it, since `changed_at`."""

    service: str
    partner: str
    is_reachable: bool
    reason: str | None
    changed_at: datetime
    checked_at: datetime


async def tell(
    conn: Connection, service: str, partner: str, is_reachable: bool, reason: str | None, now: datetime
) -> bool:
    """Note how the partner is; True: that is news."""
    changed_at: datetime = await conn.fetchval(
        """INSERT INTO partner AS p (service, partner, is_reachable, reason, changed_at, checked_at)
           VALUES ($1, $2, $3, $4, $5, $5)
           ON CONFLICT (service, partner) DO UPDATE SET is_reachable = excluded.is_reachable, reason = excluded.reason,
               changed_at = CASE WHEN p.is_reachable = excluded.is_reachable THEN p.changed_at
                   ELSE excluded.changed_at END, checked_at = excluded.checked_at
           RETURNING changed_at""",
        service, partner, is_reachable, reason, now,
    )  # fmt: skip
    return changed_at == now


async def seen(conn: Connection, service: str, partner: str) -> Partner | None:
    """How the service last saw the partner; no other process of it tells before the transaction ends."""
    row = await conn.fetchrow(
        """SELECT service, partner, is_reachable, reason, changed_at, checked_at FROM partner
           WHERE service = $1 AND partner = $2 FOR UPDATE""",
        service, partner,
    )  # fmt: skip
    return Partner(**dict(row)) if row else None


async def all_partners(conn: Connection) -> tuple[Partner, ...]:
    """Every partner as every service sees it."""
    rows = await conn.fetch(
        """SELECT service, partner, is_reachable, reason, changed_at, checked_at FROM partner
           ORDER BY partner, service"""
    )
    return tuple(Partner(**dict(row)) for row in rows)
