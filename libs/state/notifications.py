"""What is sent to whom: an event goes to a channel once, or not at all, never twice.

Safe because event and channel are a primary key, noted in the transaction that the event is read in; and because
`sending` is committed before the sending begins. A crash in between leaves a row that still says `sending`: it is
failed and shown to a person, never repeated by itself. Whoever takes what waits holds the channel's advisory lock, so
two processes keep one pace.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Literal

from libs.runtime.database import Connection, to_json

Status = Literal["sent", "failed", "muted"]
# The first number of a two-number advisory lock; the second is the channel's.
_LOCK = 731_617
PERHAPS_READ = "perhaps read: "
"""How the error of a failed one begins that may have arrived all the same."""


@dataclass(frozen=True, slots=True)
class Note:
    """What one channel is to be told of one event: ids and names only, nothing personal."""

    event_id: str
    channel: str
    event_type: str
    event: Mapping[str, Any] = field(default_factory=dict)
    correlation_id: str | None = None


@dataclass(frozen=True, slots=True)
class Waiting:
    """A note whose time has come; `attempt` counts from 1."""

    note: Note
    attempt: int
    noted_at: datetime


async def note(conn: Connection, notes: Sequence[Note], now: datetime) -> int:
    """Note what is to be sent; answers how much of it was not known before."""
    rows = await conn.fetch(
        """INSERT INTO notification (event_id, channel, event_type, event, correlation_id, status, due_at, begun_at)
           SELECT t.event_id, t.channel, t.event_type, t.event::jsonb, t.correlation_id, 'waiting', $6, $6
           FROM unnest($1::text[], $2::text[], $3::text[], $4::text[], $5::text[])
               AS t(event_id, channel, event_type, event, correlation_id)
           ORDER BY t.event_id, t.channel
           ON CONFLICT (event_id, channel) DO NOTHING RETURNING event_id""",
        [one.event_id for one in notes],
        [one.channel for one in notes],
        [one.event_type for one in notes],
        [to_json(one.event) for one in notes],
        [one.correlation_id for one in notes],
        now,
    )
    return len(rows)


async def waiting(conn: Connection, channel: str, now: datetime, limit: int) -> tuple[Waiting, ...]:
    """What is due for this channel, oldest first; the channel is this transaction's alone until it ends."""
    await conn.execute("SELECT pg_advisory_xact_lock($1, hashtext($2))", _LOCK, channel)
    rows = await conn.fetch(
        """SELECT event_id, channel, event_type, event, correlation_id, attempt, begun_at AS noted_at FROM notification
           WHERE channel = $1 AND status = 'waiting' AND due_at <= $2 ORDER BY due_at, event_id LIMIT $3""",
        channel, now, limit,
    )  # fmt: skip
    return tuple(_read(dict(row)) for row in rows)


async def begin(
    conn: Connection,
    event_id: str,
    channel: str,
    event_type: str,
    now: datetime,
    *,
    event: Mapping[str, Any] | None = None,
    attempt: int = 1,
) -> bool:
    """Claim a sending: of what was noted, or of something new; False: it was begun before, so do not send."""
    row = await conn.fetchval(
        """INSERT INTO notification AS n (event_id, channel, event_type, event, attempt, begun_at)
           VALUES ($1, $2, $3, $5, $6, $4)
           ON CONFLICT (event_id, channel) DO UPDATE SET status = 'sending', begun_at = $4, due_at = NULL
           WHERE n.status = 'waiting' RETURNING event_id""",
        event_id, channel, event_type, now, dict(event or {}), attempt,
    )  # fmt: skip
    return row is not None


async def end(
    conn: Connection, event_id: str, channel: str, status: Status, now: datetime, error: str | None = None
) -> bool:
    """What became of it; `muted`: it went into a summary. False: it had ended before."""
    row = await conn.fetchval(
        """UPDATE notification SET status = $3, finished_at = $4, error = $5, due_at = NULL
           WHERE event_id = $1 AND channel = $2 AND status IN ('waiting', 'sending') RETURNING event_id""",
        event_id, channel, status, now, error,
    )  # fmt: skip
    return row is not None


async def still_waiting(conn: Connection, event_ids: Sequence[str], channels: Sequence[str]) -> frozenset[str]:
    """Which of these channels have not been sent what waits of these."""
    rows = await conn.fetch(
        """SELECT DISTINCT channel FROM notification
           WHERE event_id = ANY($1::text[]) AND channel = ANY($2::text[]) AND status = 'waiting'""",
        list(event_ids), list(channels),
    )  # fmt: skip
    return frozenset(row["channel"] for row in rows)


async def withdraw(
    conn: Connection, event_ids: Sequence[str], channels: Sequence[str], now: datetime
) -> frozenset[str]:
    """Take back what still waits of these; answers the channels that know of none of them."""
    await conn.execute(
        """UPDATE notification SET status = 'muted', finished_at = $3, due_at = NULL, error = 'over before it was told'
           WHERE event_id = ANY($1::text[]) AND channel = ANY($2::text[]) AND status = 'waiting'""",
        list(event_ids), list(channels), now,
    )  # fmt: skip
    rows = await conn.fetch(
        """SELECT DISTINCT channel FROM notification WHERE event_id = ANY($1::text[]) AND channel = ANY($2::text[])
               AND (status IN ('sending', 'sent') OR (status = 'muted' AND error LIKE 'told in %')
                   OR (status = 'failed' AND starts_with(error, $3)))""",
        list(event_ids), list(channels), PERHAPS_READ,
    )  # fmt: skip
    return frozenset(channels) - {row["channel"] for row in rows}


async def postpone(conn: Connection, event_id: str, channel: str, due_at: datetime, attempt: int, error: str) -> None:
    """The channel refused it: sent again at `due_at`, as attempt number `attempt`."""
    await conn.execute(
        """UPDATE notification SET status = 'waiting', due_at = $3, attempt = $4, error = $5
           WHERE event_id = $1 AND channel = $2 AND status = 'sending'""",
        event_id, channel, due_at, attempt, error,
    )  # fmt: skip


async def again(conn: Connection, event_id: str, channel: str, now: datetime) -> bool:
    """A person wants a failed one sent again; False: it has not failed."""
    row = await conn.fetchval(
        """UPDATE notification SET status = 'waiting', due_at = $3, attempt = 1, finished_at = NULL
           WHERE event_id = $1 AND channel = $2 AND status = 'failed' RETURNING event_id""",
        event_id, channel, now,
    )  # fmt: skip
    return row is not None


async def stuck(conn: Connection, channel: str, before: datetime) -> tuple[Waiting, ...]:
    """What has been `sending` since before then: its process ended, and nobody knows whether it arrived."""
    rows = await conn.fetch(
        """SELECT event_id, channel, event_type, event, correlation_id, attempt, begun_at AS noted_at FROM notification
           WHERE channel = $1 AND status = 'sending' AND begun_at < $2 ORDER BY begun_at, event_id""",
        channel, before,
    )  # fmt: skip
    return tuple(_read(dict(row)) for row in rows)


async def begun_since(conn: Connection, channel: str, since: datetime) -> tuple[int, datetime | None]:
    """How many sendings to this channel began since then, and when the newest did."""
    row = await conn.fetchrow(
        """SELECT count(*) AS begun, max(begun_at) AS newest FROM notification
           WHERE channel = $1 AND begun_at >= $2 AND status IN ('sending', 'sent', 'failed')""",
        channel, since,
    )  # fmt: skip
    assert row is not None
    return row["begun"], row["newest"]


def _read(facts: dict[str, Any]) -> Waiting:
    attempt, noted_at = facts.pop("attempt"), facts.pop("noted_at")
    return Waiting(Note(**facts), attempt, noted_at)
