"""What was sent to whom: an event goes to a channel once, or not at all, never twice.

Safe because event and channel are a primary key that is committed before the sending begins: a crash in between loses
that one message to that one channel (its row still says `sending`) and never repeats it.
"""

from __future__ import annotations

from datetime import datetime
from typing import Literal

from libs.runtime.database import Connection

Status = Literal["sent", "failed", "muted"]


async def begin(conn: Connection, event_id: str, channel: str, event_type: str, now: datetime) -> bool:
    """Claim the sending; False: it was begun before, so do not send."""
    row = await conn.fetchval(
        """INSERT INTO notification (event_id, channel, event_type, begun_at) VALUES ($1, $2, $3, $4)
           ON CONFLICT (event_id, channel) DO NOTHING RETURNING event_id""",
        event_id, channel, event_type, now,
    )  # fmt: skip
    return row is not None


async def end(
    conn: Connection, event_id: str, channel: str, status: Status, now: datetime, error: str | None = None
) -> None:
    """What became of it; `muted`: the channel had its share already."""
    await conn.execute(
        """UPDATE notification SET status = $3, finished_at = $4, error = $5 WHERE event_id = $1 AND channel = $2""",
        event_id, channel, status, now, error,
    )  # fmt: skip


async def begun_since(conn: Connection, channel: str, since: datetime) -> int:
    """How many went to this channel since then, muted ones aside."""
    count: int = await conn.fetchval(
        "SELECT count(*) FROM notification WHERE channel = $1 AND begun_at >= $2 AND status <> 'muted'", channel, since
    )
    return count
