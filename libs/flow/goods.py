"""Orders that wait as a question for goods that KeyCRM does not know.

Promises: whoever sees such a SKU in KeyCRM, because we made it or because a person did, makes the orders due that wait
for it, in its own transaction.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from libs.contracts.types import Lane, Side
from libs.runtime.database import Connection
from libs.state import conflicts, marks
from libs.state.due import MarkBinding

UNKNOWN_SKU = "unknown_sku"
"""The reason of the question; its parameter `found` has the SKUs."""


async def arrived(conn: Connection, skus: Iterable[str], now: datetime) -> None:
    """KeyCRM has these SKUs: orders that wait for one of them are due."""
    waiting = await conflicts.naming(conn, UNKNOWN_SKU, "found", skus)
    await marks.mark_bindings(conn, [MarkBinding(number, (Side.KEYCRM,), Lane.ORDER) for number in waiting], now)
