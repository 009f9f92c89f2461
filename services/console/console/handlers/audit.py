"""The audit, read."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from console.handlers.desk import Desk
from libs.state import audit
from libs.state.audit import Kept


@dataclass(frozen=True, slots=True)
class Filter:
    """Which entries; None is any."""

    binding_id: int | None = None
    actor: str | None = None
    action: str | None = None
    since: datetime | None = None
    until: datetime | None = None


async def page(desk: Desk, wanted: Filter, before: int | None, limit: int) -> tuple[Kept, ...]:
    """Entries, newest first, before one of them."""
    async with desk.database.connection() as conn:
        return await audit.page(
            conn, binding_id=wanted.binding_id, actor=wanted.actor, action=wanted.action, since=wanted.since,
            until=wanted.until, before=before, limit=limit,
        )  # fmt: skip
