"""The fence: whoever lost a binding's lease changes nothing.

Safe because a lease is a token in the binding's one work item, and `hold` locks that row until the transaction ends:
nobody can claim the item between the check and the commit. Lock order everywhere in state: binding, then work item,
each by ascending id; so a mark, an attach and a record never wait for each other in a circle.
"""

from __future__ import annotations

from datetime import datetime, timedelta

from libs.runtime.database import Connection
from libs.runtime.errors import LeaseLost
from libs.runtime.work import WorkItem

# The item's row is joined to the locked binding, so the binding is locked first.
_HOLD = """
    WITH held AS MATERIALIZED (SELECT id FROM binding WHERE id = $1 FOR NO KEY UPDATE)
    SELECT 1 FROM work_item w JOIN held ON held.id = w.binding_id
    WHERE w.lease_token = $2 AND w.lease_until > $3 FOR UPDATE OF w
"""
_RENEW = """
    UPDATE work_item SET lease_until = $3 + $4
    WHERE binding_id = $1 AND lease_token = $2 AND lease_until > $3 RETURNING lease_until
"""


async def hold(conn: Connection, item: WorkItem, now: datetime) -> None:
    """Keep the lease valid until this transaction ends.

    Raises:
        LeaseLost: it ran out, was taken by another worker or fenced by an attach.
    """
    if await conn.fetchval(_HOLD, item.binding_id, item.lease_token, now) is None:
        raise lost(item)


async def renew(conn: Connection, item: WorkItem, now: datetime, lease_seconds: float) -> datetime:
    """Extend the lease from now; answers its new end.

    Raises:
        LeaseLost: too late.
    """
    length = timedelta(seconds=lease_seconds)
    until: datetime | None = await conn.fetchval(_RENEW, item.binding_id, item.lease_token, now, length)
    if until is None:
        raise lost(item)
    return until


def lost(item: WorkItem) -> LeaseLost:
    """The one sentence for a lost lease."""
    return LeaseLost(f"the lease of binding {item.binding_id} is lost")
