"""Letting go: what is older than the retention (90 days by default) is deleted, a batch at a time.

Safe because only what is over goes: processed events, closed questions, ended operations, decided dead letters, sent
notifications, news of what no longer lasts, the feed, audit entries. Bindings, ledgers, levels and whatever still
waits stay for ever.
"""

from __future__ import annotations

from datetime import datetime, timedelta

from libs.runtime.database import Connection

RETENTION_DAYS = 90

_OVER = {
    "webhook_event": "status <> 'pending' AND received_at < $1",
    "conflict": "closed_at < $1",
    "operation": "finished_at < $1",
    "dead_letter": "decided_at < $1",
    "notification": "begun_at < $1",
    "matter": "closed_at < $1",
    "channel_test": "asked_at < $1",
    "feed": "noted_at < $1",
    "bulk": "status <> 'running' AND previewed_at < $1",
}


async def forget(conn: Connection, now: datetime, *, days: int = RETENTION_DAYS, batch: int = 1000) -> dict[str, int]:
    """Delete up to `batch` rows of each table; answers how many went. Call it again while any count is full."""
    before = now - timedelta(days=days)
    gone: dict[str, int] = {}
    for table, condition in _OVER.items():
        gone[table] = await conn.fetchval(
            f"""WITH gone AS (DELETE FROM {table} WHERE ctid = ANY(ARRAY(
                    SELECT ctid FROM {table} WHERE {condition} LIMIT $2)) RETURNING 1)
                SELECT count(*) FROM gone""",
            before, batch,
        )  # fmt: skip
    gone["audit_entry"] = await conn.fetchval("SELECT forget_audit($1, $2)", before, batch)
    return gone
