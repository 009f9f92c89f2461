"""Dead letters, read: one by one and grouped by what is wrong with them."""

from __future__ import annotations

from dataclasses import dataclass

from console import store
from console.handlers.desk import Desk
from console.store import LetterGroup
from libs.state import dead_letters
from libs.state.dead_letters import Kept


@dataclass(frozen=True, slots=True)
class Filter:
    """Which letters; None is any."""

    status: str | None = "kept"
    service: str | None = None
    reason: str | None = None
    binding_id: int | None = None


async def page(desk: Desk, wanted: Filter, after: int, limit: int) -> tuple[Kept, ...]:
    """Letters in the order of their numbers, after one of them."""
    async with desk.database.connection() as conn:
        return await dead_letters.page(
            conn, status=wanted.status, service=wanted.service, reason=wanted.reason, binding_id=wanted.binding_id,
            after=after, limit=limit,
        )  # fmt: skip


async def groups(desk: Desk) -> tuple[LetterGroup, ...]:
    """Undecided letters by service, reason and field, the most frequent first."""
    async with desk.database.connection() as conn:
        return await store.letter_groups(conn)
