"""A shop in which something differs for each cause, stock and prices too, as it was compared an hour ago."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from libs.contracts.types import Entity, Lane, Side
from libs.runtime.database import Connection
from libs.state import flows, marks
from libs.state.due import MarkBinding
from libs.state.levels import Kind
from libs.state.marks import VmsEvent
from tests.component.console.differing import different, differs, level_differs, passed, same, suspected
from tests.component.console.pages import shop as shops
from tests.component.console.pages.shop import LINES, OLENA, SCRIPT, Shop, guid
from tests.component.console.world import bound, kept, letter

NOW = datetime.now(UTC).replace(microsecond=0)
AN_HOUR_AGO = NOW - timedelta(hours=1)


async def numbered(conn: Connection, number: int) -> int:
    """A further order with a number of its own; its binding's number."""
    told = {"numberOrder": f"V-{number:06d}", "orderId": guid(number)}
    event = VmsEvent(f"n-{number}", NOW, told, {"image": {}})
    return (await bound(conn, vms_id=guid(number), keycrm_id=4000 + number, event=event)).id


async def differing(conn: Connection) -> Shop:
    """A shop in which something differs for each cause, and stock and prices too; all was compared an hour ago."""
    shop = await shops.opened(conn)
    parked, stopped, waiting = [await numbered(conn, number) for number in (501, 502, 503)]
    unexplained = await numbered(conn, 504)
    comment = ("зателефонувати, після 18:00", "зателефонувати, домофон 12")
    asked = await conn.fetchval("SELECT binding_id FROM conflict WHERE id = $1", shop.script)
    for ago, (binding_id, fields) in enumerate([
        (shop.order.id, [different("manager_comment", *comment)]),
        (asked, [different("buyer_comment", "домофон не працює", SCRIPT)]),
        (parked, [different("tracking_code", "20450000000009", None)]),
        (stopped, [different("status", 2, 8), different("shipping_date", "2026-01-20", "2026-01-22")]),
        (waiting, [different("lines", LINES, LINES[:1])]),
        (unexplained, [different("deposited_amount", "1011.00", "500.00"), different("payment P-7", "511.00", None)]),
        (shop.customer.id, [different("phone", OLENA["phone"], "+380671112233")]),
    ]):  # fmt: skip
        await differs(conn, binding_id, AN_HOUR_AGO + timedelta(minutes=ago), *fields)
    await suspected(conn, await numbered(conn, 506), NOW, different("status", 2, 8))
    for number in range(7, 19):
        await bound(conn, Entity.ARTICLE, str(number), 500 + number)
    rest = "SELECT id FROM binding WHERE keycrm_id IS NOT NULL AND id NOT IN (SELECT binding_id FROM comparison)"
    for found in await conn.fetch(rest):
        await same(conn, found["id"], AN_HOUR_AGO)
    await _explained(conn, parked, stopped, waiting)
    await level_differs(conn, Kind.STOCK, "DEMO-MUG", "main", "12", "9", NOW)
    await level_differs(conn, Kind.STOCK, "DEMO-TEE", "shop", "0", "2", NOW)
    await level_differs(conn, Kind.PRICE, "DEMO-TEE", "", "1650", "1500", NOW)
    await passed(conn, AN_HOUR_AGO, NOW)
    return shop


async def _explained(conn: Connection, parked: int, stopped: int, waiting: int) -> None:
    """A dead letter, a flow that has stopped, and work that is due."""
    async with conn.transaction():
        due = [MarkBinding(number, (side,), Lane.ORDER) for number, side in (
            (parked, Side.KEYCRM), (stopped, Side.KEYCRM), (waiting, Side.VMS))]  # fmt: skip
        await marks.mark_bindings(conn, due, NOW)
    await conn.execute("UPDATE work_item SET parked_keycrm = 'exhausted' WHERE binding_id = $1", parked)
    await kept(conn, letter(), binding_id=parked)
    await flows.stop(conn, "order.to_keycrm", "too many", {}, "outbound-sync", NOW)
