"""The channels as the console shows them, and tests of a channel that a person asks for there.

Safe because nothing of a channel's address is kept; a test is taken by one process, in a statement that passes over
what another has taken, and one whose process ended is answered as unknown, never sent again.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from libs.runtime.database import Connection

LISTEN_CHANNEL = "channel_test"
_LOST = timedelta(minutes=3)
"""Far beyond the longest sending: whoever began the test is gone."""


@dataclass(frozen=True, slots=True)
class Declared:
    """A channel of the rules file; `kind` is the scheme of its address, `people` whom it reaches."""

    name: str
    kind: str
    language: str
    people: str | None = None


@dataclass(frozen=True, slots=True)
class ChannelState:
    """How a channel is: `failing_since` and `error` are set while it refuses."""

    name: str
    kind: str
    language: str
    people: str | None
    waiting: int
    last_sent_at: datetime | None
    failing_since: datetime | None
    error: str | None


@dataclass(frozen=True, slots=True)
class Trial:
    """A test that was asked for; without a channel it is for all of them."""

    id: int
    channel: str | None
    asked_by: str


@dataclass(frozen=True, slots=True)
class TrialOutcome:
    """What became of a test: per channel `sent`, or why not; None: it is not over."""

    id: int
    channel: str | None
    asked_by: str
    asked_at: datetime
    finished_at: datetime | None
    outcome: Mapping[str, str] | None


async def declare(conn: Connection, found: Sequence[Declared]) -> None:
    """These channels are in the rules now, and no others."""
    await conn.execute(
        """INSERT INTO channel (name, kind, language, people)
           SELECT * FROM unnest($1::text[], $2::text[], $3::text[], $4::text[])
           ON CONFLICT (name) DO UPDATE SET kind = excluded.kind, language = excluded.language,
               people = excluded.people, is_configured = true""",
        [one.name for one in found], [one.kind for one in found], [one.language for one in found],
        [one.people for one in found],
    )  # fmt: skip
    await conn.execute(
        "UPDATE channel SET is_configured = false WHERE is_configured AND name <> ALL($1::text[])",
        [one.name for one in found],
    )


async def channels(conn: Connection) -> list[ChannelState]:
    """Every channel of the rules, by name."""
    rows = await conn.fetch(
        """SELECT c.name, c.kind, c.language, c.people, c.last_sent_at, c.failing_since, c.error,
               (SELECT count(*) FROM notification n WHERE n.channel = c.name AND n.status = 'waiting') AS waiting
           FROM channel c WHERE c.is_configured ORDER BY c.name"""
    )
    return [ChannelState(**dict(row)) for row in rows]


async def took(conn: Connection, channel: str, now: datetime) -> None:
    """The channel took a message: it works."""
    await conn.execute(
        "UPDATE channel SET last_sent_at = $2, failing_since = NULL, error = NULL WHERE name = $1", channel, now
    )


async def refused(conn: Connection, channel: str, error: str, now: datetime) -> None:
    """The channel did not take a message, or nobody knows."""
    await conn.execute(
        "UPDATE channel SET failing_since = coalesce(failing_since, $3), error = $2 WHERE name = $1",
        channel, error, now,
    )  # fmt: skip


# ---- tests ----------------------------------------------------------------------------------------------------------


async def request_test(conn: Connection, channel: str | None, actor: str, now: datetime) -> int:
    """Ask the notifier to send one message through this channel, or through each; answers the test's number."""
    number: int = await conn.fetchval(
        "INSERT INTO channel_test (channel, asked_by, asked_at) VALUES ($1, $2, $3) RETURNING id", channel, actor, now
    )
    await conn.execute("SELECT pg_notify($1, '')", LISTEN_CHANNEL)
    return number


async def test_outcome(conn: Connection, test_id: int) -> TrialOutcome | None:
    """How the test stands; None: there is none of this number."""
    row = await conn.fetchrow(
        "SELECT id, channel, asked_by, asked_at, finished_at, outcome FROM channel_test WHERE id = $1", test_id
    )
    return None if row is None else TrialOutcome(**dict(row))


async def take_test(conn: Connection, now: datetime) -> Trial | None:
    """The oldest test that nobody has taken; before that, those whose process is gone are answered as unknown."""
    await conn.execute(
        """UPDATE channel_test SET finished_at = $1, outcome = '{}'
           WHERE finished_at IS NULL AND begun_at < $2""",
        now, now - _LOST,
    )  # fmt: skip
    row = await conn.fetchrow(
        """UPDATE channel_test SET begun_at = $1 WHERE id = (
               SELECT id FROM channel_test WHERE begun_at IS NULL AND finished_at IS NULL
               ORDER BY id LIMIT 1 FOR UPDATE SKIP LOCKED) RETURNING id, channel, asked_by""",
        now,
    )
    return None if row is None else Trial(**dict(row))


async def end_test(conn: Connection, test_id: int, outcome: Mapping[str, Any], now: datetime) -> None:
    """What became of it, by channel."""
    await conn.execute(
        "UPDATE channel_test SET finished_at = $2, outcome = $3 WHERE id = $1 AND finished_at IS NULL",
        test_id, now, dict(outcome),
    )  # fmt: skip
