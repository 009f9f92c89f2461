"""Asleep until the parent is bound (rule 22): an order waits for its customer, and is never forgotten.

Safe because `sleep` looks at the parent again with the parent's row locked, in the transaction that puts the child to
sleep; and whoever binds the parent updates that same row before it wakes. One of the two comes first: either the child
sees the parent bound and does not sleep, or the waker sees the child asleep.
"""

from __future__ import annotations

from datetime import datetime

from libs.contracts.types import Side
from libs.runtime.database import Connection
from libs.runtime.work import WorkItem
from libs.state import leases, turnstile
from libs.state.due import MarkBinding, make_due, notify

# The number of a parent that was attached meanwhile leads to the binding it became part of.
_PARENT = """
    SELECT id, vms_id IS NOT NULL AND keycrm_id IS NOT NULL AS is_bound FROM binding
    WHERE id = coalesce((SELECT binding_id FROM former_binding WHERE id = $1), $1) FOR SHARE
"""
_SLEEP = """
    UPDATE work_item SET asleep_on_{side} = $4, asleep_since_{side} = coalesce(asleep_since_{side}, $3),
        marked_at_{side} = least(marked_at_{side}, taken_at_{side}), taken_at_{side} = NULL,
        error_{side} = $5, lease_token = NULL, lease_side = NULL, lease_until = NULL
    WHERE binding_id = $1 AND lease_token = $2 AND lease_until > $3 RETURNING binding_id
"""
_WAKE = """
    WITH sleeper AS MATERIALIZED (
        SELECT w.binding_id FROM work_item w
        WHERE w.asleep_on_{side} = $1
            AND EXISTS (SELECT FROM binding WHERE id = $1 AND vms_id IS NOT NULL AND keycrm_id IS NOT NULL)
        ORDER BY w.binding_id FOR UPDATE OF w)
    UPDATE work_item w SET asleep_on_{side} = NULL, asleep_since_{side} = NULL, error_{side} = NULL,
        due_{side} = least(w.due_{side}, $2), not_before_{side} = NULL
    FROM sleeper WHERE w.binding_id = sleeper.binding_id RETURNING w.binding_id
"""


async def sleep(conn: Connection, item: WorkItem, parent_id: int, now: datetime) -> bool:
    """Put the item to sleep on its parent and make the parent due in the item's lane; False: it stays due.

    The parent was bound meanwhile: then the item is handed back and due at once.

    Raises:
        LeaseLost: the item is no longer ours.
    """
    await turnstile.together(conn)
    parent = await conn.fetchrow(_PARENT, parent_id)
    await leases.hold(conn, item, now)
    if parent is None or parent["is_bound"]:
        await _hand_back(conn, item, now)
        return False
    await conn.execute(
        _SLEEP.format(side=item.side), item.binding_id, item.lease_token, now, parent["id"],
        f"asleep until binding {parent['id']} is bound",
    )  # fmt: skip
    await make_due(
        conn,
        [MarkBinding(parent["id"], (item.side,), item.lane, item.marked_at, item.correlation_id, item.traceparent)],
        now,
    )
    return True


async def wake(conn: Connection, parent_id: int, now: datetime) -> int:
    """Make whoever sleeps on this binding due, if it is bound; answers how many."""
    woken = 0
    for side in Side:
        rows = await conn.fetch(_WAKE.format(side=side), parent_id, now)
        if rows:
            await notify(conn, (side,))
        woken += len(rows)
    return woken


async def _hand_back(conn: Connection, item: WorkItem, now: datetime) -> None:
    await conn.execute(
        f"""UPDATE work_item SET lease_token = NULL, lease_side = NULL, lease_until = NULL, due_{item.side} = $2,
                marked_at_{item.side} = least(marked_at_{item.side}, taken_at_{item.side}), taken_at_{item.side} = NULL
            WHERE binding_id = $1""",
        item.binding_id, now,
    )  # fmt: skip
    await notify(conn, (item.side,))
