"""One article's level in short words: VMS wants it, a sender takes it, KeyCRM shows it."""

from __future__ import annotations

from decimal import Decimal

from libs.runtime.database import Connection
from libs.state import level_figures, levels
from libs.state.level_figures import Figure
from libs.state.levels import Kind, Level, Want
from tests.component.state.world import at

SKU = "DEMO-1"
SETTLE_SECONDS = 60.0


async def want(
    conn: Connection, value: int | str, seconds: float, *, event_id: str = "", sku: str = SKU, kind: Kind = Kind.STOCK
) -> int:
    """VMS has this since that moment."""
    warehouse = "main" if kind is Kind.STOCK else ""
    one = Want(sku, warehouse, Decimal(value), at(seconds), event_id or f"e{seconds}")
    return await levels.want(conn, kind, [one], at(seconds))


async def take(conn: Connection, seconds: float, *, kind: Kind = Kind.STOCK, limit: int = 100) -> tuple[Level, ...]:
    """Claim what is due at that moment."""
    return await levels.claim(conn, kind, "main" if kind is Kind.STOCK else "", limit, at(seconds), 60)


async def see(conn: Connection, value: int, seconds: float) -> int:
    """KeyCRM showed this figure to a read that began at that moment."""
    return await level_figures.see(
        conn, Kind.STOCK, [Figure(SKU, "main", Decimal(value), at(seconds))], at(seconds), SETTLE_SECONDS
    )
