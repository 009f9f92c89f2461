"""Marks pass together; a change of which ids belong together passes alone.

A mark finds bindings by their ids and must not meet an id on its way from one binding to another. So a mark holds one
advisory lock shared, and bind, attach and rebind hold it alone, until their transactions end (a few milliseconds).
Both come first in their transactions: holding rows while waiting for marks, which wait for rows, would be a circle.
For who passes alone that order is checked; a late mark risks a deadlock that PostgreSQL breaks after a second.
"""

from __future__ import annotations

from libs.runtime.database import Connection

# Any number, the same in every release: two releases side by side exclude each other too.
CLASS = 731_615
KEY = 1

# A transaction has a number of its own from its first write or row lock on; who passes alone already may go on.
_IS_LATE = """
    SELECT pg_current_xact_id_if_assigned() IS NOT NULL AND NOT EXISTS (
        SELECT FROM pg_locks WHERE locktype = 'advisory' AND pid = pg_backend_pid()
            AND classid = $1::oid AND objid = $2::oid AND mode = 'ExclusiveLock')
"""


async def together(conn: Connection) -> None:
    """Pass with other marks, until the transaction ends. A statement after this sees whole bindings."""
    await conn.execute(f"SELECT pg_advisory_xact_lock_shared({CLASS}, {KEY})")


async def alone(conn: Connection) -> None:
    """Pass with nobody, until the transaction ends.

    Raises:
        RuntimeError: the transaction wrote or locked something before; a mistake in the calling code.
    """
    if await conn.fetchval(_IS_LATE, CLASS, KEY):
        raise RuntimeError("bind, attach and rebind must come first in their transaction")
    await conn.execute(f"SELECT pg_advisory_xact_lock({CLASS}, {KEY})")
