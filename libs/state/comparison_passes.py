"""Passes: how far the comparison of each subject has got, and who asked for it.

Safe because a pass is in one process's hands at a time: `hold` takes it for a while, and a holder that died loses it by
the clock; every step moves the cursor only while it is still held. What a person asks for begins a pass anew.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from libs.runtime.database import Connection

REST = timedelta(minutes=15)
"""A pass that nobody asked for begins no sooner after the last one began."""
SUBJECTS = ("order", "customer", "article", "stock")
"""What has passes: a page of KeyCRM's stock shows its prices too."""


@dataclass(frozen=True, slots=True)
class Pass:
    """One subject's pass; it runs while `ended_at` is empty. `whole_since`: when the last whole one had begun."""

    subject: str
    began_at: datetime | None
    ended_at: datetime | None
    whole_since: datetime | None
    cursor: Mapping[str, Any]
    asked_at: datetime | None
    operation_id: UUID | None

    @property
    def is_running(self) -> bool:
        """Whether it has begun and not come to its end."""
        return self.began_at is not None and self.ended_at is None

    @property
    def is_asked(self) -> bool:
        """Whether a person waits for it."""
        is_begun_since = self.began_at is not None and self.asked_at is not None and self.began_at >= self.asked_at
        return self.asked_at is not None and not (is_begun_since and self.ended_at is not None)

    def begins(self, now: datetime) -> bool:
        """Whether a new one begins now: the first, one that is asked for, or after its rest."""
        if self.began_at is None:
            return True
        if self.asked_at is not None and self.began_at < self.asked_at:
            return True
        return self.ended_at is not None and now - self.began_at >= REST


_COLUMNS = "subject, began_at, ended_at, whole_since, cursor, asked_at, operation_id"


async def all_passes(conn: Connection) -> tuple[Pass, ...]:
    """Every subject's, in the order of `SUBJECTS`."""
    rows = {row["subject"]: row for row in await conn.fetch(f"SELECT {_COLUMNS} FROM comparison_pass")}
    return tuple(Pass(**dict(rows[subject])) for subject in SUBJECTS)


async def hold(conn: Connection, subject: str, token: UUID, now: datetime, seconds: float) -> Pass | None:
    """Take the pass in hand, or keep it; None: another process has it."""
    row = await conn.fetchrow(
        f"""UPDATE comparison_pass SET held_by = $2, held_until = $4
            WHERE subject = $1 AND (held_by IS NULL OR held_by = $2 OR held_until <= $3) RETURNING {_COLUMNS}""",
        subject, token, now, now + timedelta(seconds=seconds),
    )  # fmt: skip
    return Pass(**dict(row)) if row else None


async def begin(conn: Connection, subject: str, token: UUID, now: datetime) -> None:
    """A new pass, from the start."""
    await conn.execute(
        """UPDATE comparison_pass SET began_at = $3, ended_at = NULL, cursor = '{}'
           WHERE subject = $1 AND held_by = $2""",
        subject, token, now,
    )  # fmt: skip


async def move(conn: Connection, subject: str, token: UUID, cursor: Mapping[str, Any]) -> bool:
    """It has got so far; False: it is another process's by now, and nothing was moved."""
    row = await conn.fetchval(
        "UPDATE comparison_pass SET cursor = $3 WHERE subject = $1 AND held_by = $2 RETURNING subject",
        subject, token, dict(cursor),
    )  # fmt: skip
    return row is not None


async def end(conn: Connection, subject: str, token: UUID, now: datetime) -> None:
    """It has come to its end."""
    await conn.execute(
        """UPDATE comparison_pass SET ended_at = $3, whole_since = began_at, cursor = '{}'
           WHERE subject = $1 AND held_by = $2""",
        subject, token, now,
    )  # fmt: skip


async def release(conn: Connection, token: UUID) -> None:
    """Whatever this process holds is free."""
    await conn.execute("UPDATE comparison_pass SET held_by = NULL, held_until = NULL WHERE held_by = $1", token)


async def ask(conn: Connection, operation_id: UUID, now: datetime) -> UUID:
    """Every subject anew, now; answers the operation to follow: an earlier one, if that is still awaited."""
    rows = await conn.fetch(f"SELECT {_COLUMNS} FROM comparison_pass ORDER BY subject FOR UPDATE")
    awaited: list[UUID] = [row["operation_id"] for row in rows if row["operation_id"] is not None]
    if awaited:
        return awaited[0]
    await conn.execute("UPDATE comparison_pass SET asked_at = $2, operation_id = $1", operation_id, now)
    return operation_id


async def advance(conn: Connection, operation_id: UUID, looked: int) -> None:
    """So many more records were looked at, for whoever follows."""
    await conn.execute(
        "UPDATE operation SET done = least(done + $2, total) WHERE id = $1 AND status = 'running'",
        operation_id, looked,
    )  # fmt: skip


async def conclude(conn: Connection, operation_id: UUID, outcome: Mapping[str, Any], now: datetime) -> bool:
    """End the operation if no subject of it is still awaited; False: it goes on."""
    if any(one.is_asked and one.operation_id == operation_id for one in await all_passes(conn)):
        return False
    await conn.execute("UPDATE comparison_pass SET operation_id = NULL WHERE operation_id = $1", operation_id)
    ended = await conn.fetchval(
        """UPDATE operation SET status = 'done', done = total, finished_at = $2, outcome = $3
           WHERE id = $1 AND status = 'running' RETURNING id""",
        operation_id, now, dict(outcome),
    )  # fmt: skip
    return ended is not None
